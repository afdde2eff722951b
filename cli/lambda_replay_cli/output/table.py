"""Rows as a table that fits the terminal, each on one line."""

import sys
from collections.abc import Iterable, Sequence

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from lambda_replay_cli.output.column import Column, Row
from lambda_replay_cli.output.console import console, readable

_AT_ONCE = 500  # rows of one table: its widths are known when all of them are
_GAP = "  "
_LEAST = 6


def print_rows(rows: Iterable[Row], columns: Sequence[Column], terminal: Console | None = None) -> int:
    terminal, count = terminal or console(), 0
    width = terminal.width
    shown = [column for column in columns if column.from_width <= width]
    held: list[Row] = []

    def print_held() -> None:
        _print(terminal, held, shown)
        held.clear()
        sys.stdout.flush()

    try:
        for row in rows:
            held.append(row)
            count += 1
            if len(held) == _AT_ONCE:
                print_held()
    finally:
        # What there was before the rest could not be had is shown too: it may have been done.
        if held:
            print_held()
    return count


def _print(terminal: Console, rows: Sequence[Row], columns: list[Column]) -> None:
    cells = [[_cell(row, column) for column in columns] for row in rows]
    widths = _widths(terminal.width, cells, columns)
    _line(terminal, [Text(column.name, "bold") for column in columns], widths, columns)
    mark = "─" if terminal.encoding.startswith("utf") else "-"
    terminal.print(Text(mark * min(terminal.width, sum(widths) + len(_GAP) * (len(widths) - 1)), "dim"))
    for line in cells:
        _line(terminal, line, widths, columns)


def _line(terminal: Console, cells: list[Text], widths: list[int], columns: list[Column]) -> None:
    padded = []
    for cell, width, column in zip(cells, widths, columns, strict=True):
        cut = _cut(cell, width)
        room = " " * (width - cut.cell_len)
        padded.append(Text(room) + cut if column.right else cut + Text(room))
    line = Text(_GAP).join(padded)
    line.rstrip()
    terminal.print(line, no_wrap=True, crop=True, soft_wrap=False)


def _widths(room: int, lines: list[list[Text]], columns: list[Column]) -> list[int]:
    """As wide as the widest cell; the flexible ones share what is left, and if nothing is, all give way."""
    widths = [cell_len(column.name) for column in columns]
    for line in lines:
        widths = [max(width, cell.cell_len) for width, cell in zip(widths, line, strict=True)]
    flexible = [at for at, column in enumerate(columns) if column.flexible]
    room -= len(_GAP) * (len(columns) - 1)
    for yielding in (flexible, range(len(columns))):
        while sum(widths) > room:
            widest = max(yielding, key=lambda at: widths[at], default=None)
            if widest is None or widths[widest] <= _LEAST:
                break
            widths[widest] -= 1
    return widths


def _cell(row: Row, column: Column) -> Text:
    text = column.text(row)
    return readable(text, column.styles.get(text, column.styles.get("", "")))


def _cut(text: Text, width: int) -> Text:
    text = text.copy()
    text.truncate(width, overflow="ellipsis")
    return text
