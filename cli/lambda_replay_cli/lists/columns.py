"""The columns of executions, groups, jobs and replays."""

import re
from collections.abc import Mapping
from typing import Any

from lambda_replay_cli import time_format
from lambda_replay_cli.output.column import Column

STATUS = {
    "failed": "red",
    "replaying": "cyan",
    "recovered": "green",
    "unconfirmed": "yellow",
    "ignored": "dim",
    "open": "red",
    "regressed": "bold red",
    "resolved": "green",
    "succeeded": "green",
    "accepted": "cyan",
    "claimed": "cyan",
    "rejected": "red",
    "refused": "red",
    "uncertain": "yellow",
    "planned": "cyan",
    "running": "cyan",
    "completed": "green",
    "halted": "red",
    "paused": "yellow",
    "cancelled": "yellow",
}
VERDICT = {"as_is": "green", "after_fix": "yellow", "never": "red"}
_WIDE, _WIDER = 120, 150
# Where a terminal is narrower, what is not needed to tell rows apart gives way.
_NARROW = 80
_LONG_ID = re.compile(
    r"[0-9a-f]{8}(?=(-[0-9a-f]{4}){3}-[0-9a-f]{12}$|[0-9a-f]{24}$)|job-[0-9a-f]{8}(?=[0-9a-f]{12}$)"
)


def function_name(arn: object) -> str:
    """With its qualifier, without what all functions of an account share."""
    return str(arn or "").partition(":function:")[2] or str(arn or "")


def short_id(value: object) -> str:
    """The beginning of a UUID, a fingerprint or a job's id, which every command takes; others are whole."""
    text = str(value or "")
    match = _LONG_ID.match(text)
    return match[0] if match else text


EXECUTIONS = (
    Column("id", shown=short_id),
    Column("failed", "failed_at", shown=time_format.ago, right=True),
    Column("status", styles=STATUS),
    Column("category", "failure.category", from_width=_NARROW),
    Column("verdict", "failure.verdict", styles=VERDICT, from_width=_WIDE),
    Column("function", flexible=True),
    Column("title", "failure.title", flexible=True, from_width=_NARROW),
    Column("replays", "replay_count", right=True, from_width=_WIDE),
    Column("group", "failure.group", shown=short_id, styles={"": "dim"}, from_width=_WIDER),
)


def _others(contests: Any) -> str:
    """The ids of the executions that contradict this one."""
    return " ".join(one["other"] for one in contests)


# What a file of them holds beside: `export`.
EXECUTIONS_WHOLE = (
    Column("id"),
    Column("failed_at"),
    Column("status"),
    Column("function"),
    Column("function_arn"),
    *(Column(f"failure.{name}") for name in ("category", "verdict", "error_type", "title", "group", "rule")),
    Column("failure.condition"),
    Column("failure.executed_version"),
    Column("replay_count"),
    Column("unreplayable"),
    Column("origin"),
    Column("contested", shown=_others),
    Column("probable_run_of.execution_id"),
    Column("poisoned"),
    Column("retry_at"),
    Column("channel"),
    Column("payload.size"),
    Column("payload.sha256"),
    Column("stored_at"),
    Column("expires_at"),
)


def person(arn: Any) -> str:
    """The name of a user or of a session; a name stays as it is."""
    text = str(arn or "")
    return text.rpartition("/")[2] if text.startswith("arn:") else text


GROUPS = (
    Column("group", "fingerprint", shown=short_id),
    Column("status", styles=STATUS),
    Column("count", right=True),
    Column("last", "last_seen", shown=time_format.ago, right=True),
    Column("category", from_width=_NARROW),
    Column("verdict", styles=VERDICT, from_width=_WIDE),
    Column("owner", "ownership.owner", shown=person, from_width=_WIDE),
    Column("function", flexible=True),
    Column("title", flexible=True, from_width=_NARROW),
)
GROUPS_WHOLE = (
    *(
        Column(name)
        for name in ("fingerprint", "status", "count", "function", "category", "verdict", "title")
    ),
    *(Column(name) for name in ("first_seen", "last_seen", "merged_into", "alert", "functions")),
    *(Column(f"decision.{name}") for name in ("verb", "at", "by", "reason", "until")),
    *(
        Column(f"ownership.{name}")
        for name in ("owner", "acknowledged_by", "acknowledged_at", "assignee", "ticket")
    ),
)


def _sum(counts: object) -> str:
    """Of counts by reason."""
    return str(sum(counts.values())) if isinstance(counts, Mapping) else ""


JOBS = (
    Column("id", shown=short_id),
    Column("name", flexible=True),
    Column("status", styles=STATUS),
    Column("created", "created_at", shown=time_format.ago, right=True, from_width=80),
    Column("selected", "counts.selected", right=True, from_width=96),
    Column("issued", "counts.issued", right=True),
    Column("recovered", "counts.succeeded", right=True, styles={"0": "dim"}),
    Column("failed", "counts.failed_again", right=True, styles={"0": "dim", "": "red"}),
    Column(
        "rejected", "counts.rejected", shown=_sum, right=True, styles={"0": "dim", "": "red"}, from_width=80
    ),
    Column("pending", "counts.pending", right=True, styles={"0": "dim"}, from_width=120),
    Column("left", "counts.remaining", right=True, styles={"0": "dim"}, from_width=96),
    Column("by", flexible=True, from_width=150),
)
JOBS_WHOLE = (
    *(Column(name) for name in ("id", "name", "status", "by", "reason")),
    *(Column(name) for name in ("created_at", "started_at", "ended_at")),
    *(
        Column(f"counts.{name}")
        for name in (
            "selected", "issued", "succeeded", "failed_again", "failed_same", "failed_new", "unconfirmed",
            "uncertain", "pending", "rejected", "skipped", "remaining",
        )
    ),
    *(Column(name) for name in ("mode", "skip_never", "rate", "qualifier", "tenant", "patch")),
    *(Column(name) for name in ("summary", "message")),
)  # fmt: skip
REPLAYS = (
    Column("id", shown=short_id),
    Column("replay", "number", right=True),
    Column("status", styles=STATUS),
    Column("run", "request_id", shown=short_id, from_width=_WIDE),
    Column("target", shown=function_name, flexible=True),
    Column("message", flexible=True),
)
PREVIEWS = (
    Column("id", "execution.id", shown=short_id),
    Column("would replay", "would_replay", styles={"yes": "green", "no": "red"}),
    Column("refusal"),
    Column("target", shown=function_name, flexible=True),
    Column("changes", flexible=True),
)
