"""`lambda-replay list`: failed executions, newest first."""

import typer

from lambda_replay.domain.executions.execution import ExecutionStatus
from lambda_replay_cli.client.options import service
from lambda_replay_cli.errors import NO, report
from lambda_replay_cli.lists import filters
from lambda_replay_cli.lists.columns import EXECUTIONS, EXECUTIONS_WHOLE
from lambda_replay_cli.output.emit import Output, OutputOption, chosen, emit


def list_executions(
    ctx: typer.Context,
    function: filters.FunctionOption = None,
    group: filters.GroupOption = None,
    category: filters.CategoryOption = None,
    verdict: filters.VerdictOption = None,
    status: ExecutionStatus | None = None,
    error_type: filters.ErrorTypeOption = None,
    since: filters.FromOption = None,
    until: filters.ToOption = None,
    limit: filters.LimitOption = 50,
    output: OutputOption = None,
) -> None:
    """List failed executions, newest first.

    \b
    lambda-replay list --status failed --from 2h
    lambda-replay list --function orders --category timeout --limit 0
    lambda-replay list --group 4f1c9a02 --status failed --limit 0 | lambda-replay replay -

    Times are local unless they name a zone. Ends with 1 when there are none.
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
        limit=limit,
    )
    found = service(ctx)
    pages = found.pages("/executions", "executions", with_whole_group(found, query))
    rows = filters.first(pages, limit)
    columns = EXECUTIONS_WHOLE if chosen(output) is Output.csv else EXECUTIONS
    count = emit(rows, columns, output)
    if not count:
        report("no executions match")
        raise typer.Exit(NO)
    if count == limit:
        report(f"the newest {limit}: --limit 0 lists all")
