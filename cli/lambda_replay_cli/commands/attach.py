"""`lambda-replay attach` and `detach`: functions and the service, wired and unwired."""

from typing import TYPE_CHECKING, Annotated

import typer

from lambda_replay_cli.ending import NO, REFUSED, report
from lambda_replay_cli.printing.output import Column, Output, OutputOption, chosen, emit
from lambda_replay_cli.service.options import service
from lambda_replay_cli.wiring.addresses import Way

if TYPE_CHECKING:
    from lambda_replay_cli.wiring.lookup import Lookup
    from lambda_replay_cli.wiring.roles import Roles
    from lambda_replay_cli.wiring.whole import Plan

Functions = Annotated[
    list[str] | None,
    typer.Argument(metavar="FUNCTION", help="Names, NAME:ALIAS, or ARNs.", show_default=False),
]
TagOption = Annotated[
    list[str] | None,
    typer.Option(
        "--tag", metavar="KEY=VALUE", help="All functions with this tag. Again: and.", show_default=False
    ),
]
QualifierOption = Annotated[
    str | None, typer.Option(metavar="ALIAS", help="Alias or version, not $LATEST.", show_default=False)
]
YesOption = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]
DryRunOption = Annotated[bool, typer.Option("--dry-run", help="Show the plan, change nothing.")]
COLUMNS = (
    Column("function", flexible=True),
    Column("qualifier"),
    Column("change"),
    Column("before", "before.on_failure"),
    Column("after", "after.on_failure"),
    Column("role"),
    Column("refusal"),
    Column("error"),
)


def attach(
    ctx: typer.Context,
    functions: Functions = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Every function that ReplayableFunctions names.")
    ] = False,
    asynchronous: Annotated[
        bool,
        typer.Option(
            "--asynchronous", help="With --all: those that had asynchronous events in the last 14 days."
        ),
    ] = False,
    tag: TagOption = None,
    qualifier: QualifierOption = None,
    to: Annotated[Way, typer.Option(help="The stack's address that records are sent to.")] = Way.queue,
    confirm_success: Annotated[
        bool,
        typer.Option(
            "--confirm-success",
            help="Make an alias named replay, which sends successes too: replays through it are confirmed.",
        ),
    ] = False,
    replace: Annotated[
        bool, typer.Option("--replace", help="Take the place of another destination.")
    ] = False,
    with_role: Annotated[
        bool,
        typer.Option(
            "--role/--no-role", help="Give roles that may not send the stack's SourcePolicy, or print it."
        ),
    ] = True,
    yes: YesOption = False,
    dry_run: DryRunOption = False,
    output: OutputOption = None,
) -> None:
    """Wire functions to the service: their failures arrive here from then on.

    Shows what it would change, and asks. Retries, event age and other destinations stay as they are; what was
    there before is kept in tags of the function, for detach. Ends with 1 when a function is refused.

    \b
    lambda-replay attach orders invoices
    lambda-replay attach orders --qualifier live --confirm-success
    lambda-replay attach --tag team=checkout --dry-run
    lambda-replay attach --all --asynchronous --yes
    """
    from lambda_replay_cli.jobs.confirming import require_somebody
    from lambda_replay_cli.wiring.choosing import Choice
    from lambda_replay_cli.wiring.plan import Attaching
    from lambda_replay_cli.wiring.roles import statement
    from lambda_replay_cli.wiring.whole import attaching

    choice = Choice(functions=functions or (), tags=tag or (), everything=everything, qualifier=qualifier)
    choice.check()
    if not (yes or dry_run):
        require_somebody()
    lookup, roles = _tools(ctx)
    wish = Attaching(
        addresses=lookup.addresses,
        destination=lookup.addresses.address(to),
        replace_others=replace,
        confirm_success=confirm_success,
    )
    names = [choice.with_qualifier(each) for each in lookup.allowed()] if everything else choice.named(lookup)
    if asynchronous:
        from lambda_replay_cli.auditing.metrics import with_events

        busy = with_events(lookup.service, [each.name for each in names])
        names = [each for each in names if each.name in busy]
    plan = attaching(lookup, roles, wish, names, with_roles=with_role)
    if plan.unable:
        import json

        report("add this to the roles' policies:")
        typer.echo(json.dumps(statement(wish.destination), indent=2), err=True)
    _carry_out(plan, lookup, roles, "Attach", yes=yes, dry_run=dry_run, output=output)


def detach(
    ctx: typer.Context,
    functions: Functions = None,
    everything: Annotated[bool, typer.Option("--all", help="Every function that is attached.")] = False,
    tag: TagOption = None,
    qualifier: Annotated[
        str | None,
        typer.Option(metavar="ALIAS", help="This alias or version alone ($LATEST too).", show_default=False),
    ] = None,
    keep_role: Annotated[bool, typer.Option("--keep-role", help="Leave roles their policy.")] = False,
    yes: YesOption = False,
    dry_run: DryRunOption = False,
    output: OutputOption = None,
) -> None:
    """Undo attach: what was there before is there again, on all aliases.

    Failures that have arrived stay. Roles lose the policy that attach gave them when none of their functions
    needs it any more.

    \b
    lambda-replay detach orders
    lambda-replay detach --all --dry-run
    """
    from lambda_replay_cli.jobs.confirming import require_somebody
    from lambda_replay_cli.wiring.choosing import Choice
    from lambda_replay_cli.wiring.whole import attached_names, detaching

    choice = Choice(functions=functions or (), tags=tag or (), everything=everything, qualifier=qualifier)
    choice.check()
    if not (yes or dry_run):
        require_somebody()
    lookup, roles = _tools(ctx)
    names = (
        [choice.with_qualifier(each) for each in attached_names(lookup, lookup.addresses)]
        if everything
        else choice.named(lookup)
    )
    plan = detaching(lookup, roles, lookup.addresses, names, with_roles=not keep_role)
    _carry_out(plan, lookup, roles, "Detach", yes=yes, dry_run=dry_run, output=output)


def _tools(ctx: typer.Context) -> "tuple[Lookup, Roles]":
    from lambda_replay_cli.wiring.addresses import Addresses
    from lambda_replay_cli.wiring.lookup import Lookup
    from lambda_replay_cli.wiring.roles import Roles

    found = service(ctx)
    addresses = Addresses.of(found)
    return Lookup(found, addresses), Roles(found, addresses)


def _carry_out(
    plan: "Plan",
    lookup: "Lookup",
    roles: "Roles",
    verb: str,
    *,
    yes: bool,
    dry_run: bool,
    output: Output | None,
) -> None:
    from lambda_replay_cli.printing.wiring import print_plan
    from lambda_replay_cli.wiring.carry_out import Hands
    from lambda_replay_cli.wiring.whole import Done, carry_out

    for_people = chosen(output) is Output.table
    if for_people or not (yes or dry_run):
        print_plan(plan, lookup.addresses.output("SourcePolicyArn"), beside=not for_people)
    if not plan.changes:
        report("no such functions: nothing to do")
    elif plan.is_nothing and not plan.refused:
        report("nothing to do: it is so already")
    done = Done()
    if not (dry_run or plan.is_nothing):
        if not yes and not typer.confirm(f"{verb} {_counted(plan)}?", err=True):
            report("nothing was changed")
            raise typer.Exit(NO)
        done = carry_out(plan, Hands(lookup, roles, report))
    errors = {id(change): why for change, why in done.failed}
    for change, why in done.failed:
        report(f"{change.source.name}:{change.qualifier}: {why}")
    if not for_people:
        granted = dict.fromkeys(plan.grant, "given") | dict.fromkeys(plan.revoke, "taken")
        rows = (
            {**each.as_json(), "policy": granted.get(each.source.role), "error": errors.get(id(each))}
            for each in plan.changes
        )
        emit(rows, COLUMNS, output)
    if done.failed:
        raise typer.Exit(REFUSED)
    if plan.refused or not plan.changes:
        raise typer.Exit(NO)


def _counted(plan: "Plan") -> str:
    count = len({change.source.name for change in plan.to_do})
    roles = len(plan.grant) + len(plan.revoke)
    parts = [
        f"{number} {what}{'' if number == 1 else 's'}"
        for number, what in ((count, "function"), (roles, "role"))
        if number
    ]
    return " and ".join(parts)
