"""`lambda-replay groups`: what is broken."""

from typing import Annotated

import typer

from lambda_replay.domain.groups.group import GroupStatus
from lambda_replay_cli.client.options import service
from lambda_replay_cli.errors import NO, UsageError, report
from lambda_replay_cli.lists import filters
from lambda_replay_cli.lists.columns import GROUPS, GROUPS_WHOLE
from lambda_replay_cli.output.emit import Output, OutputOption, chosen, emit


def groups(
    ctx: typer.Context,
    function: filters.FunctionOption = None,
    category: filters.CategoryOption = None,
    verdict: filters.VerdictOption = None,
    status: GroupStatus | None = None,
    owner: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Of this person: a name or an IAM ARN.", show_default=False),
    ] = None,
    mine: Annotated[bool, typer.Option("--mine", help="Of yours: --owner me.")] = False,
    since: filters.FromOption = None,
    until: filters.ToOption = None,
    limit: filters.LimitOption = 50,
    output: OutputOption = None,
) -> None:
    """List groups of failures, the last active first. A group is one cause in one function.

    \b
    lambda-replay groups --status open
    lambda-replay groups --function orders --from yesterday
    lambda-replay groups --mine

    Ends with 1 when there are none.
    """
    if mine and owner is not None:
        raise UsageError("--mine is --owner me: leave one of them out")
    query = filters.query(
        function=function,
        category=category,
        verdict=verdict,
        status=status,
        owner="me" if mine else owner,
        since=since,
        until=until,
        limit=limit,
    )
    rows = filters.first(service(ctx).pages("/groups", "groups", query), limit)
    count = emit(rows, GROUPS_WHOLE if chosen(output) is Output.csv else GROUPS, output)
    if not count:
        report("no groups match")
        raise typer.Exit(NO)
    if count == limit:
        report(f"the last active {limit}: --limit 0 lists all")
