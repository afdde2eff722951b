"""`lambda-replay attach` and `detach`: functions and the service, wired and unwired."""

from typing import TYPE_CHECKING, Annotated

import typer

from lambda_replay_cli.client.options import service
from lambda_replay_cli.client.stack_addresses import DestinationKind
from lambda_replay_cli.errors import NO, REFUSED, report
from lambda_replay_cli.output.column import Column
from lambda_replay_cli.output.emit import Output, OutputOption, chosen, emit
from lambda_replay_cli.output.spinner import busy

if TYPE_CHECKING:
    from lambda_replay_cli.attachments.functions import Lookup
    from lambda_replay_cli.attachments.plan import Plan
    from lambda_replay_cli.attachments.result import ApplyResult
    from lambda_replay_cli.attachments.roles import Roles

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
DrainOption = Annotated[
    str,
    typer.Option(
        "--timeout",
        metavar="SPAN",
        help="So long roles keep their policy: Lambda may use the old settings for two minutes.",
    ),
]
YesOption = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]
DryRunOption = Annotated[bool, typer.Option("--dry-run", help="Show the plan, change nothing.")]
_READING = "reading functions, about ten a second"
COLUMNS = (
    Column("function", flexible=True),
    Column("qualifier"),
    Column("change"),
    Column("before", "before.on_failure"),
    Column("after", "after.on_failure"),
    Column("alias"),
    Column("role"),
    Column("policy"),
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
    to: Annotated[
        DestinationKind, typer.Option(help="The stack's address that records are sent to.")
    ] = DestinationKind.queue,
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
            "--role/--no-role", help="Give roles that may not send there the stack's policy, or print it."
        ),
    ] = True,
    yes: YesOption = False,
    dry_run: DryRunOption = False,
    output: OutputOption = None,
) -> None:
    """Wire functions to the service: their failures arrive here from then on.

    Shows what it would change, and asks. Retries, event age and other destinations stay as they are; what was
    there before is kept in tags of the function, for detach. Ends with 1 when a function is refused.

    The alias replay stands for the version that the qualifier runs now, and does not follow it.

    \b
    lambda-replay attach orders invoices
    lambda-replay attach orders --qualifier live --confirm-success
    lambda-replay attach --tag team=checkout --dry-run
    lambda-replay attach --all --asynchronous --yes
    """
    from lambda_replay_cli.attachments.change import Attaching
    from lambda_replay_cli.attachments.plan import attaching
    from lambda_replay_cli.attachments.roles import statement
    from lambda_replay_cli.attachments.selection import Selection

    choice = Selection(functions=functions or (), tags=tag or (), everything=everything, qualifier=qualifier)
    choice.check()
    lookup, roles = _tools(ctx)
    option = Attaching(
        addresses=lookup.addresses,
        destination=lookup.addresses.address(to),
        replace_others=replace,
        confirm_success=confirm_success,
    )
    with busy(_READING):
        names = (
            [choice.with_qualifier(each) for each in lookup.allowed()] if everything else choice.named(lookup)
        )
        if asynchronous:
            from lambda_replay_cli.doctor.metrics import with_events

            called = with_events(lookup.service, [each.name for each in names])
            names = [each for each in names if each.name in called]
        plan = attaching(lookup, roles, option, names, with_roles=with_role)
    if plan.unable:
        import json

        report("add this to the roles' policies:")
        typer.echo(json.dumps(statement(lookup.addresses, option.destination), indent=2), err=True)
    done = _carry_out(plan, lookup, roles, "Attach", yes=yes, dry_run=dry_run, output=output)
    if len(done.failed) < len(plan.to_do) and not dry_run:
        report("Lambda takes up to two minutes to use it")
    _reported(plan, done, dry_run=dry_run, output=output)


def detach(
    ctx: typer.Context,
    functions: Functions = None,
    everything: Annotated[bool, typer.Option("--all", help="Every function that is attached.")] = False,
    tag: TagOption = None,
    qualifier: Annotated[
        str | None,
        typer.Option(metavar="ALIAS", help="This alias or version alone ($LATEST too).", show_default=False),
    ] = None,
    drain: DrainOption = "2m",
    keep_role: Annotated[bool, typer.Option("--keep-role", help="Leave roles their policy.")] = False,
    yes: YesOption = False,
    dry_run: DryRunOption = False,
    output: OutputOption = None,
) -> None:
    """Undo attach: what was there before is there again, on all aliases.

    Failures that have arrived stay. Roles lose the policy that attach gave them when none of their functions
    needs it any more, two minutes later: so long Lambda may use the old settings. Ctrl-C leaves it to them,
    and giving the command again takes it.

    Ends with 1 when none is attached, or one is refused: replays through the alias may be under way.

    \b
    lambda-replay detach orders
    lambda-replay detach --all --dry-run
    """
    from lambda_replay_cli.attachments.plan import attached_names, detaching
    from lambda_replay_cli.attachments.selection import Selection
    from lambda_replay_cli.time_format import span

    choice = Selection(functions=functions or (), tags=tag or (), everything=everything, qualifier=qualifier)
    choice.check()
    seconds = span(drain).total_seconds()
    lookup, roles = _tools(ctx)
    with busy(_READING):
        names = (
            [choice.with_qualifier(each) for each in attached_names(lookup, lookup.addresses)]
            if everything
            else choice.named(lookup)
        )
        plan = detaching(lookup, roles, lookup.addresses, names, with_roles=not keep_role)
    done = _carry_out(plan, lookup, roles, "Detach", yes=yes, dry_run=dry_run, output=output, drain=seconds)
    _reported(plan, done, dry_run=dry_run, output=output)


def _tools(ctx: typer.Context) -> "tuple[Lookup, Roles]":
    from lambda_replay_cli.attachments.functions import Lookup
    from lambda_replay_cli.attachments.roles import Roles
    from lambda_replay_cli.client.stack_addresses import Addresses

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
    drain: float = 0.0,
) -> "ApplyResult":
    from lambda_replay_cli.attachments.apply import PlanExecutor, carry_out
    from lambda_replay_cli.attachments.result import ApplyResult
    from lambda_replay_cli.screens.attachments import print_plan
    from lambda_replay_cli.screens.confirm import agreed

    for_people = chosen(output) is Output.table
    if for_people or not (yes or dry_run):
        print_plan(plan, lookup.addresses, beside=not for_people)
    else:
        for change in plan.not_attached:
            report(f"{change.source.name}: {change.unchanged}")
    if not plan.changes:
        report("no such functions: nothing to do")
    elif plan.is_nothing and not plan.refused and not plan.not_attached:
        report("nothing to do: it is so already")
    if dry_run:
        return ApplyResult.as_planned(plan)
    if plan.is_nothing:
        return ApplyResult()
    if not yes and not agreed(f"{verb} {_counted(plan)}?"):
        report("nothing was changed")
        raise typer.Exit(NO)
    return carry_out(plan, PlanExecutor(lookup, roles, report), drain)


def _reported(plan: "Plan", done: "ApplyResult", *, dry_run: bool, output: Output | None) -> None:
    for change, why in done.failed:
        report(f"{change.source.name}:{change.qualifier}: {why}")
    if chosen(output) is not Output.table:
        emit((done.row(each, dry_run=dry_run) for each in plan.changes), COLUMNS, output)
    if done.failed:
        raise typer.Exit(REFUSED)
    if plan.refused or (plan.is_nothing and len(plan.not_attached) == len(plan.changes)):
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
