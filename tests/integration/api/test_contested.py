"""Forged records and lost answers as an operator meets them: origin, contradictions, probable runs."""

from botocore.exceptions import ReadTimeoutError

import triage.app
from tests.integration.conftest import Stack, code
from tests.integration.handlers.test_functions import SOURCE
from tests.support.events import Context, queue_event
from tests.support.world.service import record_text

FORGED = record_text("event-1", arn=SOURCE + ":live", payload='{"to":"attacker"}')


def test_the_origin_is_shown(failed: Stack) -> None:
    assert failed.call("GET", "/executions/event-1")[1]["origin"] == "verified"
    event = queue_event(record_text("event-2", arn=SOURCE))
    event["Records"][0]["attributes"]["SenderId"] = "AIDAEXAMPLE"
    triage.app.handler(event, Context())
    assert failed.call("GET", "/executions/event-2")[1]["origin"] == "unverified"


def test_a_message_without_a_sender_is_stored(failed: Stack) -> None:
    event = queue_event(record_text("event-2", arn=SOURCE))
    del event["Records"][0]["attributes"]["SenderId"]
    assert triage.app.handler(event, Context()) == {"batchItemFailures": []}
    assert failed.call("GET", "/executions/event-2")[1]["origin"] == "unverified"


def test_contradicting_records_name_each_other_and_each_has_its_own_payload(failed: Stack) -> None:
    assert failed.triage(FORGED, FORGED) == []
    listed = failed.call("GET", "/executions")[1]["executions"]
    (other,) = [one["id"] for one in listed if one["id"] != "event-1"]
    first = failed.call("GET", "/executions/event-1")[1]
    second = failed.call("GET", f"/executions/{other}")[1]
    assert first["contested"] == [{"other": other, "differs": ["payload"]}]
    assert second["contested"] == [{"other": "event-1", "differs": ["payload"]}]
    assert failed.call("GET", "/executions/event-1/payload")[1] == {"n": 1.10}
    assert failed.call("GET", f"/executions/{other}/payload")[1] == {"to": "attacker"}
    assert second["error"]["message"] == "boom"


def test_a_large_payload_that_differs_is_distinguished_by_its_hash(failed: Stack) -> None:
    large = [f'{{"pad":"{letter * 50_000}"}}' for letter in "ab"]
    bodies = [record_text("event-2", arn=SOURCE, payload=payload) for payload in large]
    assert failed.triage(*bodies, bodies[0]) == []
    listed = failed.call("GET", "/executions")[1]["executions"]
    assert len([one for one in listed if one["id"].startswith("event-2")]) == 2


def test_a_plan_counts_what_is_replayed_only_by_its_id(failed: Stack) -> None:
    failed.triage(FORGED)
    status, plan = failed.call("POST", "/jobs/plan", json={"filter": {"status": "failed"}})
    assert status == 200, plan
    assert plan["ineligible"] == {"contested": 2}


def test_a_probable_run_is_confirmed(failed: Stack) -> None:
    def no_answer(_: object) -> dict[str, object]:
        raise ReadTimeoutError(endpoint_url="http://127.0.0.1")

    failed.aws.answer = no_answer
    status, _ = failed.call("POST", "/executions/event-1/replay")
    assert status == 502
    failed.triage(record_text("stray", arn=SOURCE + ":live", at=failed.clock()))
    found = failed.call("GET", "/executions/stray")[1]
    assert found["probable_run_of"] == {"execution_id": "event-1", "number": 1}
    assert code(failed.call("POST", "/executions/event-1/confirm")) == (409, "no_probable_run")
    status, body = failed.call("POST", "/executions/stray/confirm", json={"reason": "same order"})
    assert status == 200, body
    assert body["id"] == "event-1"
    assert body["replays"][0]["status"] == "failed"
    assert body["replays"][0]["request_id"] == "stray"
    assert body["decisions"][0]["verb"] == "confirmed"
    assert "same order" in body["decisions"][0]["reason"]
    assert code(failed.call("GET", "/executions/stray")) == (404, "execution_not_found")
    assert code(failed.call("POST", "/executions/stray/confirm")) == (404, "execution_not_found")
