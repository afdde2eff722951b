"""What a job's request may hold, and what not (docs/reference/service.md#api)."""

import json
from typing import Any

import pytest

from tests.integration.conftest import SOURCE, Stack
from tests.integration.jobs import QUICK, fail, plan, start

IDS = '"ids": ["event-000"]'
DEEP = "[" * 100_000 + "]" * 100_000


@pytest.mark.parametrize(
    ("body", "names"),
    [
        ("", "body"),
        ("{", "body"),
        ("[]", "body"),
        ("{}", "filter and ids"),
        ('{"filter": null, "ids": null}', "filter and ids"),
        ('{"filter": {"function": "a"}, ' + IDS + "}", "filter and ids"),
        ('{"filter": {}}', "filter: "),
        ('{"filter": {"function": null}}', "at least one of function, group"),
        ('{"filter": "all"}', "filter"),
        ('{"filter": {"colour": "red"}}', "filter.colour"),
        ('{"filter": {"function": ""}}', "filter.function"),
        ('{"filter": {"group": "' + "x" * 300 + '"}}', "filter.group"),
        ('{"filter": {"category": "bad luck"}}', "filter.category"),
        ('{"filter": {"verdict": "perhaps"}}', "filter.verdict"),
        ('{"filter": {"status": "broken"}}', "filter.status"),
        ('{"filter": {"error_type": 7}}', "filter.error_type"),
        ('{"filter": {"from": "yesterday"}}', "filter.from"),
        ('{"filter": {"from": "2026-01-01T00:00:00"}}', "filter.from"),
        ('{"filter": {"to": "9999-12-31T23:59:59-14:00"}}', "filter.to"),
        ('{"filter": {"from": "9999-01-01T00:00:00Z"}}', "filter.from: must be before"),
        ('{"filter": {"from": "2026-01-02T00:00:00Z", "to": "2026-01-01T00:00:00Z"}}', "filter.from"),
        ('{"filter": {"since": "2026-01-01T00:00:00Z"}}', "filter.since"),
        ('{"ids": []}', "ids"),
        ('{"ids": "event-000"}', "ids"),
        ('{"ids": [7]}', "ids.0"),
        ('{"ids": ["a b"]}', "ids.0"),
        ('{"ids": ["' + "x" * 129 + '"]}', "ids.0"),
        (json.dumps({"ids": [f"event-{n}" for n in range(501)]}), "ids"),
        ("{" + IDS + ', "name": ""}', "name"),
        ("{" + IDS + ', "name": "' + "x" * 101 + '"}', "name"),
        ("{" + IDS + ', "name": "\\ud800"}', "name"),
        ("{" + IDS + ', "reason": "  "}', "reason"),
        ("{" + IDS + ', "rate": 0}', "rate"),
        ("{" + IDS + ', "rate": 0.009}', "rate"),
        ("{" + IDS + ', "rate": 1000.1}', "rate"),
        ("{" + IDS + ', "rate": -1}', "rate"),
        ("{" + IDS + ', "rate": NaN}', "rate"),
        ("{" + IDS + ', "rate": Infinity}', "rate"),
        ("{" + IDS + ', "rate": 1e400}', "rate"),
        ("{" + IDS + ', "rate": null}', "rate"),
        ("{" + IDS + ', "ramp": []}', "ramp"),
        ("{" + IDS + ', "ramp": [0]}', "ramp"),
        ("{" + IDS + ', "ramp": [5, 1]}', "ramp"),
        ("{" + IDS + ', "ramp": [1, 1]}', "ramp"),
        ("{" + IDS + ', "ramp": [1, 10001]}', "ramp"),
        ("{" + IDS + ', "ramp": [1.5]}', "ramp"),
        ("{" + IDS + ', "ramp": [true]}', "ramp"),
        ("{" + IDS + ', "ramp": 1}', "ramp"),
        ("{" + IDS + ', "ramp": [1,2,3,4,5,6,7,8,9,10,11]}', "ramp"),
        ("{" + IDS + ', "patience_seconds": 0}', "patience_seconds"),
        ("{" + IDS + ', "patience_seconds": 86401}', "patience_seconds"),
        ("{" + IDS + ', "guard": true}', "guard"),
        ("{" + IDS + ', "guard": {"failed_share": 1.1}}', "guard.failed_share"),
        ("{" + IDS + ', "guard": {"failed_share": NaN}}', "guard.failed_share"),
        ("{" + IDS + ', "guard": {"minimum": 0}}', "guard.minimum"),
        ("{" + IDS + ', "guard": {"minimum": 1001}}', "guard.minimum"),
        ("{" + IDS + ', "guard": {"new_group": "perhaps"}}', "guard.new_group"),
        ("{" + IDS + ', "guard": {"share": 0.1}}', "guard.share"),
        ("{" + IDS + ', "qualifier": "a b"}', "qualifier"),
        ("{" + IDS + ', "function": "a b"}', "function"),
        ("{" + IDS + ', "function": "orders\\n"}', "function"),
        ("{" + IDS + f', "function": "{SOURCE}:live"}}', "function"),
        ("{" + IDS + ', "function": "arn:aws:sqs:us-east-1:123456789012:orders"}', "function"),
        ("{" + IDS + ', "patch": "text"}', "patch"),
        ("{" + IDS + ', "patch": 7}', "patch"),
        ("{" + IDS + ', "patch": {"a": NaN}}', "patch"),
        ("{" + IDS + ', "patch": {"a": 1e400}}', "patch"),
        ("{" + IDS + ', "patch": {"a": "' + "x" * 50_000 + '"}}', "patch"),
        (json.dumps({"ids": ["a"], "patch": [{"op": "copy", "from": "", "path": "/a"}] * 6}), "patch"),
        (json.dumps({"ids": ["a"], "patch": [{"op": "remove", "path": "/a"}] * 201}), "patch"),
        ("{" + IDS + ', "patch": ' + DEEP + "}", ""),
        ("{" + IDS + ', "max_age": 0}', "max_age"),
        ("{" + IDS + ', "max_age": "0m"}', "max_age"),
        ("{" + IDS + ', "max_age": "soon"}', "max_age"),
        ("{" + IDS + ', "max_age": "1.5h"}', "max_age"),
        ("{" + IDS + ', "max_age": "٣h"}', "max_age"),
        ("{" + IDS + ', "max_age": 1e9}', "max_age"),
        ("{" + IDS + ', "max_age": "999999999d"}', "max_age"),
        ("{" + IDS + ', "max_age": true}', "max_age"),
        ("{" + IDS + ', "mode": "twice"}', "mode"),
        ("{" + IDS + ', "dry_run": true}', "dry_run"),
    ],
    ids=lambda value: value[:60],
)  # fmt: skip
def test_a_bad_field_is_named(stack: Stack, body: str, names: str) -> None:
    for path in ("/jobs", "/jobs/plan"):
        status, answer = stack.call("POST", path, body=body)
        assert (status, answer["error"]["code"]) == (400, "invalid_request"), answer
        assert names in answer["error"]["message"]
        assert len(answer["error"]["message"]) < 2000
    assert stack.machine.started == {}


@pytest.mark.parametrize("key", ["", "a b", "x" * 129, "é"])
def test_a_bad_idempotency_key_is_named(stack: Stack, key: str) -> None:
    status, answer = stack.call("POST", "/jobs", json=QUICK, headers={"Idempotency-Key": key})
    assert status == 400
    assert "idempotency-key" in answer["error"]["message"].lower()


@pytest.mark.parametrize(
    "option",
    [
        {"rate": 0.01}, {"rate": 1000}, {"ramp": True}, {"ramp": False}, {"ramp": [10_000]}, {"ramp": None},
        {"guard": {}}, {"guard": None}, {"guard": {"failed_share": 0, "minimum": 1, "new_group": True}},
        {"max_age": "400d"}, {"patience_seconds": 86_400}, {"qualifier": "$LATEST"}, {"patch": {}},
        {"patch": []},
    ],
    ids=str,
)  # fmt: skip
def test_what_is_just_allowed(stack: Stack, option: dict[str, Any]) -> None:
    fail(stack, 1)
    assert plan(stack, **option)["matched"] == 1
    assert start(stack, **option)["status"] == "planned"


def test_the_usual_ramp(stack: Stack) -> None:
    assert start(stack, ramp=True, rate=10)["ramp"] == [1, 5, 20, 100, 500]
    assert start(stack, ramp=False)["ramp"] == []
