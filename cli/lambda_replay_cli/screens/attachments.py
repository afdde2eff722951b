"""A plan of attaching or detaching, for people."""

from collections.abc import Iterator

from rich.text import Text

from lambda_replay_cli.attachments.change import Change
from lambda_replay_cli.attachments.invoke_config import InvokeConfig
from lambda_replay_cli.attachments.plan import Plan
from lambda_replay_cli.attachments.roles import role_name, statement
from lambda_replay_cli.client.stack_addresses import EVERY_WAY, Addresses, short
from lambda_replay_cli.output.console import console, hanging, readable

_WIDTH = 14


def print_plan(plan: Plan, addresses: Addresses, *, beside: bool = False) -> None:
    """`beside` is the standard error."""
    to = console(error=beside)
    for change in plan.changes:
        to.print(readable(f"{change.source.name}:{change.qualifier}", "bold"))
        to.print(hanging(((_name(name), text) for name, text in _change(change)), width=_WIDTH))
        to.print()
    for sign, roles, style in (("+", plan.grant, "green"), ("-", plan.revoke, "red")):
        for role in roles:
            to.print(Text.assemble((f"{sign} ", style), "role ", readable(role_name(role), "bold")))
    if plan.grant or plan.revoke:
        to.print(hanging([*_policies(plan, addresses), *_allows(plan, addresses)], width=_WIDTH))
        to.print()


def _policies(plan: Plan, addresses: Addresses) -> Iterator[tuple[Text, Text]]:
    """Those that roles get or lose, each once."""
    lost = [output for outputs in plan.revoke.values() for output in outputs]
    got = [addresses.source_policy(plan.destination)] if plan.grant and plan.destination else []
    for output in dict.fromkeys([*got, *lost]):
        yield _name("policy"), readable(addresses.output(output).rsplit("/", 1)[-1])


def _allows(plan: Plan, addresses: Addresses) -> Iterator[tuple[Text, Text]]:
    """What the roles get, once for all of them."""
    if not plan.grant or plan.destination is None:
        return
    for each in statement(addresses, plan.destination)["Statement"]:
        yield _name("allows"), readable(f"{', '.join(each['Action'])} on {each['Resource']}", "green")
    if addresses.source_policy(plan.destination) == EVERY_WAY:
        yield _name(""), Text("and the same for the stack's other addresses", "dim")


def _change(change: Change) -> Iterator[tuple[str, Text]]:
    if change.refusal:
        yield "refused", readable(change.refusal, "red")
        return
    if change.is_nothing:
        yield "unchanged", Text(change.unchanged)
    else:
        if change.makes_alias:
            yield "alias", readable(f"made, for version {change.alias_version}", "green")
        if change.removes_alias:
            yield "alias", Text("removed", "red")
        yield from _config(change.before, change.after)
    for note in change.notes:
        yield "mind", readable(note, "yellow")


def _config(before: InvokeConfig, after: InvokeConfig) -> Iterator[tuple[str, Text]]:
    rows = (
        ("on failure", short(before.failure), short(after.failure)),
        ("on success", short(before.success), short(after.success)),
        ("retries", _number(before.retries, ""), _number(after.retries, "")),
        ("event age", _number(before.age, " s"), _number(after.age, " s")),
    )
    for name, old, new in rows:
        if old == new:
            yield name, readable(f"{old} (stays)", "dim")
        else:
            yield name, Text.assemble(readable(old, "red"), " -> ", readable(new, "green"))


def _number(value: int | None, unit: str) -> str:
    return "default" if value is None else f"{value}{unit}"


def _name(name: str) -> Text:
    return Text(f"  {name}")
