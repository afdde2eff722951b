"""A group is acknowledged, assigned and linked to a ticket; lists find what is mine."""

from typing import Any

import pytest

from tests.integration.conftest import SOURCE, Stack, code
from tests.support.world.service import record_text

ERROR = '{"errorType":"OrderError","errorMessage":"the till is asleep"}'
TICKET = "https://tracker.example/PAY-12"


@pytest.fixture
def group(stack: Stack) -> str:
    return _fail(stack, "event-1", ERROR)


def _fail(stack: Stack, name: str, response: str) -> str:
    assert stack.triage(record_text(name, arn=SOURCE + ":live", response=response)) == []
    return str(stack.call("GET", f"/executions/{name}")[1]["failure"]["group"])


def _own(stack: Stack, group: str, verb: str, **body: Any) -> tuple[int, Any]:
    return stack.call("POST", f"/groups/{group}/{verb}", json=body or None)


def _mine(stack: Stack, owner: str = "me") -> list[str]:
    status, page = stack.call("GET", "/groups", query={"owner": owner})
    assert status == 200
    return [row["fingerprint"] for row in page["groups"]]


def test_a_group_is_acknowledged_by_the_caller(stack: Stack, group: str) -> None:
    assert _mine(stack) == []
    status, shown = _own(stack, group, "acknowledge")
    me = stack.call("GET", f"/groups/{group}")[1]["history"][0]["by"]
    assert (status, shown["status"]) == (200, "open")
    assert shown["ownership"]["acknowledged_by"] == shown["ownership"]["owner"] == me
    assert shown["ownership"]["acknowledged_at"] is not None
    assert _mine(stack) == _mine(stack, me) == _mine(stack, me.rpartition("/")[2]) == [group]
    assert _mine(stack, "ann") == []
    # Twice is once: its time and its history stay.
    assert _own(stack, group, "acknowledge")[1]["ownership"] == shown["ownership"]
    taken_back = _own(stack, group, "acknowledge", acknowledged=False, reason="on leave")[1]
    assert taken_back["ownership"]["owner"] is None
    history = [(one["verb"], one["reason"]) for one in stack.call("GET", f"/groups/{group}")[1]["history"]]
    assert history == [("unacknowledged", "on leave"), ("acknowledged", None)]


def test_a_group_is_assigned_and_linked(stack: Stack, group: str) -> None:
    _own(stack, group, "acknowledge")
    assert _own(stack, group, "assign", assignee="ann", reason="on call")[0] == 200
    status, shown = _own(stack, group, "link", url=TICKET)
    assert status == 200
    assert shown["ownership"]["owner"] == shown["ownership"]["assignee"] == "ann"
    assert shown["ownership"]["ticket"] == TICKET
    assert (_mine(stack), _mine(stack, "ann")) == ([], [group])
    detail = stack.call("GET", f"/groups/{group}")[1]
    assert detail["ownership"] == shown["ownership"]
    said = [(one["verb"], one["reason"]) for one in detail["history"]]
    assert said == [("linked", TICKET), ("assigned", "to ann: on call"), ("acknowledged", None)]
    assert (
        _own(stack, group, "assign", assignee="me")[1]["ownership"]["assignee"] == detail["history"][0]["by"]
    )
    assert _own(stack, group, "assign", assignee=None)[1]["ownership"]["assignee"] is None
    assert _own(stack, group, "link", url=None)[1]["ownership"]["ticket"] is None


def test_a_regression_takes_the_acknowledgement_back(stack: Stack, group: str) -> None:
    _own(stack, group, "acknowledge")
    _own(stack, group, "link", url=TICKET)
    assert stack.call("POST", f"/groups/{group}/resolve")[0] == 200
    assert _mine(stack) == [group]
    assert _fail(stack, "event-2", ERROR) == group
    shown = stack.call("GET", f"/groups/{group}")[1]
    assert shown["status"] == "regressed"
    assert (shown["ownership"]["owner"], shown["ownership"]["ticket"]) == (None, TICKET)
    assert _mine(stack) == []


def test_a_member_is_owned_by_its_head(stack: Stack, group: str) -> None:
    other = _fail(stack, "event-2", ERROR.replace("asleep", "on fire"))
    assert stack.call("POST", f"/groups/{other}/merge", json={"into": group})[0] == 200
    for verb, body in (("acknowledge", {}), ("assign", {"assignee": "ann"}), ("link", {"url": TICKET})):
        assert code(_own(stack, other, verb, **body)) == (409, "group_merged")
        assert code(_own(stack, "0" * 32, verb, **body)) == (404, "group_not_found")


@pytest.mark.parametrize(
    ("verb", "body", "named"),
    [
        ("assign", {}, "assignee"),
        ("assign", {"assignee": "  "}, "assignee"),
        ("assign", {"assignee": "a" * 201}, "assignee"),
        ("assign", {"assignee": "ann\u001b[31m"}, "assignee"),
        ("link", {}, "url"),
        ("link", {"url": "http://tracker.example/PAY-12"}, "https"),
        ("link", {"url": "javascript:alert(1)"}, "https"),
        ("link", {"url": "https://"}, "https"),
        ("link", {"url": "https://ann:secret@tracker.example/"}, "https"),
        ("link", {"url": "https://tracker.example/a b"}, "https"),
        ("link", {"url": "https://tracker.example/\u202egpj"}, "https"),
        ("link", {"url": "https://[oops"}, "url"),
        ("link", {"url": "https://tracker.example/" + "a" * 500}, "https"),
        ("acknowledge", {"acknowledged": "perhaps"}, "acknowledged"),
    ],
)
def test_bad_input_is_named(stack: Stack, group: str, verb: str, body: dict[str, Any], named: str) -> None:
    status, answer = stack.call("POST", f"/groups/{group}/{verb}", json=body)
    assert (status, answer["error"]["code"]) == (400, "invalid_request")
    assert named in answer["error"]["message"]
    assert stack.call("GET", f"/groups/{group}")[1]["ownership"]["owner"] is None


def test_a_job_takes_several_groups(stack: Stack, group: str) -> None:
    """With what is merged into them, and each execution once."""
    second = _fail(stack, "event-2", ERROR.replace("asleep", "on fire"))
    member = _fail(stack, "event-3", ERROR.replace("OrderError", "TillError"))
    _fail(stack, "event-4", ERROR.replace("OrderError", "OtherError"))
    assert stack.call("POST", f"/groups/{member}/merge", json={"into": second})[0] == 200
    wanted = {"groups": [group, second, group]}
    status, plan = stack.call("POST", "/jobs/plan", json={"filter": wanted})
    assert (status, plan["matched"]) == (200, 3)
    assert set(plan["groups"]) == {group, second, member}
    status, job = stack.call("POST", "/jobs", json={"filter": wanted})
    assert (status, sorted(job["filter"]["groups"])) == (202, sorted([group, second, member]))
    both = stack.call("POST", "/jobs/plan", json={"filter": {"group": group, "groups": [second]}})
    assert code(both) == (400, "invalid_request")
    absent = stack.call("POST", "/jobs/plan", json={"filter": {"groups": [group, "0" * 32]}})
    assert code(absent) == (404, "group_not_found")
    many = stack.call("POST", "/jobs/plan", json={"filter": {"groups": ["0" * 32] * 101}})
    assert code(many) == (400, "invalid_request")
