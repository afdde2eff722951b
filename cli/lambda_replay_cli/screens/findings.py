"""Findings of an audit, for people: what is wrong, and the command to copy below it."""

from collections import Counter
from collections.abc import Sequence

from rich.text import Text

from lambda_replay_cli.doctor.findings import Finding, Severity
from lambda_replay_cli.output.console import console, hanging, readable

_STYLES = {Severity.error: "bold red", Severity.warning: "yellow", Severity.info: "cyan"}


def print_findings(findings: Sequence[Finding], functions: int) -> None:
    to = console()
    for each in findings:
        severity = Text(each.severity.value, _STYLES[each.severity])
        what = Text.assemble(readable(each.subject, "bold"), ": ", readable(each.what))
        to.print(hanging([(severity, what)], width=8))
        # In one piece, however long: it is there to be copied.
        to.print(Text.assemble(" " * 8, readable(each.fix, "dim")), soft_wrap=True)
    if findings:
        to.print()
    counts = Counter(each.severity for each in findings)
    said = ", ".join(_counted(counts[each], _WORDS[each]) for each in Severity if counts[each])
    looked = _counted(functions, "function")
    to.print(f"{looked} and the stack looked at: {said or 'nothing is wrong'}", style="bold")


_WORDS = {Severity.error: "error", Severity.warning: "warning", Severity.info: "note"}


def _counted(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"
