"""Rows for people or for programs, one after the other: any number of them in the same memory.

JSON and JSON Lines hold each row as the API gives it. A table and CSV hold the columns.
CSV is made safe for spreadsheets; the others are not changed.
"""

import csv
import json
import sys
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from enum import StrEnum
from itertools import chain
from typing import Annotated

import typer

from lambda_replay_cli.output.column import Column, Row, plain
from lambda_replay_cli.output.plain import printable

_FORMULA = ("=", "+", "-", "@", "\N{MINUS SIGN}")


class Output(StrEnum):
    table = "table"
    json = "json"
    jsonl = "jsonl"
    csv = "csv"


OutputOption = Annotated[
    Output | None,
    typer.Option("--output", "-o", help="Default: table on a terminal, jsonl in a pipe.", show_default=False),
]


def chosen(output: Output | None) -> Output:
    """A table for a person, lines for a program."""
    return output or (Output.table if sys.stdout.isatty() else Output.jsonl)


def emit(rows: Iterable[Row], columns: Sequence[Column], output: Output | None = None) -> int:
    """Prints all of them; how many there were."""
    return _PRINTERS[chosen(output)](rows, columns)


def emit_one(
    row: Row, columns: Sequence[Column], output: Output | None, people: Callable[[Row], None]
) -> None:
    """One object. For a person, `people` prints it in its own way."""
    output = chosen(output)
    if output is Output.table:
        people(row)
    elif output is Output.json:
        sys.stdout.write(json.dumps(row, indent=2) + "\n")
    else:
        emit([row], columns, output)


def _lines(rows: Iterable[Row], _columns: Sequence[Column]) -> int:
    count = 0
    for row in rows:
        sys.stdout.write(json.dumps(row) + "\n")
        count += 1
    return count


def _array(rows: Iterable[Row], _columns: Sequence[Column]) -> int:
    count, before = 0, "[\n"
    for row in rows:
        sys.stdout.write(before + json.dumps(row))
        count, before = count + 1, ",\n"
    sys.stdout.write("\n]\n" if count else "[]\n")
    return count


def _csv(rows: Iterable[Row], columns: Sequence[Column]) -> int:
    writer = csv.writer(sys.stdout, lineterminator="\n")
    first = next(iterator := iter(rows), None)
    # What the rows are asked for may fail: then there is no heading either.
    writer.writerow([column.path or column.name for column in columns])
    count = 0
    for row in chain([] if first is None else [first], iterator):
        writer.writerow([in_a_cell(column.value(row)) for column in columns])
        count += 1
    return count


def in_a_cell(value: object) -> str:
    """A value as CSV holds it: control characters as spaces, and an apostrophe in front of what a spreadsheet
    would take for a formula. Numbers stay as they are."""
    text = printable(plain(value))
    # Spreadsheets also read the wide and small forms of these characters.
    starts = unicodedata.normalize("NFKC", text.lstrip()[:1]).startswith(_FORMULA)
    return f"'{text}" if isinstance(value, str) and starts else text


def _table(rows: Iterable[Row], columns: Sequence[Column]) -> int:
    # Only a table needs rich, which takes long to load.
    from lambda_replay_cli.output.table import print_rows

    return print_rows(rows, columns)


_PRINTERS: dict[Output, Callable[[Iterable[Row], Sequence[Column]], int]] = {
    Output.table: _table,
    Output.json: _array,
    Output.jsonl: _lines,
    Output.csv: _csv,
}
