"""What the status screen shows, looked up at once. What can't be looked up says so and hides nothing else."""

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import islice
from typing import Any

from lambda_replay_cli.client.service import Service
from lambda_replay_cli.errors import ApiError, ExternalError
from lambda_replay_cli.status.page_limit import ApiResponse, LimitedPages

MOST_GROUPS = 20
"""Groups of a status, at most."""
HOURS = 24
"""How far back failures are counted."""
MOST_PAGES = 10
"""Of jobs, of functions, and of failed executions, of whatever function; a page holds a hundred."""
_ATTENTION = ("regressed", "open")
_GROUPS_OF = timedelta(days=7)
_SHOWN_JOBS = frozenset({"planned", "running", "paused"})
_COUNTS = ("ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible")
_AT_ONCE = 8
# `DescribeAlarms` takes a hundred names.
_NAMES = 100


@dataclass(frozen=True, slots=True)
class _Clients:
    """Made one after the other: botocore makes no two at once."""

    sqs: Any
    cloudwatch: Any
    cloudformation: Any


def gathered(service: Service, now: datetime | None = None) -> ApiResponse:
    """Each part, or `{"unavailable": why}` in its place. Raises what went wrong when all of them did."""
    now = now or datetime.now(UTC)
    clients = _Clients(*(service.client(name) for name in ("sqs", "cloudwatch", "cloudformation")))
    parts: dict[str, Callable[[], Any]] = {
        "stats": partial(_stats, service, now),
        "groups": partial(_groups, service, now),
        "resolved": partial(_resolved, service, now),
        "jobs": partial(_jobs, service, now),
        "automatic": partial(_automatic, service),
        "queue": partial(_depth, clients, service.outputs.get("FailureQueueUrl")),
        "dlq": partial(_depth, clients, service.outputs.get("FailureQueueDlqUrl")),
        "alarms": partial(_alarms, clients, service.stack),
    }
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        asked = {name: pool.submit(look) for name, look in parts.items()}
    errors = {name: error for name, future in asked.items() if (error := future.exception()) is not None}
    if len(errors) == len(parts):
        raise errors["stats"]
    found = {
        name: {"unavailable": _words(errors[name])} if name in errors else future.result()
        for name, future in asked.items()
    }
    jobs = found["jobs"]
    # For a program they are a list, as the API gives them.
    found |= {"jobs": jobs.get("jobs", jobs), "jobs_complete": jobs.get("complete", False)}
    about = {
        "stack": service.stack,
        "region": service.region,
        "account": service.account,
        "at": now.isoformat(),
    }
    return {**about, **found}


def _words(error: BaseException) -> str:
    """Raises what is no fault of the surroundings."""
    from lambda_replay_cli.client.aws_errors import trouble

    if isinstance(error, ApiError | ExternalError):
        return str(error)
    known = trouble(error) if isinstance(error, Exception) else None
    if known is None:
        raise error
    return str(known)


def _stats(service: Service, now: datetime) -> ApiResponse:
    # The API widens a range to full hours: without this it would be one more.
    since = now.replace(minute=0, second=0, microsecond=0) - timedelta(hours=HOURS - 1)
    found: ApiResponse = service.call("GET", "/stats", query={"from": since.isoformat()})
    return found


def _groups(service: Service, now: datetime) -> list[ApiResponse]:
    """Regressed ones first, then open ones; the last active first."""
    since = (now - _GROUPS_OF).isoformat()
    found: list[ApiResponse] = []
    for status in _ATTENTION:
        query = {"status": status, "from": since, "limit": str(MOST_GROUPS)}
        found += islice(service.pages("/groups", "groups", query), MOST_GROUPS)
    return found


def _resolved(service: Service, now: datetime) -> dict[str, Any]:
    """How many groups that failed in the last day are resolved, and whether there are more."""
    query = {"status": "resolved", "from": (now - timedelta(days=1)).isoformat(), "limit": str(MOST_GROUPS)}
    page = service.call("GET", "/groups", query=query)
    return {"count": len(page["groups"]), "complete": page["cursor"] is None}


def _jobs(service: Service, now: datetime) -> ApiResponse:
    """Those that are not over, and those that ended in the last day."""
    pages, yesterday = LimitedPages(service.call, MOST_PAGES), now - timedelta(days=1)
    shown = [
        one
        for one in pages.items("/jobs", "jobs", {"limit": "100"})
        if one["status"] in _SHOWN_JOBS or _ended_since(one, yesterday)
    ]
    return {"jobs": shown, "complete": pages.complete}


def _ended_since(job: Mapping[str, Any], since: datetime) -> bool:
    return job["ended_at"] is not None and datetime.fromisoformat(job["ended_at"]) >= since


def _automatic(service: Service) -> ApiResponse:
    """Functions with a policy that is on, breakers that are not closed, and what is to be replayed when."""
    functions = LimitedPages(service.call, MOST_PAGES)
    page = list(functions.items("/functions", "functions", {"limit": "100"}))
    on = [one["function"] for one in page if one["policy"]["enabled"]]
    breakers = [
        {"function": one["function"], **one["breaker"]}
        for one in page
        if one["breaker"]["state"] != "closed" and one["policy"]["enabled"]
    ]
    failed = LimitedPages(service.call, MOST_PAGES)
    times = sorted(
        one["retry_at"]
        for function in on
        for one in failed.items(
            "/executions", "executions", {"function": function, "status": "failed", "limit": "100"}
        )
        if one["retry_at"]
    )
    return {
        "functions": on,
        "due": len(times),
        "next_at": times[0] if times else None,
        "complete": functions.complete and failed.complete,
        "breakers": breakers,
    }


def _depth(clients: _Clients, url: str | None) -> ApiResponse:
    if url is None:
        raise ExternalError("the stack has no such output; deploy it again")
    found = clients.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=list(_COUNTS))["Attributes"]
    waiting, in_flight = (int(found.get(name, 0)) for name in _COUNTS)
    return {"waiting": waiting, "in_flight": in_flight}


def _alarms(clients: _Clients, stack: str) -> list[ApiResponse]:
    resources = clients.cloudformation.get_paginator("list_stack_resources").paginate(StackName=stack)
    names = {
        one["PhysicalResourceId"]: one["LogicalResourceId"]
        for page in resources
        for one in page["StackResourceSummaries"]
        if one["ResourceType"] == "AWS::CloudWatch::Alarm"
    }
    # Without names it would be all alarms of the account.
    if not names:
        return []
    described = clients.cloudwatch.describe_alarms(AlarmNames=list(names)[:_NAMES], MaxRecords=_NAMES)
    return [
        {
            "name": names[one["AlarmName"]],
            "state": one["StateValue"],
            "since": _time(one.get("StateUpdatedTimestamp")),
            "description": one.get("AlarmDescription", ""),
        }
        for one in described["MetricAlarms"]
    ]


def _time(at: object) -> str | None:
    return at.isoformat() if isinstance(at, datetime) else None
