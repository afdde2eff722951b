"""Records that lack what the service insists on, as people paste them."""

import json
from typing import Any

import pytest

from lambda_replay.domain.diagnosis import Evidence, diagnose
from tests.cli.support.run import explain, explained
from tests.support.events import sample
from tests.support.world.service import record_text

ERROR = {
    "errorType": "KeyError",
    "errorMessage": "'total'",
    "stackTrace": ['  File "/var/task/a.py", line 3\n'],
}


def one(given: Any) -> dict[str, Any]:
    (found,) = explained(json.dumps(given))
    return found


@pytest.mark.parametrize(
    "given",
    [
        ERROR,
        {"responsePayload": ERROR},
        {"responsePayload": ERROR, "requestContext": {"condition": "RetriesExhausted"}},
    ],
)
def test_an_error_alone_is_explained_as_in_its_record(given: dict[str, Any]) -> None:
    (whole,) = explained(
        record_text(
            "r-1",
            arn="arn:aws:lambda:eu-west-1:123456789012:function:unknown",
            response=json.dumps(ERROR),
            payload=None,
        )
    )
    found = one(given)
    assert (found["id"], found["function"]) == ("line 1", "unknown")
    for key in ("category", "verdict", "rule", "fingerprint", "title", "error_type", "reasons"):
        assert found[key] == whole[key], key


@pytest.mark.parametrize("mark", ["errorMessage", "errorType", "stackTrace", "trace"])
def test_one_mark_of_an_error_is_enough(mark: str) -> None:
    assert one({mark: ["x"] if mark in ("stackTrace", "trace") else "x"})["function"] == "unknown"


def test_other_members_of_the_error_are_looked_at() -> None:
    cause = {"errorType": "java.net.SocketTimeoutException", "errorMessage": "connect timed out"}
    found = one({"errorType": "IllegalStateException", "errorMessage": "no", "cause": cause, "un usual": 1})
    assert found["title"] == "java.net.SocketTimeoutException: connect timed out"


@pytest.mark.parametrize(
    ("members", "name"),
    [
        ({"function": "orders"}, "orders"),
        ({"functionName": "orders"}, "orders"),
        ({"functionArn": "arn:aws:lambda:eu-west-1:123456789012:function:orders:live"}, "orders"),
        ({"function": "arn:aws:lambda:REGION:XXXX:function:orders"}, "orders"),
        (
            {"requestContext": {"functionArn": "arn:aws:lambda:eu-west-1:XXXX:function:orders:$LATEST"}},
            "orders",
        ),
        ({"function": None}, "unknown"),
        ({"function": ""}, "unknown"),
        ({"function": {"name": "orders"}}, "unknown"),
    ],
)
def test_the_function_is_taken_from_where_it_is_named(members: dict[str, Any], name: str) -> None:
    assert one({"responsePayload": ERROR, **members})["function"] == name


@pytest.mark.parametrize(
    ("members", "identity"),
    [
        ({"id": "a b/c"}, "a b/c"),
        ({"id": 7}, "7"),
        ({"requestId": "r"}, "r"),
        ({"id": "i", "requestId": "r"}, "i"),
        ({"requestContext": {"requestId": "q"}, "id": "i"}, "q"),
        ({"id": None}, "line 1"),
        ({"id": ""}, "line 1"),
        ({"id": True}, "line 1"),
    ],
)
def test_the_id_is_taken_from_where_it_is(members: dict[str, Any], identity: str) -> None:
    assert one({"responsePayload": ERROR, **members})["id"] == identity


def test_without_an_id_the_place_is_the_id() -> None:
    text = "\n".join(["", json.dumps(ERROR), json.dumps([ERROR, ERROR]), json.dumps(ERROR)])
    assert [found["id"] for found in explained(text)] == [
        "line 2",
        "line 3, record 1",
        "line 3, record 2",
        "line 4",
    ]
    assert [found["id"] for found in explained(json.dumps([ERROR, ERROR], indent=1))] == [
        "record 1",
        "record 2",
    ]


def test_what_else_is_known_is_used() -> None:
    """Whether the payload has the missing property decides between two rules."""
    record = json.loads(sample("triage-nodejs")["Records"][0]["body"])
    whole = diagnose(
        Evidence(
            function="unknown",
            condition="RetriesExhausted",
            status_code=200,
            response=json.dumps(record["responsePayload"]),
            payload=json.dumps(record["requestPayload"]),
        )
    )
    bare = {name: record[name] for name in ("requestPayload", "responsePayload")}
    assert one(bare)["rule"] == whole.rule
    assert one({"responsePayload": record["responsePayload"]})["rule"] != whole.rule


def test_the_condition_is_used() -> None:
    found = one({"requestContext": {"condition": "ZeroReservedConcurrency"}, "requestPayload": {}})
    assert (found["rule"], found["condition"]) == (
        "platform.reserved-concurrency-zero",
        "ZeroReservedConcurrency",
    )
    found = one({"condition": "RetriesExhausted", "responsePayload": ERROR})
    assert found["condition"] == "RetriesExhausted"
    assert one({"responsePayload": ERROR})["condition"] == "Unknown"


def test_a_status_without_an_answer_is_used() -> None:
    given = {"requestContext": {"condition": "RetriesExhausted"}, "responseContext": {"statusCode": 404}}
    assert one(given)["rule"] == "platform.function-gone"


def test_records_with_their_account_blotted_out_are_explained() -> None:
    text = record_text("r-1").replace("123456789012", "************")
    (found,) = explained(text)
    assert (found["id"], found["function"], found["condition"]) == ("r-1", "orders", "RetriesExhausted")


def test_records_of_guides_may_lack_their_function_and_id() -> None:
    error = {"errorType": "KeyError", "errorMessage": "'total'"}
    found = one({"functionName": "orders", "invocationRequest": {"event": {}}, "invocationError": error})
    assert (found["id"], found["function"], found["error_type"]) == ("line 1", "orders", "KeyError")


def test_successes_of_guides_may_lack_their_function() -> None:
    answer = {"status": 200, "body": {"fine": True}}
    found = one({"functionName": "orders", "invocationRequest": {"event": {}}, "invocationResponse": answer})
    assert (found["function"], found["succeeded"]) == ("orders", True)


def test_successes_are_reported_and_not_explained() -> None:
    (found,) = explained(record_text("r-1", condition="Success", response="null"))
    assert found == {
        "id": "r-1",
        "function": "orders",
        "category": None,
        "verdict": None,
        "rule": None,
        "confidence": None,
        "reasons": [],
        "fingerprint": None,
        "fingerprint_parts": {},
        "error_type": None,
        "title": None,
        "condition": "Success",
        "channel": "queue",
        "succeeded": True,
    }


def test_lone_surrogates_in_names_are_no_obstacle() -> None:
    outcome = explain('{"errorType":"E","errorMessage":"\\ud800","id":"\\ud800","function":"\\udfff"}')
    assert (outcome.code, outcome.objects[0]["id"], outcome.objects[0]["function"]) == (0, "?", "?")
