"""`lambda-replay doctor`: what is wrong with the wiring, and the command that fixes it."""

import sys
from typing import Annotated

import typer

from lambda_replay_cli.client.options import service
from lambda_replay_cli.errors import NO, report
from lambda_replay_cli.output.column import Column
from lambda_replay_cli.output.emit import Output, OutputOption, chosen, emit

_COLUMNS = (Column("severity"), Column("check"), Column("subject"), Column("what"), Column("fix"))


def doctor(
    ctx: typer.Context,
    function: Annotated[
        list[str] | None,
        typer.Option(
            "--function", "-f", metavar="NAME", help="These alone, instead of all.", show_default=False
        ),
    ] = None,
    strict: Annotated[bool, typer.Option("--strict", help="End with 1 for warnings too.")] = False,
    output: OutputOption = None,
) -> None:
    """Look for failures that would be lost: functions of this region, and the stack itself.

    Each finding has a severity and the command that fixes it. Changes nothing. Reads about ten functions a
    second, for Lambda takes 15 requests a second from a whole account. What you may not look at is a finding
    too, not-checked, with the permission that is missing.

    Ends with 1 when there is an error (with --strict: a warning), for CI.

    \b
    lambda-replay doctor
    lambda-replay doctor --function orders --function invoices
    lambda-replay doctor --strict --output json
    """
    from lambda_replay_cli.client.stack_addresses import Addresses
    from lambda_replay_cli.doctor.collect import Collector
    from lambda_replay_cli.doctor.findings import Severity
    from lambda_replay_cli.doctor.run_checks import audit

    found = service(ctx)
    tell = report if sys.stderr.isatty() else _nothing
    gathering = Collector(found, Addresses.of(found), tell)
    functions, deployment = gathering.everything(function or ())
    findings = audit(functions, deployment)
    if chosen(output) is Output.table:
        from lambda_replay_cli.screens.findings import print_findings

        print_findings(findings, len(functions))
    else:
        emit((each.as_json() for each in findings), _COLUMNS, output)
    bad = {Severity.error, Severity.warning} if strict else {Severity.error}
    if any(each.severity in bad for each in findings):
        raise typer.Exit(NO)


def _nothing(_text: str) -> None:
    """Progress is for people."""
