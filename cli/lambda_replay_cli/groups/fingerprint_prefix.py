"""Executions, groups and jobs by the beginning of their ids, as screens show them and people type them."""

import re
from collections.abc import Iterable, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any

from lambda_replay.domain.close_names import did_you_mean, near
from lambda_replay_cli.errors import NO, ExternalError, UsageError

if TYPE_CHECKING:
    from lambda_replay_cli.client.service import Service

_FEWEST = 4
# Of a UUID in full there are 36 characters, of a fingerprint 32, of a job's digits 20.
_OF_EXECUTION = re.compile(rf"[0-9a-f]{{{_FEWEST},8}}|[0-9a-f]{{8}}-[0-9a-f-]{{0,27}}")
_OF_GROUP = re.compile(rf"[0-9a-f]{{{_FEWEST},64}}")
_OF_JOB = re.compile(rf"(job-)?[0-9a-f]{{{_FEWEST},19}}")
_WHOLE_GROUP, _WHOLE_UUID = 32, 36
_NEWEST = 5000
"""So many executions are looked through: the table finds them by their whole ids alone."""
_NAMED = 5


def execution_id(service: "Service", text: str) -> str:
    """As `execution_ids`, for one."""
    return execution_ids(service, [text])[0]


def execution_ids(service: "Service", texts: Sequence[str]) -> list[str]:
    """Whole ids, each once, in this order. What can't be the beginning of a UUID is left to the API. Raises
    `ExternalError` where none of the newest executions begins so, and `UsageError` where several do."""
    given = [text.lower() if _is_uuid(text.lower()) else text for text in texts]
    parts = {text for text in given if len(text) < _WHOLE_UUID and _is_uuid(text)}
    found: dict[str, set[str]] = {part: set() for part in parts}
    if parts:
        for row in islice(service.pages("/executions", "executions", {"limit": "100"}), _NEWEST):
            for part in parts:
                if row["id"].startswith(part):
                    found[part].add(row["id"])
    none = f"none of the newest {_NEWEST} executions has an id that begins with"
    whole = {
        part: _only(part, ids, none, "lambda-replay list, or give the whole id")
        for part, ids in found.items()
    }
    return list(dict.fromkeys(whole.get(text, text) for text in given))


def fingerprint(service: "Service", text: str) -> str:
    """The group's that begins so. Raises `UsageError` for what is no fingerprint, otherwise as
    `execution_ids`."""
    text = text.lower()
    if not _OF_GROUP.fullmatch(text):
        raise UsageError(
            f"{text[:80]!r} is no group: name one by {_FEWEST} or more hex digits, as lambda-replay groups "
            "shows them"
        )
    if len(text) >= _WHOLE_GROUP:
        return text
    groups = service.pages("/groups", "groups", {"limit": "100"})
    known = [each["fingerprint"] for group in groups for each in (group, *group["members"])]
    meant = did_you_mean(near(text, (each[: len(text)] for each in known)))
    none = "no group has a fingerprint that begins with"
    return _only(text, _beginning(text, known), none, "lambda-replay groups", meant)


def job_id(service: "Service", text: str) -> str:
    """The job's that begins so, with or without `job-`. What can't be the beginning of one is left to the
    API. Raises as `execution_ids`."""
    given = text.lower()
    if not _OF_JOB.fullmatch(given):
        return text
    part = f"job-{given.removeprefix('job-')}"
    found = _beginning(part, (job["id"] for job in service.pages("/jobs", "jobs", {"limit": "100"})))
    return _only(part, found, "no job has an id that begins with", "lambda-replay job list")


def with_whole_group[T: (dict[str, str], dict[str, Any])](service: "Service", wanted: T) -> T:
    """A filter whose group, if it names one, is a whole fingerprint. Raises as `fingerprint` does."""
    if "group" in wanted:
        wanted["group"] = fingerprint(service, wanted["group"])
    return wanted


def with_whole_ids(service: "Service", request: dict[str, Any]) -> None:
    """Completes a job's request: its filter's groups, or its executions. Raises as the others do."""
    wanted = with_whole_group(service, request.get("filter", {}))
    if "groups" in wanted:
        wanted["groups"] = [fingerprint(service, one) for one in wanted["groups"]]
    if "ids" in request:
        request["ids"] = execution_ids(service, request["ids"])


def _is_uuid(text: str) -> bool:
    """Or the beginning of one."""
    return _OF_EXECUTION.fullmatch(text) is not None


def _beginning(part: str, ids: Iterable[str]) -> set[str]:
    return {each for each in ids if each.startswith(part)}


def _only(part: str, found: set[str], none: str, see: str, meant: str = "") -> str:
    """`meant` is said instead of where to `see`."""
    if not found:
        raise ExternalError(f"{none} {part}{meant or f': see {see}'}", NO)
    if part in found:
        return part
    if len(found) > 1:
        named = ", ".join(sorted(found)[:_NAMED])
        raise UsageError(f"{len(found)} begin with {part}: {named}. Give more of it.")
    return min(found)
