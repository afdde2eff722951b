"""`dlq`: messages that triage refused are looked at without taking them out, explained, and put back."""

import io
import json
import time
from collections.abc import Iterator
from typing import Any

import pytest

from lambda_replay_cli.dlq.messages import DeadLetterQueue
from lambda_replay_cli.dlq.redrive import Redriver
from lambda_replay_cli.screens.dlq import moving
from tests.cli.support.account import FUNCTIONS, Account, refusal, signed_in
from tests.cli.support.run import run
from tests.support.world.service import record_text

RUN = "8f9c1c0e-5a4b-4a55-9d5c-1f6c7f6f2f10"
ARN = f"{FUNCTIONS}:orders:$LATEST"
RECORD = record_text(RUN, arn=ARN)
LETTER = {"RequestID": {"DataType": "String", "StringValue": RUN}}


@pytest.fixture(autouse=True)
def _soon_empty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lambda_replay_cli.dlq.messages._WAIT", 0)


@pytest.fixture
def account(aws: None) -> Iterator[Account]:
    made = Account()
    made.client("s3").create_bucket(
        Bucket="failures", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
    )
    # moto has no such task; nor has anyone who may not start one.
    made.instead["sqs"] = {"start_message_move_task": refusal("AccessDenied")}
    with signed_in(made):
        yield made


def refused(account: Account, body: str = RECORD, **attributes: Any) -> str:
    sent = account.client("sqs").send_message(
        QueueUrl=account.outputs["FailureQueueDlqUrl"], MessageBody=body, MessageAttributes=attributes
    )
    identity: str = sent["MessageId"]
    return identity


def waiting(account: Account, output: str = "FailureQueueDlqUrl") -> list[dict[str, Any]]:
    """What a consumer would get now, which then has it."""
    url, found = account.outputs[output], []
    while (
        messages := account.client("sqs")
        .receive_message(
            QueueUrl=url, MaxNumberOfMessages=10, MessageAttributeNames=["All"], VisibilityTimeout=60
        )
        .get("Messages")
    ):
        found += messages
    return found


def test_looking_takes_nothing_out(account: Account) -> None:
    identities = {refused(account) for _ in range(23)}
    outcome = run("dlq", "look")
    assert outcome.code == 0
    assert {row["id"] for row in outcome.objects} == identities
    assert {message["MessageId"] for message in waiting(account)} == identities


def test_looking_stops_at_its_limit_and_says_so(account: Account) -> None:
    for _ in range(5):
        refused(account)
    outcome = run("dlq", "look", "--limit", "3")
    assert len(outcome.objects) == 3
    assert "about 5 in all" in outcome.err
    assert len(waiting(account)) == 5


def test_no_contents_are_printed(account: Account) -> None:
    refused(account, record_text(RUN, arn=ARN, payload='"secret"', response='{"errorMessage":"secret"}'))
    refused(account, "secret")
    for command in ("look", "why"):
        for output in ("table", "json"):
            outcome = run("dlq", command, "--output", output)
            assert "secret" not in outcome.out + outcome.err


@pytest.mark.parametrize("command", ["look", "why", "put-back"])
def test_an_empty_queue(account: Account, command: str) -> None:
    outcome = run("dlq", command, *(["--yes"] if command == "put-back" else []))
    assert (outcome.code, "the DLQ is empty" in outcome.err) == (1, True)


def test_an_empty_queue_is_asked_once(account: Account) -> None:
    """One long poll asks all of SQS's servers."""
    asked = []
    receive = account.client("sqs").receive_message

    def counted(**given: Any) -> Any:
        asked.append(given)
        return receive(**given)

    account.instead["sqs"]["receive_message"] = counted
    assert run("dlq", "look").code == 1
    assert len(asked) == 1
    refused(account)
    assert run("dlq", "look").code == 0
    assert len(asked) > 2, "where there is something, several answers are waited for"


@pytest.mark.parametrize(
    ("body", "attributes", "kind", "why"),
    [
        (RECORD, {}, "storable", "it is understood: RetriesExhausted"),
        ("not json", {}, "unreadable", "not a complete JSON object"),
        ("{}", {}, "unreadable", "no requestContext object"),
        (record_text("a b", arn=ARN), {}, "unreadable", "requestContext.requestId is no request id"),
        (record_text(RUN, arn="arn:aws:s3:::x"), {}, "unreadable", "not the ARN of a Lambda function"),
        ('{"n": 1}', LETTER, "raw_dead_letter", "straight to the failure queue"),
        (
            '{"Records":[{"s3":{"bucket":{"name":"failures"},"object":{"key":"aws/lambda/gone"}}}]}',
            {},
            "object",
            "is not there",
        ),
        (
            '{"Records":[{"s3":{"bucket":{"name":"others"},"object":{"key":"k"}}}]}',
            {},
            "unreadable",
            "which is not this service's",
        ),
        ('{"Service":"Amazon S3","Event":"s3:TestEvent"}', {}, "storable", "it holds no records"),
    ],
)
def test_why(account: Account, body: str, attributes: dict[str, Any], kind: str, why: str) -> None:
    identity = refused(account, body, **attributes)
    [row] = run("dlq", "why", "--id", identity).objects
    assert row["kind"] == kind
    assert why in row["why"]
    assert row["fix"]
    assert f"'\"{identity}\"'" in row["log"]


def test_a_dead_letter_without_an_owner_is_not_given_the_failure_queue(account: Account) -> None:
    refused(account, '{"n": 1}', **LETTER)
    [row] = run("dlq", "why").objects
    assert "attach a destination" in row["fix"]
    assert "DeadLetterQueues" not in row["why"] + row["fix"]


def test_a_dead_letter_of_a_topic_that_nobody_has_named(account: Account) -> None:
    topic = account.outputs["FailureTopicArn"].replace("failures", "others")
    notification = {
        "Type": "Notification", "TopicArn": topic, "Message": '{"n": 1}',
        "MessageAttributes": {"RequestID": {"Type": "String", "Value": RUN}},
    }  # fmt: skip
    refused(account, json.dumps(notification))
    [row] = run("dlq", "why").objects
    assert (row["kind"], "DeadLetterTopics" in row["fix"]) == ("dead_letter", True)


@pytest.mark.parametrize("command", ["look", "why", "put-back"])
def test_messages_that_somebody_else_is_reading_are_not_none(account: Account, command: str) -> None:
    refused(account)
    waiting(account)
    outcome = run("dlq", command, *(["--yes"] if command == "put-back" else []))
    assert (outcome.code, "1 message is held by another reader" in outcome.err) == (1, True), outcome.err


def test_an_object_is_read_as_triage_reads_it(account: Account) -> None:
    account.client("s3").put_object(Bucket="failures", Key="aws/lambda/a b", Body=RECORD.encode())
    refused(account, '{"Records":[{"s3":{"bucket":{"name":"failures"},"object":{"key":"aws/lambda/a+b"}}}]}')
    [row] = run("dlq", "why").objects
    assert (row["kind"], row["request_ids"], row["functions"]) == ("storable", [RUN], ["orders"])


def test_an_event_that_triage_itself_failed_on_is_found_inside(account: Account) -> None:
    refused(account, record_text("own", arn=f"{FUNCTIONS}:stack-triage:$LATEST", payload=RECORD))
    [row] = run("dlq", "why").objects
    assert (row["kind"], row["request_ids"], row["functions"]) == ("storable", [RUN], ["orders"])


def test_a_dead_letter_of_a_known_queue_is_understood(account: Account) -> None:
    account.parameters["DeadLetterQueues"] = f"{account.queue}={FUNCTIONS}:orders"
    refused(account, '{"n": 1}', **LETTER)
    assert run("dlq", "why").objects[0]["kind"] == "storable"


def test_for_people(account: Account) -> None:
    refused(account, "\x1b[31m")
    out = run("dlq", "why", "--output", "table").out
    assert "unreadable" in out
    assert "\x1b" not in out


def test_one_is_put_back_with_its_attributes(account: Account) -> None:
    first, second = refused(account, "one", **LETTER), refused(account, "two")
    assert run("dlq", "put-back", "--id", first, "--yes").code == 0
    [back] = waiting(account, "FailureQueueUrl")
    assert (back["Body"], back["MessageAttributes"]) == ("one", LETTER)
    assert [message["MessageId"] for message in waiting(account)] == [second]


def test_one_that_is_not_there(account: Account) -> None:
    refused(account)
    for command in (("why",), ("put-back", "--yes")):
        outcome = run("dlq", *command, "--id", "nothing")
        assert (outcome.code, "there is no message nothing" in outcome.err) == (1, True)
    assert len(waiting(account)) == 1


def test_all_are_put_back(account: Account) -> None:
    for number in range(123):
        refused(account, str(number))
    outcome = run("dlq", "put-back", "--yes", "--output", "json")
    assert (outcome.code, json.loads(outcome.out)) == (0, {"messages": 123, "moved": 123})
    back = waiting(account, "FailureQueueUrl")
    assert {message["Body"] for message in back} == {str(number) for number in range(123)}
    assert len(back) == 123
    assert waiting(account) == []


def test_a_dry_run_moves_nothing(account: Account) -> None:
    refused(account)
    outcome = run("dlq", "put-back", "--dry-run")
    assert (outcome.code, "would put back 1 message" in outcome.err) == (0, True)
    assert outcome.objects == [{"messages": 1, "moved": 0}]
    assert len(waiting(account)) == 1


def test_nobody_to_ask(account: Account) -> None:
    refused(account)
    assert run("dlq", "put-back").code == 2


def test_a_message_that_can_not_be_sent_stays(account: Account) -> None:
    refused(account)
    account.instead["sqs"]["send_message"] = refusal("AccessDenied", "not yours")
    assert run("dlq", "put-back", "--yes").code == 3
    del account.instead["sqs"]["send_message"]
    assert len(waiting(account)) == 1


class Tasks:
    """SQS's message move tasks, told by hand: `statuses` one after the other, with how many were moved."""

    def __init__(self, *statuses: tuple[str, int]) -> None:
        self.statuses = list(statuses)
        self.asked: dict[str, str] = {}

    def start_message_move_task(self, **given: str) -> dict[str, str]:
        self.asked = given
        return {"TaskHandle": "handle"}

    def list_message_move_tasks(self, **_given: Any) -> dict[str, Any]:
        status, moved = self.statuses.pop(0)
        task = {"Status": status, "ApproximateNumberOfMessagesMoved": moved, "FailureReason": "AccessDenied"}
        return {"Results": [{**task, **({"TaskHandle": "handle"} if status == "RUNNING" else {})}]}

    def get_queue_attributes(self, **_given: Any) -> dict[str, Any]:
        return {"Attributes": {"QueueArn": "arn:dlq"}}


def test_sqs_moves_them_where_it_may(account: Account) -> None:
    tasks = Tasks(("RUNNING", 4), ("RUNNING", 9), ("COMPLETED", 12))
    reported: list[int] = []
    mover = Redriver(DeadLetterQueue(tasks, "url"), "target", "arn:target", reported.append, lambda _s: None)
    assert mover.all(12) == 12
    assert tasks.asked == {"SourceArn": "arn:dlq", "DestinationArn": "arn:target"}
    assert reported == [4, 9, 12]


def test_a_move_that_nobody_may_follow_has_started_all_the_same(account: Account) -> None:
    refused(account)
    account.instead["sqs"] = {
        "start_message_move_task": lambda **_given: {"TaskHandle": "handle"},
        "list_message_move_tasks": refusal("AccessDenied"),
    }
    outcome = run("dlq", "put-back", "--yes")
    assert (outcome.code, outcome.objects) == (0, [{"messages": 1, "moved": None}])
    assert "SQS is moving them" in outcome.err
    assert "dlq look" in outcome.err


def test_a_long_move_gives_signs_of_life(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = io.StringIO()
    monkeypatch.setattr(screen, "isatty", lambda: True)
    monkeypatch.setattr("sys.stderr", screen)
    monkeypatch.setenv("TERM", "xterm")
    with moving(12) as tell:
        tell(9)
        time.sleep(0.3)
    assert "9 of about 12 put back" in screen.getvalue()


def test_a_move_that_stops_is_told(account: Account) -> None:
    tasks = Tasks(("RUNNING", 4), ("FAILED", 5))
    mover = Redriver(DeadLetterQueue(tasks, "url"), "target", "arn:target", pause=lambda _s: None)
    with pytest.raises(Exception, match="moved 5 messages and stopped: AccessDenied"):
        mover.all(12)
