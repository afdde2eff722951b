"""How results are printed: for people, or for programs.

A printer takes one result after the other, and is told when there are no more, and how many
problems there were: those are reported beside the output.
"""

import sys
from enum import StrEnum
from typing import Protocol

from lambda_replay_cli.explaining.explanation import Explanation


class Output(StrEnum):
    table = "table"
    json = "json"
    jsonl = "jsonl"


class Printer(Protocol):
    def add(self, explanation: Explanation) -> None: ...

    def end(self, problems: int, /) -> None: ...


def default_output() -> Output:
    """A table for a person, lines for a program."""
    return Output.table if sys.stdout.isatty() else Output.jsonl


def printer(output: Output) -> Printer:
    if output is Output.table:
        # Only a table needs rich, which takes longer to load than a small input takes to be explained.
        from lambda_replay_cli.printing.table import TablePrinter

        return TablePrinter()
    from lambda_replay_cli.printing.jsontext import ArrayPrinter, LinesPrinter

    return ArrayPrinter() if output is Output.json else LinesPrinter()
