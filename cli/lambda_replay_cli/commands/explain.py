"""`lambda-replay explain`: what went wrong, from records in a file or a pipe. Needs no AWS."""

from collections.abc import Iterable, Mapping
from typing import Annotated

import typer

from lambda_replay_cli.errors import INCOMPLETE, report
from lambda_replay_cli.output.emit import Output, OutputOption, chosen, emit


def explain(
    source: Annotated[str, typer.Argument(metavar="FILE", show_default=False)],
    output: OutputOption = None,
    rules: Annotated[
        str | None,
        typer.Option(
            metavar="FILE", help="JSON file with rules of your own, tried first.", show_default=False
        ),
    ] = None,
    why: Annotated[
        bool, typer.Option("--why", help="Which evidence decided, and what would change it.")
    ] = False,
) -> None:
    """Explain failures: category, verdict, reasons and group of each execution record.

    \b
    lambda-replay explain failures.jsonl.gz --output table --rules rules.json
    aws sqs receive-message --queue-url URL --message-attribute-names All | lambda-replay explain -

    FILE (- for standard input) holds execution records, or only their error payloads: JSON or JSON Lines,
    also gzip, in any envelope (SQS, SNS, EventBridge, the output of `aws sqs receive-message`, dead letters).
    Lines of a function's log, JSON log entries, what `aws logs` prints and plain traces are explained too.
    Payloads are not printed. Needs no AWS account.

    Ends with 0 when everything was understood, with 1 when something was not (it is named on standard error),
    with 2 when the command can't be carried out.
    """
    from lambda_replay.domain.diagnosis import DEFAULT_RULES
    from lambda_replay_cli.explain.explanation import rows
    from lambda_replay_cli.explain.input.source import opened_source
    from lambda_replay_cli.explain.rules_file import own_rules
    from lambda_replay_cli.explain.summary import COLUMNS, WHOLE, Summary
    from lambda_replay_cli.files import STANDARD_INPUT

    all_rules = (*own_rules(rules), *DEFAULT_RULES) if rules is not None else DEFAULT_RULES
    name = "standard input" if source == STANDARD_INPUT else source
    summary = Summary()
    with opened_source(source) as stream:
        found = rows(stream, name, all_rules, summary, why=why)
        if why and chosen(output) is Output.table:
            count = _print_blocks(found)
        else:
            count = emit(found, WHOLE if chosen(output) is Output.csv else COLUMNS, output)
    if chosen(output) is Output.table and (count or summary.problems):
        from lambda_replay_cli.output.console import console

        console().print(f"\n{summary}")
    if summary.problems:
        raise typer.Exit(INCOMPLETE)
    if not count:
        report(f"{name}: no records in it")


def _print_blocks(rows: Iterable[Mapping[str, object]]) -> int:
    """How many there were."""
    from lambda_replay_cli.explain.reasoning import lines
    from lambda_replay_cli.output.console import console, readable

    count, shown = 0, console()
    for row in rows:
        if count:
            shown.print()
        for line in lines(row):
            shown.print(readable(line), soft_wrap=True)
        count += 1
    return count
