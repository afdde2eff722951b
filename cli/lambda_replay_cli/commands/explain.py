"""`lambda-replay explain`: what went wrong, from records in a file or a pipe. Needs no AWS."""

from typing import Annotated

import typer

from lambda_replay_cli.ending import INCOMPLETE, report
from lambda_replay_cli.printing import Output, default_output, printer


def explain(
    source: Annotated[str, typer.Argument(metavar="FILE", show_default=False)],
    output: Annotated[
        Output | None,
        typer.Option(help="Default: table on a terminal, jsonl in a pipe.", show_default=False),
    ] = None,
    rules: Annotated[
        str | None,
        typer.Option(
            metavar="FILE", help="JSON file with rules of your own, tried first.", show_default=False
        ),
    ] = None,
) -> None:
    """Explain failures: category, verdict, reasons and group of each execution record.

    FILE (- for standard input) holds execution records, or only their error payloads: JSON or JSON Lines,
    also gzip, in any envelope (SQS, SNS, EventBridge, the output of `aws sqs receive-message`, dead letters).
    Payloads are not printed. Needs no AWS account.

    Ends with 0 when everything was understood, with 1 when something was not (it is named on standard error),
    with 2 when the command can't be carried out.
    """
    from lambda_replay.domain.diagnosis import DEFAULT_RULES
    from lambda_replay_cli.explaining.explanation import explained
    from lambda_replay_cli.explaining.own_rules import own_rules
    from lambda_replay_cli.reading import Problem, read_records
    from lambda_replay_cli.reading.source import STANDARD_INPUT, opened_source

    all_rules = (*own_rules(rules), *DEFAULT_RULES) if rules is not None else DEFAULT_RULES
    name = "standard input" if source == STANDARD_INPUT else source
    out = printer(output or default_output())
    records = problems = 0
    with opened_source(source) as stream:
        for read in read_records(stream):
            if isinstance(read, Problem):
                problems += 1
                report(f"{name}, {read.place}: {read.why}")
            else:
                records += 1
                out.add(explained(read, all_rules))
    out.end(problems)
    if problems:
        raise typer.Exit(INCOMPLETE)
    if not records:
        report(f"{name}: no records in it")
