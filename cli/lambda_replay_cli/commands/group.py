"""`lambda-replay group`: one group, and what is decided about it."""

from typing import Annotated

import typer

from lambda_replay.domain.category import Category, Verdict
from lambda_replay_cli import time_format
from lambda_replay_cli.client.options import service
from lambda_replay_cli.groups.decisions import Action, body
from lambda_replay_cli.lists.columns import GROUPS_WHOLE
from lambda_replay_cli.output.column import Row
from lambda_replay_cli.output.emit import OutputOption, emit_one


def group(
    ctx: typer.Context,
    fingerprint: Annotated[str, typer.Argument(metavar="FINGERPRINT", show_default=False)],
    action: Annotated[Action | None, typer.Argument(show_default=False)] = None,
    category: Annotated[
        Category | None, typer.Argument(help="Of classify.", metavar="[CATEGORY]", show_default=False)
    ] = None,
    verdict: Annotated[
        Verdict | None,
        typer.Argument(
            help="Of classify; else the category's usual.", metavar="[VERDICT]", show_default=False
        ),
    ] = None,
    reason: Annotated[
        str | None, typer.Option(help="Why; it stands in the group's history.", show_default=False)
    ] = None,
    text: Annotated[str | None, typer.Option(help="Of the note.", show_default=False)] = None,
    until: Annotated[
        str | None,
        typer.Option(metavar="TIME", help="Ignore until then: 2h, tomorrow, 2026-01-31.", show_default=False),
    ] = None,
    failures: Annotated[
        int | None,
        typer.Option(min=1, help="Ignore until so many more failures have come.", show_default=False),
    ] = None,
    into: Annotated[
        str | None,
        typer.Option(metavar="FINGERPRINT", help="The group that stands for both.", show_default=False),
    ] = None,
    assignee: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Of assign: a name, an IAM ARN, or me.", show_default=False),
    ] = None,
    url: Annotated[
        str | None, typer.Option(metavar="URL", help="Of the ticket: https.", show_default=False)
    ] = None,
    output: OutputOption = None,
) -> None:
    """Show a group and why its failures belong together, or decide about it.

    \b
    lambda-replay group 4f1c9a02
    lambda-replay group 4f1c9a02 resolve --reason "fixed in v8"
    lambda-replay group 4f1c9a02 ignore --reason "partner is down" --until 2h
    lambda-replay group 4f1c9a02 ignore --reason rare --failures 100
    lambda-replay group 4f1c9a02 reopen
    lambda-replay group 4f1c9a02 note --text "see the ticket"
    lambda-replay group 4f1c9a02 merge --into 77aa01c2
    lambda-replay group 4f1c9a02 unmerge
    lambda-replay group 4f1c9a02 classify transient_dependency as_is --reason "the partner restarts"
    lambda-replay group 4f1c9a02 unclassify
    lambda-replay group 4f1c9a02 ack
    lambda-replay group 4f1c9a02 assign --assignee ann
    lambda-replay group 4f1c9a02 ticket --url https://tracker.example/PAY-12

    A failure after resolve makes the group regressed. Merging moves nothing: unmerge gives back what each
    counted. classify makes a rule of your own for this group, unclassify takes it back. ack says that you
    look after it, until it regresses; unack, unassign and unticket take back. The beginning of a fingerprint
    is enough where no other begins so. Ends with 1 when there is no such group.
    """
    from lambda_replay_cli.client.connection import segment
    from lambda_replay_cli.groups.fingerprint_prefix import fingerprint as whole

    later = None if until is None else time_format.query(until, ahead=True)
    given = {
        "reason": reason,
        "text": text,
        "until": later,
        "failures": failures,
        "into": into,
        "category": category,
        "verdict": verdict,
        "assignee": assignee,
        "url": url,
    }
    request = body(action, given)
    found = service(ctx)
    path = f"/groups/{segment(whole(found, fingerprint))}"
    if into is not None:
        request["into"] = whole(found, into)
    if action is None:
        emit_one(found.call("GET", path), GROUPS_WHOLE, output, _people)
    else:
        decided = found.call("POST", f"{path}/{action.route}", body=request)
        emit_one(decided, GROUPS_WHOLE, output, _decided)


def _people(row: Row) -> None:
    from lambda_replay_cli.screens.group import print_group

    print_group(row)


def _decided(row: Row) -> None:
    from lambda_replay_cli.lists.columns import GROUPS
    from lambda_replay_cli.output.table import print_rows

    print_rows([row], GROUPS)
