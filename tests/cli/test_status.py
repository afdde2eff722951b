"""`status`: everything on one screen, and what can't be known says so."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError
from hypothesis import given
from hypothesis import strategies as st

from api.stats.models import StatsView
from lambda_replay_cli.status.bar_chart import axis, bars
from lambda_replay_cli.status.collect import MOST_PAGES
from tests.cli.support.api_server import OUTPUTS, Api, Asked, connected, served
from tests.cli.support.job_objects import halted, job, standing
from tests.cli.support.objects import execution, failure, group
from tests.cli.support.run import Outcome, run

NOW = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
URLS = {"FailureQueueUrl": "https://sqs/failures", "FailureQueueDlqUrl": "https://sqs/dlq"}


class Aws:
    """The clients' side: queue depths by address, alarms by their resource's name."""

    def __init__(self, depths: dict[str, tuple[int, int]], alarms: dict[str, str]) -> None:
        self.depths, self.alarms = depths, alarms
        self.denied: set[str] = set()

    def _allowed(self, operation: str) -> None:
        if operation in self.denied:
            raise ClientError({"Error": {"Code": "AccessDenied", "Message": "not authorized"}}, operation)

    def get_queue_attributes(self, *, QueueUrl: str, AttributeNames: list[str]) -> dict[str, Any]:
        self._allowed("GetQueueAttributes")
        counts = self.depths[QueueUrl]
        return {"Attributes": {name: str(n) for name, n in zip(AttributeNames, counts, strict=True)}}

    def get_paginator(self, _name: str) -> "Aws":
        self._allowed("ListStackResources")
        return self

    def paginate(self, *, StackName: str) -> list[dict[str, Any]]:  # botocore's
        alarms = [
            {
                "ResourceType": "AWS::CloudWatch::Alarm",
                "PhysicalResourceId": f"{StackName}-{name}-X1",
                "LogicalResourceId": name,
            }
            for name in self.alarms
        ]
        other = {"ResourceType": "AWS::SQS::Queue", "PhysicalResourceId": "q", "LogicalResourceId": "Queue"}
        return [{"StackResourceSummaries": alarms[:1]}, {"StackResourceSummaries": [*alarms[1:], other]}]

    def describe_alarms(self, *, AlarmNames: list[str], MaxRecords: int) -> dict[str, Any]:
        assert MaxRecords == 100
        return {
            "MetricAlarms": [
                {
                    "AlarmName": name,
                    "StateValue": self.alarms[name.split("-")[2]],
                    "StateUpdatedTimestamp": NOW,
                    "AlarmDescription": "Messages that could not\n  be understood",
                }
                for name in AlarmNames
            ]
        }


def stats(*counts: int) -> dict[str, Any]:
    buckets = [
        {
            "at": NOW - timedelta(hours=len(counts) - place),
            "failures": n,
            "by_category": {},
            "by_function": {},
        }
        for place, n in enumerate(counts, start=1)
    ]
    given = {
        "since": NOW - timedelta(hours=len(counts)), "until": NOW, "interval": "hour", "total": sum(counts),
        "buckets": buckets, "by_category": {"timeout": sum(counts)}, "by_function": {"orders": sum(counts)},
        "groups": 2, "complete": True,
    }  # fmt: skip
    return StatsView.model_validate(given).model_dump(mode="json", by_alias=True)


def quiet() -> tuple[Api, Aws]:
    api, aws = Api(), Aws(dict.fromkeys(URLS.values(), (0, 0)), {"JobsAlarm": "OK", "TriageAlarm": "OK"})
    api.says("GET", "/stats", stats(*[0] * 25))
    for name in ("groups", "jobs", "functions", "executions"):
        api.says("GET", f"/{name}", {name: [], "cursor": None})
    return api, aws


@contextmanager
def deployed(api: Api, aws: Aws) -> Iterator[None]:
    clients = dict.fromkeys(("sqs", "cloudwatch", "cloudformation"), aws)
    with served() as serving, connected(serving, clients):
        serving.answers, serving.asked = api.answers, api.asked
        yield


@pytest.fixture(autouse=True)
def with_queues(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, url in URLS.items():
        monkeypatch.setitem(OUTPUTS, name, url)


def status(api: Api, aws: Aws, *words: str) -> Outcome:
    with deployed(api, aws):
        return run("status", *words)


def test_where_all_is_well_there_is_little_to_say() -> None:
    outcome = status(*quiet(), "-o", "table")
    assert outcome.code == 0
    for words in (
        "failures  0 in 24 hours",
        "groups  none",
        "jobs  none",
        "0 waiting",
        "empty",
        "none of 2",
        "off",
    ):
        assert words in outcome.out


def noisy() -> tuple[Api, Aws]:
    api, aws = quiet()
    api.says("GET", "/stats", stats(*range(25)))
    by_status = {
        "open": [group("ab" * 8)],
        "regressed": [group("cd" * 8, status="regressed")],
        "resolved": [group("ef" * 8, status="resolved")],
    }
    api.answers["GET", "/groups"] = lambda asked: (
        200,
        {"groups": by_status[asked.query["status"]], "cursor": None},
    )
    old = halted() | {"ended_at": "2020-01-01T00:00:00Z", "id": "old", "name": "old"}
    new = halted() | {"ended_at": NOW.isoformat(), "name": "too early"}
    done = halted() | {"status": "completed", "ended_at": NOW.isoformat(), "name": "fixed"}
    api.says("GET", "/jobs", {"jobs": [job(), new, old, done], "cursor": None})
    stopped = standing("billing")
    stopped["breaker"] |= {"state": "open", "reason": "5 of 6 automatic replays failed"}
    api.says(
        "GET",
        "/functions",
        {"functions": [standing(), stopped, standing("x", enabled=False)], "cursor": None},
    )
    aws.depths[URLS["FailureQueueUrl"]] = (12, 3)
    aws.depths[URLS["FailureQueueDlqUrl"]] = (2, 0)
    aws.alarms["RefusedMessagesAlarm"] = "ALARM"

    def failed(asked: Asked) -> tuple[int, object]:
        assert asked.query["status"] == "failed"
        due = execution("due", retry_at=(NOW + timedelta(minutes=9)).isoformat(), failure=failure())
        return 200, {"executions": [due, execution("not due")], "cursor": None}

    api.answers["GET", "/executions"] = failed
    return api, aws


def test_what_needs_attention_is_on_the_screen() -> None:
    out = status(*noisy(), "-o", "table").out
    for words in (
        "failures  300 in 24 hours, 2 groups", "timeout", "orders", "groups  2 need attention", "cdcdcdcd",
        "jobs  1 running or paused, 1 completed, 1 halted since yesterday", "too early", "23 recovered",
        "1 of yesterday and today", "replays that failed again count too: 6 in the jobs below",
        "fixed", "12 waiting, 3 in work",
        "2 messages could not be taken in", "RefusedMessagesAlarm: Messages that could not be understood",
        "on for 2 functions, 2 to be replayed, the next at", "billing: breaker open, 5 of 6",
    ):  # fmt: skip
        assert words in out, out
    assert out.index("cdcdcdcd") < out.index("abababab"), "regressed ones first"
    assert "old" not in out
    assert max(map(len, out.splitlines())) <= 80
    assert len(out.splitlines()) <= 30


def test_a_program_gets_one_object() -> None:
    outcome = status(*noisy(), "-o", "json")
    found = json.loads(outcome.out)
    assert (found["stack"], found["region"]) == ("lambda-replay", "eu-west-1")
    assert found["dlq"] == {"waiting": 2, "in_flight": 0}
    assert found["automatic"]["due"] == 2
    assert found["automatic"]["functions"] == ["orders", "billing"]
    assert [one["state"] for one in found["alarms"]] == ["OK", "OK", "ALARM"]
    assert status(*noisy(), "-o", "csv").out.splitlines()[1].endswith(",300,12,2,2")


def test_a_permission_that_is_missing_hides_nothing_else() -> None:
    api, aws = noisy()
    aws.denied = {"GetQueueAttributes", "ListStackResources"}
    api.refuses("GET", "/groups", 403, "AccessDenied", "not for you")
    outcome = status(api, aws, "-o", "table")
    assert outcome.code == 0
    text = " ".join(outcome.out.split())
    assert text.count("not known: AWS does not allow it.") == 3
    assert "groups not known: not for you" in text
    assert "failures 300" in text


def test_where_nothing_can_be_known_that_is_the_answer() -> None:
    api, aws = Api(), Aws({}, {})
    aws.denied = {"GetQueueAttributes", "ListStackResources"}
    for name in ("stats", "groups", "jobs", "functions"):
        api.refuses("GET", f"/{name}", 403, "AccessDenied", "not for you")
    outcome = status(api, aws)
    assert (outcome.code, outcome.out) == (3, "")
    assert outcome.problems == ["lambda-replay: not for you (AccessDenied)"]


def test_a_stack_of_before_says_what_it_lacks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(OUTPUTS, "FailureQueueDlqUrl")
    assert "deploy it again" in status(*quiet(), "-o", "table").out


def test_a_mistake_of_our_own_is_not_hidden() -> None:
    api, aws = quiet()
    aws.depths = {}
    with pytest.raises(KeyError):
        status(api, aws)


def test_looking_for_what_is_due_ends() -> None:
    api, aws = quiet()
    api.says("GET", "/functions", {"functions": [standing(), standing("billing")], "cursor": None})
    # Few of those that failed are to be replayed: pages are what is counted.
    due = execution(retry_at=NOW.isoformat())
    api.says("GET", "/executions", {"executions": [due], "cursor": "more"})
    assert f"at least {MOST_PAGES} to be replayed" in status(api, aws, "-o", "table").out
    assert sum(one.path == "/executions" for one in api.asked) == MOST_PAGES


def page_by_page(name: str, *pages: list[dict[str, Any]], ends: bool = True) -> Any:
    def answer(asked: Asked) -> tuple[int, object]:
        number = int(asked.query.get("cursor", 0))
        last = number == len(pages) - 1
        following = None if last and ends else str(min(number + 1, len(pages) - 1))
        return 200, {name: pages[number], "cursor": following}

    return answer


def test_a_running_job_behind_many_that_are_over_is_shown() -> None:
    api, aws = quiet()
    api.answers["GET", "/jobs"] = page_by_page("jobs", [job("completed")] * 100, [job(name="slow one")])
    found = json.loads(status(api, aws, "-o", "json").out)
    assert [one["name"] for one in found["jobs"]] == ["slow one"]
    assert found["jobs_complete"] is True


def test_where_there_are_too_many_jobs_there_may_be_more() -> None:
    api, aws = quiet()
    api.answers["GET", "/jobs"] = page_by_page("jobs", [job("completed")], ends=False)
    assert "jobs  none; there may be more: lambda-replay job list" in status(api, aws, "-o", "table").out
    assert sum(one.path == "/jobs" for one in api.asked) == MOST_PAGES


def test_all_functions_are_looked_at() -> None:
    api, aws = quiet()
    api.answers["GET", "/functions"] = page_by_page("functions", [standing()], [standing("billing")])
    found = json.loads(status(api, aws, "-o", "json").out)
    assert (found["automatic"]["functions"], found["automatic"]["complete"]) == (["orders", "billing"], True)


def test_failures_are_those_of_24_hours() -> None:
    api, aws = quiet()
    status(api, aws)
    [asked] = [one for one in api.asked if one.path == "/stats"]
    since = datetime.fromisoformat(asked.query["from"])
    assert datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - since == timedelta(hours=23)


def test_in_a_narrow_terminal_long_names_leave_room_for_the_rest() -> None:
    api, aws = noisy()
    title = "ConditionalCheckFailedException: the conditional request failed"
    lines = [group("ab" * 8, title=title, function="f" * 60, count=123456)]
    api.says("GET", "/groups", {"groups": lines, "cursor": None})
    api.says("GET", "/jobs", {"jobs": [job(name="n" * 60)], "cursor": None})
    out = status(api, aws, "-o", "table").out
    assert title in out
    assert "issued 0 of 520" in out
    assert max(map(len, out.splitlines())) <= 80


@pytest.mark.parametrize("columns", ["80", "120"])
def test_no_line_is_wider_than_the_terminal(monkeypatch: pytest.MonkeyPatch, columns: str) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    out = status(*noisy(), "-o", "table").out
    assert max(map(len, out.splitlines())) <= int(columns)


@given(st.lists(st.integers(0, 10**6), max_size=30), st.integers(1, 5), st.booleans())
def test_bars_show_whatever_is_there(values: list[int], height: int, ascii_only: bool) -> None:
    rows = bars(values, height, 3, ascii_only=ascii_only)
    assert len(rows) == height
    for place, value in enumerate(values):
        column = "".join(row[place * 3 : place * 3 + 2] for row in rows).strip()
        assert bool(column) == bool(value)
    if ascii_only:
        assert "".join(rows).isascii()
    if any(values):
        highest = values.index(max(values))
        assert rows[0][highest * 3] in "█#"


def test_labels_stand_below_their_bars() -> None:
    assert axis([f"{hour:02}:00" for hour in range(8)], 2, 4) == "00:00   04:00"
