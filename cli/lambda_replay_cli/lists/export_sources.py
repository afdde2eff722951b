"""What can be exported, from where, and with which filters."""

from dataclasses import dataclass
from enum import StrEnum

from lambda_replay_cli.errors import UsageError
from lambda_replay_cli.lists.columns import EXECUTIONS_WHOLE, GROUPS_WHOLE, JOBS_WHOLE
from lambda_replay_cli.output.column import Column


class ExportKind(StrEnum):
    executions = "executions"
    groups = "groups"
    jobs = "jobs"


@dataclass(frozen=True, slots=True)
class Source:
    path: str
    columns: tuple[Column, ...]
    filters: frozenset[str]


_OF_GROUPS = frozenset({"function", "category", "verdict", "status", "from", "to"})
SOURCES = {
    ExportKind.executions: Source("/executions", EXECUTIONS_WHOLE, _OF_GROUPS | {"group", "error_type"}),
    ExportKind.groups: Source("/groups", GROUPS_WHOLE, _OF_GROUPS),
    ExportKind.jobs: Source("/jobs", JOBS_WHOLE, frozenset()),
}


def checked(what: ExportKind, query: dict[str, str]) -> dict[str, str]:
    """Raises `UsageError` for a filter that these do not have: without it, too much would be exported."""
    for name in query:
        if name != "limit" and name not in SOURCES[what].filters:
            raise UsageError(f"{what} can't be filtered by --{name.replace('_', '-')}")
    return query
