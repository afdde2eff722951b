"""Every way in, from what AWS hands to the triage function to the bytes that a replay sends."""

import importlib
import json
from dataclasses import dataclass
from typing import Any

import boto3
import pytest

import triage.app
import triage.composition_root
from lambda_replay.adapters.aws.raw_event import RawMarshaller
from lambda_replay.domain.intake.refusal import QUEUE
from lambda_replay.domain.refusals import Reason
from lambda_replay.ports.alerts import Count
from tests.integration.conftest import Printed, Stack, code
from tests.support.events import Context, queue_event, sample, samples
from tests.support.table import FAILURES, dead_letters
from tests.support.template import ROOT, load_template
from tests.support.world.service import record_text
from triage.app import NotHandledError

FUNCTIONS = "arn:aws:lambda:us-east-1:123456789012:function:"
SOURCES = f"{FUNCTIONS}lambda-replay-sources-"
LETTER_QUEUE = "arn:aws:sqs:us-east-1:123456789012:lambda-replay-sources-via-dead-letters"
LETTER_TOPIC = "arn:aws:sns:us-east-1:123456789012:lambda-replay-sources-via-dead-letters"
# How `sam local invoke` names the function: the samples of its own failures do too.
TRIAGE = "arn:aws:lambda:us-east-1:012345678912:function:TriageFunction"
MARSHALLER: Any = importlib.import_module("awslambdaric.lambda_runtime_marshaller").LambdaMarshaller

# What every sample's event was, byte for byte.
ORDER = ' {"order":"7f3a","total":1.10,"huge":1e400,"n":1,"n":2,"text":"\\u0000 \\ud83d\\ude00 λ \\/"}\n'
BATCH = '{"Records":[{"kinesis":{"partitionKey":"p","data":"eyJuIjoxLjEwfQ=="},"eventSource":"aws:kinesis"}]}'
STREAM = (
    f'{{"requestContext":{{"requestId":"stream-1","functionArn":"{SOURCES}via-stream-s3",'
    '"condition":"RetryAttemptsExhausted","approximateInvokeCount":2},"responseContext":{"statusCode":200,'
    '"executedVersion":"$LATEST","functionError":"Unhandled"},"version":"1.0",'
    '"timestamp":"2026-01-31T09:00:00.021Z","KinesisBatchInfo":{"shardId":"shardId-000000000000",'
    f'"batchSize":1}},"payload":{json.dumps(BATCH)}}}'
)
# What lies in the bucket under the keys that the samples name.
OBJECTS = {
    "triage-s3-notification": record_text("object-1", payload=ORDER, arn=f"{SOURCES}via-s3:$LATEST"),
    "triage-stream-with-payload": STREAM,
}


@dataclass(frozen=True)
class Sample:
    """How many executions a sample makes, and how many of its messages are moved to the DLQ."""

    stored: int = 1
    refused: int = 0


SAMPLES = {name: Sample() for name in samples("triage")} | {
    "triage-delivery-error": Sample(0),
    "triage-eventbridge-success": Sample(0),
    "triage-guide-shape-success": Sample(0),
    "triage-mixed-batch": Sample(2, refused=3),
    "triage-s3-test-event": Sample(0),
    "triage-success": Sample(0),
}


def as_lambda_calls(text: str, arn: str = TRIAGE) -> Any:
    """By way of the runtime's own parser."""
    context = Context()
    context._invoked_function_arn = arn
    return triage.app.handler(RawMarshaller(MARSHALLER()).unmarshal_request(text.encode()), context)


def run(name: str) -> Any:
    if name in OBJECTS:
        put(name, OBJECTS[name].encode())
    return as_lambda_calls((ROOT / "events" / f"{name}.json").read_text())


def put(name: str, content: bytes) -> None:
    entry = json.loads(sample(name)["Records"][0]["body"])["Records"][0]["s3"]
    assert entry["bucket"]["name"] == FAILURES
    boto3.client("s3").put_object(Bucket=FAILURES, Key=entry["object"]["key"], Body=content)


def listed(stack: Stack) -> list[dict[str, Any]]:
    executions: list[dict[str, Any]] = stack.call("GET", "/executions")[1]["executions"]
    return executions


@pytest.fixture
def ways(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> Stack:
    """The stack with a dead-letter queue and a dead-letter topic."""
    pairs = (f"{source}={SOURCES}via-dead-letter" for source in (LETTER_QUEUE, LETTER_TOPIC))
    monkeypatch.setenv("DEAD_LETTERS", ",".join(pairs))
    triage.composition_root.parts.cache_clear()
    return stack


@pytest.mark.parametrize("name", SAMPLES)
def test_every_sample_is_handled_as_said(ways: Stack, name: str) -> None:
    answer = run(name)
    assert (answer is None) == (name == "triage-lambda-destination")  # only a queue wants an answer
    assert answer in (None, {"batchItemFailures": []})
    assert len(ways.refused()) == SAMPLES[name].refused
    assert len(listed(ways)) == SAMPLES[name].stored


@dataclass(frozen=True)
class Way:
    """What the one execution of a sample is like; `sent` is what a replay sends, or why there is none."""

    channel: str
    condition: str
    category: str
    sent: str | Reason
    function: str


DEPENDENCY, EXHAUSTED, ZERO = "transient_dependency", "RetriesExhausted", "ZeroReservedConcurrency"
WAYS = {
    "sns": Way("sns", EXHAUSTED, DEPENDENCY, ORDER, "via-sns:$LATEST"),
    "sns-raw": Way("queue", EXHAUSTED, DEPENDENCY, ORDER, "via-sns-raw:$LATEST"),
    "sns-payload-dropped": Way("sns", EXHAUSTED, "unknown", Reason.PAYLOAD_DROPPED_BY_SNS, "via-sns:$LATEST"),
    "eventbridge": Way("eventbridge", EXHAUSTED, DEPENDENCY, ORDER, "via-eventbridge:$LATEST"),
    "eventbridge-aws-lambda": Way("eventbridge", EXHAUSTED, DEPENDENCY, ORDER, "via-eventbridge:$LATEST"),
    "s3-notification": Way("s3", EXHAUSTED, "invalid_input", ORDER, "via-s3:$LATEST"),
    "lambda-destination": Way("lambda", EXHAUSTED, DEPENDENCY, ORDER, "via-lambda:$LATEST"),
    "own-failure": Way("lambda", EXHAUSTED, DEPENDENCY, ORDER, "via-lambda:$LATEST"),
    "dead-letter": Way("dead_letter", EXHAUSTED, DEPENDENCY, ORDER, "via-dead-letter"),
    "dead-letter-throttled": Way("dead_letter", "EventAgeExceeded", "throttling", ORDER, "via-dead-letter"),
    "dead-letter-no-concurrency": Way("dead_letter", ZERO, "throttling", ORDER, "via-dead-letter"),
    "dead-letter-topic": Way("dead_letter", EXHAUSTED, DEPENDENCY, ORDER, "via-dead-letter"),
    "kinesis": Way("queue", "RetryAttemptsExhausted", "unknown", Reason.STREAM_BATCH, "via-stream"),
    "dynamodb-stream": Way("queue", "RecordAgeExceeded", "throttling", Reason.STREAM_BATCH, "via-stream"),
    "kafka": Way("queue", "MaximumPayloadSizeExceeded", "invalid_input", Reason.STREAM_BATCH, "via-stream"),
    "stream-with-payload": Way("s3", "RetryAttemptsExhausted", "unknown", BATCH, "via-stream-s3"),
    "guide-shape": Way("queue", "Unknown", DEPENDENCY, ORDER.strip(), "switch"),
    "age-exceeded-after-attempts": Way("queue", "EventAgeExceeded", DEPENDENCY, ORDER, "switch:$LATEST"),
    "recursion": Way("queue", "RecursiveInvocation", "configuration", ORDER, "switch:$LATEST"),
}


@pytest.mark.parametrize("name", WAYS)
def test_what_comes_in_is_explained_and_sent_again_byte_for_byte(
    ways: Stack, printed: Printed, name: str
) -> None:
    run(f"triage-{name}")

    way, (execution,) = WAYS[name], listed(ways)
    assert execution["function_arn"] == SOURCES + way.function
    assert (execution["channel"], execution["failure"]["condition"]) == (way.channel, way.condition)
    assert execution["failure"]["category"] == way.category
    answer = ways.call("POST", f"/executions/{execution['id']}/replay", json={"mode": "force"})
    if isinstance(way.sent, Reason):
        assert (execution["unreplayable"], execution["payload"]) == (way.sent, None)
        assert code(answer) == (409, way.sent)
        assert ways.aws.sent == []
    else:
        assert (answer[0], execution["unreplayable"]) == (202, None)
        assert [call["Payload"] for call in ways.aws.sent] == [way.sent.encode()]
        assert ways.aws.sent[0]["FunctionName"] == SOURCES + way.function
    text = printed.text()
    assert execution["id"] in text
    for secret in ("7f3a", "eyJuIjoxLjEwfQ", "Connection refused"):
        assert secret not in text


def topic(text: str, **members: Any) -> str:
    arn = "arn:aws:sns:us-east-1:123456789012:results"
    return json.dumps({"Type": "Notification", "TopicArn": arn, "Message": text, **members})


def rule(text: str) -> str:
    return (
        f'{{"detail-type":"Lambda Function Invocation Result - Failure","source":"lambda","detail":{text}}}'
    )


def notification(key: str, bucket: str = FAILURES, **more: str) -> str:
    return json.dumps({"Records": [{"s3": {"bucket": {"name": bucket}, "object": {"key": key, **more}}}]})


def letter(body: str, request_id: str, queue: str = LETTER_QUEUE) -> str:
    """A whole event: the queue's batch."""
    event = queue_event(body)
    given = {"RequestID": request_id, "ErrorCode": "200", "ErrorMessage": "boom"}
    attributes = {name: {"stringValue": value, "dataType": "String"} for name, value in given.items()}
    event["Records"][0] |= {"eventSourceARN": queue, "messageAttributes": attributes}
    return json.dumps(event)


@pytest.mark.parametrize(
    "wrapped", [rule, lambda text: topic(rule(text)), lambda text: topic(topic(text))], ids=range(3)
)
def test_a_rule_or_a_topic_behind_a_topic(ways: Stack, wrapped: Any) -> None:
    body = wrapped(record_text("event-1", payload=ORDER, arn=f"{SOURCES}switch"))
    assert ways.triage(body) == []
    assert ways.call("POST", "/executions/event-1/replay")[0] == 202
    assert ways.aws.sent[0]["Payload"] == ORDER.encode()


def test_a_notification_behind_a_topic(ways: Stack) -> None:
    text = record_text("event-1", payload=ORDER, arn=f"{SOURCES}switch")
    boto3.client("s3").put_object(Bucket=FAILURES, Key="aws/lambda/a b+c", Body=text.encode())
    assert ways.triage(topic(notification("aws/lambda/a+b%2Bc"))) == []
    assert listed(ways)[0]["channel"] == "s3"


def test_a_topic_or_a_rule_may_call_the_function_itself(ways: Stack) -> None:
    sent = json.loads(topic(record_text("event-1", payload=ORDER, arn=f"{SOURCES}switch")))
    as_lambda_calls(json.dumps({"Records": [{"EventSource": "aws:sns", "Sns": sent}]}))
    as_lambda_calls(rule(record_text("event-2", payload=ORDER, arn=f"{SOURCES}switch")))
    for number in (1, 2):
        assert ways.call("POST", f"/executions/event-{number}/replay")[0] == 202
    assert [call["Payload"] for call in ways.aws.sent] == [ORDER.encode()] * 2


# ---------------------------------------------------------------- objects that are none of ours, or not there


def reasons(printed: Printed) -> list[str]:
    return [line["reason"] for line in printed.lines() if line.get("message") == "message refused"]


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (None, "is not there"),
        (b" " * (16 * 1024 * 1024 + 1), "the object has 16777217 bytes, more than 16777216"),
        (b'{"secret": "swordfish\xff"}', "not valid UTF-8 at byte 21"),
        (b'{"secret": "swordfish"}', "no requestContext object"),
    ],
    ids=["missing", "large", "bytes", "foreign"],
)
def test_a_notification_of_an_object_that_can_not_be_read_is_moved(
    ways: Stack, printed: Printed, content: bytes | None, why: str
) -> None:
    name = "triage-s3-notification"
    if content is not None:
        put(name, content)

    answer = triage.app.handler(sample(name), Context())

    assert answer == {"batchItemFailures": []}
    assert ways.refused() == [sample(name)["Records"][0]["body"]]
    assert [why in reason for reason in reasons(printed)] == [True]
    assert "swordfish" not in printed.text()
    assert listed(ways) == []
    assert run(name) == {"batchItemFailures": []}
    assert len(listed(ways)) == 1


def test_the_version_that_was_announced_is_read(ways: Stack, printed: Printed) -> None:
    """Any source may write under any other's key: what was there first is still what is read."""
    s3, versioning = boto3.client("s3"), load_template()["Resources"]["FailureBucket"]["Properties"]
    s3.put_bucket_versioning(Bucket=FAILURES, VersioningConfiguration=versioning["VersioningConfiguration"])
    texts = [record_text(f"event-{n}", payload=f'{{"n":{n}}}', arn=f"{SOURCES}via-s3") for n in (1, 2)]
    versions = [s3.put_object(Bucket=FAILURES, Key="k", Body=t.encode())["VersionId"] for t in texts]

    first, second = (notification("k", versionId=version) for version in versions)
    gone = notification("k", versionId="A" * 32)
    assert (ways.triage(first, gone), ways.refused()) == ([], [gone])

    assert [execution["id"] for execution in listed(ways)] == ["event-1"]
    assert ways.call("GET", "/executions/event-1/payload")[1] == {"n": 1}
    assert ["is not there" in reason for reason in reasons(printed)] == [True]
    assert ways.triage(second) == []
    assert len(listed(ways)) == 2


def test_an_object_in_a_foreign_bucket_is_not_read(ways: Stack, printed: Printed) -> None:
    """Even if this function's role could."""
    boto3.client("s3").put_object(Bucket="payloads", Key="k", Body=record_text("event-1").encode())
    body = notification("k", bucket="payloads")
    assert (ways.triage(body), ways.refused()) == ([], [body])
    assert "in the bucket payloads, which is not this service's" in reasons(printed)[0]
    assert listed(ways) == []


def test_a_bucket_that_does_not_answer_is_no_refusal(
    ways: Stack, printed: Printed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAILURE_BUCKET", "gone")
    triage.composition_root.parts.cache_clear()
    body, good = notification("k", bucket="gone"), record_text("event-1")
    assert ways.triage(body, good) == [body]
    assert reasons(printed) == []
    assert [execution["id"] for execution in listed(ways)] == ["event-1"]


def test_a_dead_letter_of_an_unknown_queue_says_what_to_do(ways: Stack, printed: Printed) -> None:
    as_lambda_calls(letter(ORDER, "run-1", queue=LETTER_QUEUE + "-2"))
    assert len(ways.refused()) == 1
    assert "dead-letters-2, which is no function's: name it in DeadLetterQueues" in reasons(printed)[0]


@pytest.mark.parametrize(
    ("text", "stored"), [(record_text("event-1"), True), ('{"secret": "swordfish"}', False)]
)
def test_an_event_like_a_batch_of_no_queue_of_its_own_is_an_event(
    ways: Stack, printed: Printed, text: str, stored: bool
) -> None:
    """Invoked asynchronously, nothing reads an answer: a list of what comes again would be lost."""
    event = queue_event(text)
    event["Records"][0]["eventSourceARN"] = LETTER_QUEUE.replace("123456789012", "210987654321")
    if stored:
        assert as_lambda_calls(json.dumps(event)) is None
        assert listed(ways)[0]["channel"] == "lambda"
    else:
        assert as_lambda_calls(json.dumps(event)) is None
        assert ways.refused() == [json.dumps(event)]
        assert len(reasons(printed)) == 1


@pytest.mark.parametrize(("qualifier", "is_batch"), [(":queues", True), ("", False), (":$LATEST", False)])
def test_only_a_mapping_hands_over_batches(
    ways: Stack, monkeypatch: pytest.MonkeyPatch, qualifier: str, is_batch: bool
) -> None:
    """A source may invoke the function, and could write an event like a batch of the failure queue, with any
    sender in it. It may not invoke the alias."""
    monkeypatch.setenv("QUEUE_ALIAS", "queues")
    triage.composition_root.parts.cache_clear()
    event = json.dumps(queue_event(record_text("event-1")))
    answer = as_lambda_calls(event, TRIAGE + qualifier)
    assert answer == ({"batchItemFailures": []} if is_batch else None)
    assert listed(ways)[0]["channel"] == ("queue" if is_batch else "lambda")


def test_without_its_text_an_own_event_is_stored_and_not_sent_again(ways: Stack) -> None:
    event = json.loads((ROOT / "events" / "triage-lambda-destination.json").read_text())
    assert triage.app.handler(event, Context()) is None
    (execution,) = listed(ways)
    assert (execution["channel"], execution["unreplayable"]) == ("lambda", "payload_not_exact")
    for mode in ("if_not_replayed", "force"):
        answer = ways.call("POST", f"/executions/{execution['id']}/replay", json={"mode": mode})
        assert code(answer) == (409, "payload_not_exact")
    assert ways.aws.sent == []


@pytest.mark.parametrize(
    "text",
    ['{"secret":"swordfish"}', '{"Records":["swordfish"]}',
     '{"Records":[{"Sns":{"TopicArn":"t","Message":"swordfish"}}]}', rule('"swordfish"'), notification("k"),
     topic("swordfish"), record_text("event-1", payload=None, arn=TRIAGE)],
)  # fmt: skip
def test_an_own_event_that_is_refused_is_moved(ways: Stack, printed: Printed, text: str) -> None:
    assert as_lambda_calls(text) is None
    [message] = dead_letters()
    # Of a batch the runtime keeps no text: what matters of it are the texts inside.
    assert message["Body"] == (json.dumps(json.loads(text)) if "Records" in text else text)
    assert message["MessageAttributes"][QUEUE]["StringValue"] == TRIAGE
    assert len(reasons(printed)) == 1
    assert "swordfish" not in printed.text()
    assert listed(ways) == []


@pytest.mark.parametrize("text", ['["swordfish"]', '"swordfish"', "null"])
def test_an_own_event_whose_text_is_not_there_stays_with_lambda(
    ways: Stack, printed: Printed, text: str
) -> None:
    """The runtime keeps the text of objects alone; Lambda hands all of it to the function's destination."""
    with pytest.raises(NotHandledError):
        as_lambda_calls(text)
    assert len(reasons(printed)) == 1
    assert "swordfish" not in printed.text()
    assert (listed(ways), ways.refused()) == ([], [])


def test_an_own_event_that_can_not_be_stored_stays_with_lambda(
    ways: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TABLE_NAME", "elsewhere")
    triage.composition_root.parts.cache_clear()
    with pytest.raises(NotHandledError):
        run("triage-lambda-destination")


# ---------------------------------------------------------------- forged, and twice

FORGED = f"{FUNCTIONS}payments:live"


def forged() -> dict[str, str]:
    """A record of a function that may not be replayed, by every way."""
    text = record_text("event-1", payload=ORDER, arn=FORGED)
    guide = f'{{"invocationId":"event-1","functionArn":"{FORGED}","invocationRequest":{{"event":{{}}}}}}'
    sns = {"Records": [{"Sns": json.loads(topic(text))}]}
    own = record_text("own-1", payload=text, arn=TRIAGE)
    bodies = {
        "queue": text, "sns": topic(text), "eventbridge": rule(text), "s3": notification("forged"),
        "stream": STREAM.replace(f"{SOURCES}via-stream-s3", FORGED).replace("stream-1", "event-1"),
        "guide": guide, "own failure": own,
    }  # fmt: skip
    return {name: json.dumps(queue_event(body)) for name, body in bodies.items()} | {
        "lambda": text, "sns to lambda": json.dumps(sns), "dead letter": letter(ORDER, "event-1"),
    }  # fmt: skip


def test_what_the_bus_brings_of_other_functions_is_left_to_other_stacks(
    ways: Stack, printed: Printed
) -> None:
    """Several stacks may be on one bus, each with functions of its own."""
    texts = {arn: record_text(f"event-{n}", payload=ORDER, arn=arn)
             for n, arn in enumerate([f"{FORGED}", f"{SOURCES}switch:$LATEST"])}  # fmt: skip
    assert ways.triage(*map(rule, texts.values())) == []
    assert [execution["function_arn"] for execution in listed(ways)] == [f"{SOURCES}switch:$LATEST"]
    text = printed.text()
    assert Count.RECORD_LEFT_TO_OTHERS in text
    assert "7f3a" not in text
    # Any other way in leads to one stack, which takes in everything.
    assert ways.triage(texts[FORGED]) == []
    assert ways.triage(topic(rule(record_text("event-2", arn=FORGED)))) == []
    assert len(listed(ways)) == 3


@pytest.mark.parametrize("name", sorted(forged().keys() - {"eventbridge"}))
def test_a_forged_function_is_stored_and_never_invoked(
    ways: Stack, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """A dead letter can't name one, but anyone who deploys may."""
    monkeypatch.setenv("DEAD_LETTERS", f"{LETTER_QUEUE}={FORGED}")
    triage.composition_root.parts.cache_clear()
    text = record_text("event-1", payload=ORDER, arn=FORGED)
    boto3.client("s3").put_object(Bucket=FAILURES, Key="forged", Body=text.encode())

    as_lambda_calls(forged()[name])

    assert [execution["function_arn"] for execution in listed(ways)] == [FORGED]
    path = "/executions/event-1/replay"
    for option in ({}, {"mode": "force"}, {"qualifier": "$LATEST"}):
        assert code(ways.call("POST", path, json=option)) == (403, "not_allow_listed")
    assert ways.call("POST", path, json={"dry_run": True})[1]["refusal"] == "not_allow_listed"
    assert ways.aws.sent == []


def twice(text: str) -> dict[str, str]:
    """One failure, by every way that it can come in."""
    return {
        "queue": json.dumps(queue_event(text)), "sns": json.dumps(queue_event(topic(text))),
        "eventbridge": json.dumps(queue_event(rule(text))), "lambda": text,
        "s3": json.dumps(queue_event(notification("twice"))), "dead_letter": letter(ORDER, "event-1"),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("first", "second"),
    [("queue", "sns"), ("sns", "eventbridge"), ("eventbridge", "s3"), ("s3", "lambda"),
     ("lambda", "dead_letter"), ("dead_letter", "queue")],
)  # fmt: skip
def test_one_failure_that_comes_by_two_ways_is_one_execution(ways: Stack, first: str, second: str) -> None:
    """And counts once; the first one tells the way."""
    text = record_text("event-1", payload=ORDER, arn=f"{SOURCES}via-dead-letter")
    boto3.client("s3").put_object(Bucket=FAILURES, Key="twice", Body=text.encode())
    for name in (first, second, first):
        as_lambda_calls(twice(text)[name])
    assert [(e["id"], e["channel"]) for e in listed(ways)] == [("event-1", first)]
    assert ways.call("POST", "/executions/event-1/replay")[0] == 202
    assert [call["Payload"] for call in ways.aws.sent] == [ORDER.encode()]
    groups = ways.call("GET", "/groups")[1]["groups"]
    assert [group["count"] for group in groups] == [1]


@pytest.mark.parametrize(
    ("text", "status", "outcome"),
    [
        (letter(ORDER, "run-1"), "failed", "failed"),
        (json.dumps(queue_event(rule(record_text(
            "run-1", payload=ORDER, condition="Success", response="null",
            arn=f"{SOURCES}via-dead-letter:$LATEST",
        )))), "recovered", "succeeded"),
    ],
    ids=["dead letter", "event bus"],
)  # fmt: skip
def test_a_replays_outcome_may_come_by_any_way(ways: Stack, text: str, status: str, outcome: str) -> None:
    as_lambda_calls(letter(ORDER, "event-1"))
    assert ways.call("POST", "/executions/event-1/replay")[0] == 202
    as_lambda_calls(text)
    execution = ways.call("GET", "/executions/event-1")[1]
    assert (execution["status"], [replay["status"] for replay in execution["replays"]]) == (status, [outcome])
    assert len(listed(ways)) == 1
