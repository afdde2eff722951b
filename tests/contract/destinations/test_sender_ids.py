"""Who sent a message, as SQS says it (lambda reference, destinations: SQS)."""

from typing import Any

from local.server import ACCOUNT_ID
from tests.contract.embedded import Embedded, statement, wait_until

RAISES = "def handler(event, context):\n    raise ValueError('no')\n"
TELLS = """
def handler(event, context):
    for record in event["Records"]:
        print("sender", record["attributes"]["SenderId"])
"""


def sender(embedded: Embedded, url: str) -> str:
    found: list[Any] = []

    def came() -> bool:
        answer = embedded.client("sqs").receive_message(
            QueueUrl=url, WaitTimeSeconds=1, MessageSystemAttributeNames=["SenderId"]
        )
        found.extend(answer.get("Messages", []))
        return bool(found)

    wait_until(came)
    return str(found[0]["Attributes"]["SenderId"])


def role_id(embedded: Embedded, role: str) -> str:
    found = embedded.client("iam").get_role(RoleName=role.rpartition("/")[2])
    return str(found["Role"]["RoleId"])


def test_a_record_is_sent_with_the_functions_role(aws: Embedded) -> None:
    url, arn = aws.queue()
    role = aws.role(statement("*"))
    name = aws.function(RAISES, role=role, invoke={"failure": arn, "MaximumRetryAttempts": 0})
    aws.invoke(name)
    assert sender(aws, url).partition(":")[0] == role_id(aws, role)


def test_a_mapping_hands_the_sender_on(aws: Embedded) -> None:
    _, arn = aws.queue()
    role = aws.role(statement("*"))
    reader = aws.function(TELLS)
    aws.client("lambda").create_event_source_mapping(FunctionName=reader, EventSourceArn=arn)
    source = aws.function(RAISES, role=role, invoke={"failure": arn, "MaximumRetryAttempts": 0})
    aws.invoke(source)
    expected = f"sender {role_id(aws, role)}:"
    wait_until(lambda: any(expected in line for line in aws.logs(reader)))


def test_a_user_and_the_account_itself(aws: Embedded) -> None:
    iam = aws.client("iam")
    user = iam.create_user(UserName="sender")["User"]
    iam.put_user_policy(
        UserName="sender",
        PolicyName="send",
        PolicyDocument='{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}',
    )
    key = iam.create_access_key(UserName="sender")["AccessKey"]
    url, _ = aws.queue()
    client = aws.client_as("sqs", key["AccessKeyId"], key["SecretAccessKey"])
    client.send_message(QueueUrl=url, MessageBody="x")
    assert sender(aws, url) == user["UserId"]
    other, _ = aws.queue()
    aws.client("sqs").send_message(QueueUrl=other, MessageBody="x")
    assert sender(aws, other) == ACCOUNT_ID
