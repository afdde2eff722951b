"""`lambda-replay export`: all executions, groups or jobs, for other programs."""

from enum import StrEnum
from typing import Annotated

import typer

from lambda_replay_cli.client.options import service
from lambda_replay_cli.errors import NO, report
from lambda_replay_cli.lists import filters
from lambda_replay_cli.lists.export_sources import SOURCES, ExportKind, checked
from lambda_replay_cli.output.emit import Output, emit


class _Format(StrEnum):
    jsonl = "jsonl"
    csv = "csv"
    json = "json"


def export(
    ctx: typer.Context,
    what: Annotated[ExportKind, typer.Argument(show_default=False)],
    function: filters.FunctionOption = None,
    group: filters.GroupOption = None,
    category: filters.CategoryOption = None,
    verdict: filters.VerdictOption = None,
    status: Annotated[
        str | None, typer.Option(metavar="STATUS", help="As of list, or of groups.", show_default=False)
    ] = None,
    error_type: filters.ErrorTypeOption = None,
    since: filters.FromOption = None,
    until: filters.ToOption = None,
    output: Annotated[_Format, typer.Option("--output", "-o")] = _Format.jsonl,
) -> None:
    """Export executions, groups or jobs: all that match, as they come, in the same memory for any number.

    \b
    lambda-replay export executions > executions.jsonl
    lambda-replay export executions --from 7d --output csv > week.csv
    lambda-replay export groups --status open --output csv
    lambda-replay export jobs

    Payloads are not in it: see payload and pull. Ends with 1 when there is nothing.
    """
    from lambda_replay_cli.groups.fingerprint_prefix import with_whole_group

    query = filters.query(
        function=function,
        group=group,
        category=category,
        verdict=verdict,
        status=status,
        error_type=error_type,
        since=since,
        until=until,
    )
    source, wanted = SOURCES[what], checked(what, query)
    found = service(ctx)
    rows = found.pages(source.path, what.value, with_whole_group(found, wanted))
    count = emit(rows, source.columns, Output(output.value))
    if not count:
        report(f"no {what} match")
        raise typer.Exit(NO)
