"""`dlq`: messages that triage refused are listed without taking them out, explained, and redriven."""

import io
import json
import time
from collections.abc import Iterator
from typing import Any

import pytest

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
    made.instead["sqs"] = {}
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
    outcome = run("dlq", "list")
    assert outcome.code == 0
    assert {row["id"] for row in outcome.objects} == identities
    assert {message["MessageId"] for message in waiting(account)} == identities


def test_looking_stops_at_its_limit_and_says_so(account: Account) -> None:
    for _ in range(5):
        refused(account)
    outcome = run("dlq", "list", "--limit", "3")
    assert len(outcome.objects) == 3
    assert "about 5 in all" in outcome.err
    assert len(waiting(account)) == 5


def test_no_contents_are_printed(account: Account) -> None:
    refused(account, record_text(RUN, arn=ARN, payload='"secret"', response='{"errorMessage":"secret"}'))
    refused(account, "secret")
    for command in ("list", "explain"):
        for output in ("table", "json"):
            outcome = run("dlq", command, "--output", output)
            assert "secret" not in outcome.out + outcome.err


@pytest.mark.parametrize("command", ["list", "explain", "redrive"])
def test_an_empty_queue(account: Account, command: str) -> None:
    outcome = run("dlq", command, *(["--yes"] if command == "redrive" else []))
    assert (outcome.code, "the DLQ is empty" in outcome.err) == (1, True)


def test_an_empty_queue_is_asked_once(account: Account) -> None:
    """One long poll asks all of SQS's servers."""
    asked = []
    receive = account.client("sqs").receive_message

    def counted(**given: Any) -> Any:
        asked.append(given)
        return receive(**given)

    account.instead["sqs"]["receive_message"] = counted
    assert run("dlq", "list").code == 1
    assert len(asked) == 1
    refused(account)
    assert run("dlq", "list").code == 0
    assert len(asked) > 2, "where there is something, several answers are waited for"


@pytest.mark.parametrize(
    ("body", "attributes", "reason", "why"),
    [
        (RECORD, {}, "not_stored", "it is understood: RetriesExhausted"),
        ("not json", {}, "not_json", "not a complete JSON object"),
        ("{}", {}, "not_a_record", "no requestContext object"),
        (record_text("a b", arn=ARN), {}, "invalid_record", "requestContext.requestId is no request id"),
        (record_text(RUN, arn="arn:aws:s3:::x"), {}, "invalid_record", "not the ARN of a Lambda function"),
        ('{"n": 1}', LETTER, "unknown_dead_letter", "straight to the failure queue"),
        (
            '{"Records":[{"s3":{"bucket":{"name":"failures"},"object":{"key":"aws/lambda/gone"}}}]}',
            {},
            "object_missing",
            "is not there",
        ),
        (
            '{"Records":[{"s3":{"bucket":{"name":"others"},"object":{"key":"k"}}}]}',
            {},
            "object_foreign",
            "which is not this service's",
        ),
        ('{"Service":"Amazon S3","Event":"s3:TestEvent"}', {}, "not_stored", "it holds no records"),
    ],
)
def test_why(account: Account, body: str, attributes: dict[str, Any], reason: str, why: str) -> None:
    identity = refused(account, body, **attributes)
    [row] = run("dlq", "explain", "--id", identity).objects
    assert row["reason"] == reason
    assert why in row["why"]
    assert row["fix"]
    assert f"'\"{identity}\"'" in row["log"]


def test_a_dead_letter_without_an_owner_is_not_given_the_failure_queue(account: Account) -> None:
    refused(account, '{"n": 1}', **LETTER)
    [row] = run("dlq", "explain").objects
    assert "attach a destination" in row["fix"]
    assert "DeadLetterQueues" not in row["why"] + row["fix"]


def test_a_dead_letter_of_a_topic_that_no_one_has_named(account: Account) -> None:
    topic = account.outputs["FailureTopicArn"].replace("failures", "others")
    notification = {
        "Type": "Notification", "TopicArn": topic, "Message": '{"n": 1}',
        "MessageAttributes": {"RequestID": {"Type": "String", "Value": RUN}},
    }  # fmt: skip
    refused(account, json.dumps(notification))
    [row] = run("dlq", "explain").objects
    assert (row["reason"], "DeadLetterTopics" in row["fix"]) == ("unknown_dead_letter", True)


@pytest.mark.parametrize("command", ["list", "explain", "redrive"])
def test_messages_that_another_caller_is_reading_are_not_none(account: Account, command: str) -> None:
    refused(account)
    waiting(account)
    outcome = run("dlq", command, *(["--yes"] if command == "redrive" else []))
    assert (outcome.code, "1 message is held by another reader" in outcome.err) == (1, True), outcome.err


def test_an_object_is_read_as_triage_reads_it(account: Account) -> None:
    account.client("s3").put_object(Bucket="failures", Key="aws/lambda/a b", Body=RECORD.encode())
    refused(account, '{"Records":[{"s3":{"bucket":{"name":"failures"},"object":{"key":"aws/lambda/a+b"}}}]}')
    [row] = run("dlq", "explain").objects
    assert (row["understood"], row["request_ids"], row["functions"]) == (True, [RUN], ["orders"])


def test_an_event_that_triage_itself_failed_on_is_found_inside(account: Account) -> None:
    refused(account, record_text("own", arn=f"{FUNCTIONS}:stack-triage:$LATEST", payload=RECORD))
    [row] = run("dlq", "explain").objects
    assert (row["understood"], row["request_ids"], row["functions"]) == (True, [RUN], ["orders"])


def moved_by_triage(account: Account, body: str, reason: str, queue: str, **more: Any) -> str:
    """As triage moves a message that it refuses."""
    given = {"Refused.Reason": f"{reason}: so", "Refused.Queue": queue, "Refused.Sender": "AROA:orders",
             "Refused.At": "2026-01-31T09:00:00+00:00"}  # fmt: skip
    texts = {name: {"DataType": "String", "StringValue": value} for name, value in given.items()}
    return refused(account, body, **texts, **more)


def letters_of(account: Account) -> str:
    """A dead-letter queue that triage reads too, by its ARN."""
    account.client("sqs").create_queue(QueueName="orders-dlq")
    arn = account.queue.rpartition(":")[0] + ":orders-dlq"
    account.parameters["DeadLetterQueues"] = f"{arn}={FUNCTIONS}:orders"
    return arn


def test_the_reason_is_what_triage_wrote(account: Account) -> None:
    moved_by_triage(account, "swordfish", "sns_message", account.queue)
    for command in ("list", "explain"):
        [row] = run("dlq", command).objects
        assert (row["reason"], row["understood"], row["sender"]) == ("sns_message", False, "AROA:orders")
    assert (row["why"], row["queue"], row["refused_at"]) == ("so", account.queue, "2026-01-31T09:00:00+00:00")


def test_a_dead_letter_of_a_queue_that_was_named_since_is_understood_and_goes_back_there(
    account: Account,
) -> None:
    arn = letters_of(account)
    moved_by_triage(account, '{"n": 1}', "unknown_dead_letter", arn, **LETTER)
    [row] = run("dlq", "explain").objects
    assert (row["reason"], row["understood"], row["functions"]) == ("unknown_dead_letter", True, ["orders"])
    assert run("dlq", "redrive", "--yes").code == 0
    account.outputs["OwnUrl"] = account.client("sqs").get_queue_url(QueueName="orders-dlq")["QueueUrl"]
    [back] = waiting(account, "OwnUrl")
    assert (back["Body"], back["MessageAttributes"]) == ('{"n": 1}', LETTER)
    assert waiting(account, "FailureQueueUrl") == []


@pytest.mark.parametrize("queue", ["arn:aws:sqs:eu-west-1:999999999999:of-others", "text"])
def test_a_message_from_a_queue_that_triage_does_not_read_goes_to_the_failure_queue(
    account: Account, queue: str
) -> None:
    """Anyone who writes to the DLQ can write such an attribute: it leads nowhere else."""
    moved_by_triage(account, "x", "not_json", queue)
    assert run("dlq", "redrive", "--yes").code == 0
    assert [message["Body"] for message in waiting(account, "FailureQueueUrl")] == ["x"]


def test_one_reason_alone(account: Account) -> None:
    for number in range(12):
        moved_by_triage(account, f"a{number}", "sns_message", account.queue)
    kept = moved_by_triage(account, "b", "object_missing", account.queue)
    assert {row["reason"] for row in run("dlq", "list", "--reason", "sns_message").objects} == {"sns_message"}
    assert [row["id"] for row in run("dlq", "explain", "--reason", "object_missing").objects] == [kept]
    outcome = run("dlq", "list", "--reason", "not_json")
    assert (outcome.code, "none of the 13" in outcome.err) == (1, True)
    dry = run("dlq", "redrive", "--reason", "sns_message", "--dry-run")
    assert "would redrive 12 messages" in dry.err
    outcome = run("dlq", "redrive", "--reason", "sns_message", "--yes")
    assert outcome.objects == [{"messages": 12, "moved": 12}]
    assert len(waiting(account, "FailureQueueUrl")) == 12
    assert [message["MessageId"] for message in waiting(account)] == [kept]
    assert run("dlq", "redrive", "--reason", "not_json", "--yes").code == 1


@pytest.mark.parametrize("command", ["list", "explain", "redrive"])
def test_a_reason_that_is_none_is_named_with_those_that_are(account: Account, command: str) -> None:
    outcome = run("dlq", command, "--reason", "sns")
    assert (outcome.code, "sns_message" in outcome.err) == (2, True)


def test_of_a_queue_of_ones_own_what_triage_understands_is_moved_and_the_rest_stays(account: Account) -> None:
    sqs = account.client("sqs")
    url = account.outputs["OwnUrl"] = sqs.create_queue(QueueName="failed-records")["QueueUrl"]
    for body in (RECORD, "work of ours", '{"n": 1}'):
        sqs.send_message(QueueUrl=url, MessageBody=body)
    sqs.send_message(QueueUrl=url, MessageBody='{"n": 2}', MessageAttributes=LETTER)
    arn = account.queue.rpartition(":")[0] + ":failed-records"
    for name in ("failed-records", arn, url):
        assert len(run("dlq", "explain", "--queue", name).objects) == 4
    outcome = run("dlq", "redrive", "--queue", "failed-records", "--yes")
    assert outcome.objects == [{"messages": 1, "moved": 1}]
    assert [message["Body"] for message in waiting(account, "FailureQueueUrl")] == [RECORD]
    assert len(waiting(account, "OwnUrl")) == 3


def test_a_queue_that_is_not_there_is_named(account: Account) -> None:
    outcome = run("dlq", "list", "--queue", "nowhere")
    assert (outcome.code, "there is no queue nowhere" in outcome.err) == (3, True)


def test_for_people(account: Account) -> None:
    refused(account, "\x1b[31m")
    out = run("dlq", "explain", "--output", "table").out
    assert "not_json" in out
    assert "\x1b" not in out


def test_one_is_put_back_with_its_attributes(account: Account) -> None:
    first, second = refused(account, "one", **LETTER), refused(account, "two")
    assert run("dlq", "redrive", "--id", first, "--yes").code == 0
    [back] = waiting(account, "FailureQueueUrl")
    assert (back["Body"], back["MessageAttributes"]) == ("one", LETTER)
    assert [message["MessageId"] for message in waiting(account)] == [second]


def test_one_that_is_not_there(account: Account) -> None:
    refused(account)
    for command in (("explain",), ("redrive", "--yes")):
        outcome = run("dlq", *command, "--id", "nothing")
        assert (outcome.code, "there is no message nothing" in outcome.err) == (1, True)
    assert len(waiting(account)) == 1


def test_all_are_put_back(account: Account) -> None:
    for number in range(123):
        refused(account, str(number))
    outcome = run("dlq", "redrive", "--yes", "--output", "json")
    assert (outcome.code, json.loads(outcome.out)) == (0, {"messages": 123, "moved": 123})
    back = waiting(account, "FailureQueueUrl")
    assert {message["Body"] for message in back} == {str(number) for number in range(123)}
    assert len(back) == 123
    assert waiting(account) == []


def test_a_dry_run_moves_nothing(account: Account) -> None:
    refused(account)
    outcome = run("dlq", "redrive", "--dry-run")
    assert (outcome.code, "would redrive 1 message" in outcome.err) == (0, True)
    assert outcome.objects == [{"messages": 1, "moved": 0}]
    assert len(waiting(account)) == 1


def test_no_one_to_ask(account: Account) -> None:
    refused(account)
    assert run("dlq", "redrive").code == 2


def test_a_message_that_can_not_be_sent_stays(account: Account) -> None:
    refused(account)
    account.instead["sqs"]["send_message"] = refusal("AccessDenied", "not yours")
    assert run("dlq", "redrive", "--yes").code == 3
    del account.instead["sqs"]["send_message"]
    assert len(waiting(account)) == 1


def test_a_long_move_gives_signs_of_life(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = io.StringIO()
    monkeypatch.setattr(screen, "isatty", lambda: True)
    monkeypatch.setattr("sys.stderr", screen)
    monkeypatch.setenv("TERM", "xterm")
    with moving(12) as tell:
        tell(9)
        time.sleep(0.3)
    assert "9 of about 12 redriven" in screen.getvalue()
