"""PartiQL statements ask for the permission of what they do, on their own table."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.contract.embedded import Embedded, statement

STATEMENTS = {
    "PartiQLInsert": """INSERT INTO "%s" VALUE {'id': '1'}""",
    "PartiQLUpdate": """UPDATE "%s" SET n=1 WHERE id='1'""",
    "PartiQLSelect": """SELECT * FROM "%s" WHERE id='1'""",
    "PartiQLDelete": """DELETE FROM "%s" WHERE id='1'""",
}


def table(aws: Embedded, name: str) -> str:
    aws.client("dynamodb").create_table(
        TableName=name,
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    return name


def client(aws: Embedded, name: str, *allowed: dict[str, Any]) -> Any:
    """DynamoDB as a user with nothing but these statements."""
    iam = aws.client("iam")
    iam.create_user(UserName=name)
    document = json.dumps({"Version": "2012-10-17", "Statement": list(allowed)})
    iam.put_user_policy(UserName=name, PolicyName="test", PolicyDocument=document)
    key = iam.create_access_key(UserName=name)["AccessKey"]
    return aws.client_as("dynamodb", key["AccessKeyId"], key["SecretAccessKey"])


@pytest.mark.parametrize("action", STATEMENTS)
@pytest.mark.parametrize("how", ["one", "batch"])
def test_each_statement_needs_its_own_action(aws: Embedded, action: str, how: str) -> None:
    name = table(aws, f"{action}-{how}")
    arn = f"arn:aws:dynamodb:us-east-1:123456789012:table/{name}"
    others = [f"dynamodb:{other}" for other in STATEMENTS if other != action]
    able = client(aws, f"able-{name}", statement(f"dynamodb:{action}", resource=arn))
    unable = client(
        aws,
        f"unable-{name}",
        statement(*others, "dynamodb:BatchExecuteStatement", "dynamodb:PutItem", resource=arn),
        statement(f"dynamodb:{action}", resource=f"{arn}-of-others"),
    )
    aws.client("dynamodb").put_item(
        TableName=name, Item={"id": {"S": "1" if "Insert" not in action else "2"}}
    )
    text = STATEMENTS[action] % name

    def call(user: Any) -> None:
        if how == "one":
            user.execute_statement(Statement=text)
        else:
            answers = user.batch_execute_statement(Statements=[{"Statement": text}])["Responses"]
            assert "Error" not in answers[0], answers

    with pytest.raises(ClientError, match=f"not authorized to perform: dynamodb:{action}"):
        call(unable)
    call(able)
