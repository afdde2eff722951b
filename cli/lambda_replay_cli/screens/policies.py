"""Policies on a terminal."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from lambda_replay_cli import time_format
from lambda_replay_cli.jobs.wording import counted
from lambda_replay_cli.output.column import Column
from lambda_replay_cli.output.console import console, readable
from lambda_replay_cli.output.table import print_rows
from lambda_replay_cli.screens.execution import heading

_ORIGINS = {
    "own": "its own",
    "stack": "the stack's: AutomaticReplayCategories",
    "none": "none: neither the function nor the stack has one",
}
_BREAKER_STYLES = {"closed": "green", "open": "red", "trial": "yellow"}


def standing_screen(standing: Mapping[str, Any]) -> RenderableType:
    policy = standing["policy"]
    head = Text.assemble(
        readable(standing["function"], "bold"),
        "  automatic replays ",
        ("on", "green") if is_on(policy) else ("off", "yellow"),
    )
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="dim", no_wrap=True)
    grid.add_column(overflow="fold")
    for name, value in _facts(standing).items():
        if value:
            style = _BREAKER_STYLES[standing["breaker"]["state"]] if name == "breaker" else ""
            grid.add_row(name, readable(value, style, lines=True))
    return Group(head, grid)


_HISTORY = (
    Column("version", right=True),
    Column("when", "at", shown=time_format.shown),
    Column("by", shown=lambda by: str(by).rpartition("/")[2]),
    Column("what", flexible=True),
    Column("reason", flexible=True),
)


def print_history(versions: Sequence[Mapping[str, Any]]) -> None:
    """The newest first; nothing where there are none."""
    if versions:
        heading(console(), "history")
        print_rows([{**one, "what": version_words(one)} for one in versions], _HISTORY, console())


def version_words(version: Mapping[str, Any]) -> str:
    if version["removed"]:
        return "taken back"
    if not is_on(version):
        return "off"
    exceptions = len(version["by_category"]) + len(version["by_group"])
    parts = [
        ", ".join(version["categories"]),
        f"{exceptions} {'exception' if exceptions == 1 else 'exceptions'}" if exceptions else "",
        counted(version["attempts"], "attempt"),
        f"{version['rate']:g} per second",
    ]
    return "; ".join(part for part in parts if part)


def is_on(policy: Mapping[str, Any]) -> bool:
    exceptions = (*policy["by_category"].values(), *policy["by_group"].values())
    return policy["enabled"] and bool(policy["categories"] or any(one is not None for one in exceptions))


def rule_words(rule: Mapping[str, Any]) -> str:
    waits = f"first wait up to {time_format.length(rule['base_seconds'])}, doubled up to "
    parts = [
        f"at most {counted(rule['attempts'], 'attempt')}",
        waits + time_format.length(rule["cap_seconds"]),
        f"nothing older than {time_format.length(rule['max_age_seconds'])}",
        "idempotent" if rule["idempotent"] else "",
        "anyone who sent the record" if rule["unverified_origin"] else "",
        f"through {rule['qualifier']}" if rule["qualifier"] else "",
        f"for tenant {rule['tenant']}" if rule.get("tenant") else "",
    ]
    return ", ".join(part for part in parts if part)


def trial_summary(verdicts: Sequence[Mapping[str, Any]]) -> RenderableType:
    """Below the rows: how many, and why not the others."""
    would = sum(one["would_replay"] for one in verdicts)
    why = Counter(str(one["why"]) for one in verdicts if not one["would_replay"])
    lines: list[RenderableType] = [
        Text(f"{would} of {counted(len(verdicts), 'recent failure')} would be replayed", "bold")
    ]
    lines += [readable(f"{count} not: {reason}", "dim") for reason, count in why.most_common()]
    return Group(*lines)


def _facts(standing: Mapping[str, Any]) -> dict[str, str]:
    policy, breaker, automatic = standing["policy"], standing["breaker"], standing["automatic"]
    exceptions = {**policy["by_category"], **{k[:8]: v for k, v in policy["by_group"].items()}}
    outcomes = {name: n for name, n in automatic.items() if isinstance(n, int) and n}
    outcomes |= {f"rejected: {reason}": count for reason, count in automatic["rejected"].items()}
    changed = f"{time_format.shown(policy['at'])} by {policy['by']}" if policy["at"] else ""
    reason = f": {policy['reason']}" if policy["reason"] else ""
    return {
        "policy": _ORIGINS[policy["origin"]],
        "categories": ", ".join(policy["categories"]),
        "rule": rule_words(policy) if policy["enabled"] else "",
        "except": "\n".join(
            f"{name}: {'never' if rule is None else rule_words(rule)}" for name, rule in exceptions.items()
        ),
        "rate": f"{policy['rate']:g} per second at most" if policy["enabled"] else "",
        "changed": f"{changed}{reason}, version {policy['version']}" if changed else "",
        "breaker": _breaker(breaker),
        "so far": _outcomes(outcomes),
        "in a browser": f"lambda-replay console --open functions/{standing['function']}",
    }


def _breaker(breaker: Mapping[str, Any]) -> str:
    parts = [
        breaker["state"],
        f"since {time_format.shown(breaker['since'])}" if breaker["since"] else "",
        f"tries again {time_format.shown(breaker['retry_at'])}" if breaker["retry_at"] else "",
        f"trial: {breaker['trial']}" if breaker["trial"] else "",
    ]
    text = ", ".join(part for part in parts if part)
    return f"{text} ({breaker['reason']})" if breaker["reason"] else text


def _outcomes(outcomes: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in outcomes.items())
