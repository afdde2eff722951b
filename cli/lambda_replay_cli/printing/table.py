"""A table for people, as wide as the terminal, with a summary below.

A wide terminal gets a line per record. In a narrow one that would leave no room for the title, so two things
share a column.
"""

import re
import sys
from collections import Counter
from io import TextIOWrapper

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from lambda_replay_cli.explaining.explanation import Explanation

_SHORT, _LONGEST_ID = 8, 18
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_WIDE = 130
_COLOURS = {"as_is": "green", "after_fix": "yellow", "never": "red"}


class _Console(Console):
    def on_broken_pipe(self) -> None:
        """Rich would end the process here, with a code of its own."""
        raise BrokenPipeError


class TablePrinter:
    def __init__(self) -> None:
        if isinstance(sys.stdout, TextIOWrapper):
            # An id or a title may hold what the terminal's encoding can't show.
            sys.stdout.reconfigure(errors="replace")
        self._console = _Console(highlight=False)
        self._table = _wide_table() if self._is_wide else _narrow_table()
        self._categories: Counter[str] = Counter()
        self._groups: set[str] = set()

    @property
    def _is_wide(self) -> bool:
        return self._console.width >= _WIDE

    def add(self, explanation: Explanation) -> None:
        row = _wide_row(explanation) if self._is_wide else _narrow_row(explanation)
        self._table.add_row(*row)
        found = explanation.diagnosis
        self._categories[found.category.value if found else "succeeded"] += 1
        if found:
            self._groups.add(found.fingerprint)

    def end(self, problems: int, /) -> None:
        if self._table.rows:
            self._console.print(self._table)
            self._console.print()
            self._console.print(Text(self._summary()))
        if problems:
            self._console.print(
                Text(f"{_counted(problems, 'problem')}: not understood, and not in the table")
            )

    def _summary(self) -> str:
        total = self._categories.total()
        counts = ", ".join(f"{count} {category}" for category, count in self._categories.most_common())
        return f"{_counted(total, 'record')} in {_counted(len(self._groups), 'group')}: {counts}"


def _counted(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"


def _wide_table() -> Table:
    table = Table(box=box.SIMPLE_HEAD, expand=True, show_edge=False, pad_edge=False)
    for name, width in (("id", _LONGEST_ID), ("function", 24), ("category", 20), ("verdict", 9)):
        table.add_column(name, no_wrap=True, max_width=width)
    table.add_column("title", no_wrap=True, ratio=1)
    table.add_column("rule", no_wrap=True, max_width=28)
    table.add_column("group", no_wrap=True, min_width=_SHORT)
    return table


def _narrow_table() -> Table:
    table = Table(box=box.SIMPLE_HEAD, expand=True, show_edge=False, pad_edge=False)
    table.add_column("id\ngroup", no_wrap=True, min_width=_SHORT, max_width=_LONGEST_ID)
    table.add_column("function\nverdict", no_wrap=True, max_width=16)
    table.add_column("category\nrule", no_wrap=True, max_width=20)
    table.add_column("title", ratio=1, overflow="fold")
    return table


def _wide_row(explanation: Explanation) -> tuple[Text, ...]:
    identity, function, category, verdict, title, rule, group = _cells(explanation)
    return identity, function, category, verdict, title, rule, group


def _narrow_row(explanation: Explanation) -> tuple[Text, ...]:
    identity, function, category, verdict, title, rule, group = _cells(explanation)
    return (
        Text("\n").join([identity, group]),
        Text("\n").join([function, verdict]),
        Text("\n").join([category, rule]),
        title,
    )


def _cells(explanation: Explanation) -> tuple[Text, Text, Text, Text, Text, Text, Text]:
    record, found = explanation.record, explanation.diagnosis
    identity = _plain(_short(record.request_id))
    function = _plain(record.function.name)
    if found is None:
        return identity, function, Text("succeeded", "dim"), Text(), Text(), Text(), Text()
    verdict = found.verdict.value
    return (
        identity,
        function,
        Text(found.category.value),
        Text(verdict, _COLOURS.get(verdict, "")),
        _plain(found.title),
        _plain(found.rule, "dim"),
        Text(found.fingerprint[:_SHORT], "dim"),
    )


def _short(identity: str) -> str:
    """The first part of a UUID tells it from others; an id of another kind may begin like all the rest."""
    return identity[:_SHORT] if _UUID.fullmatch(identity) else identity


def _plain(text: str, style: str = "") -> Text:
    """Without control characters: a terminal obeys them, whoever wrote them."""
    return Text("".join(letter if letter.isprintable() else " " for letter in text), style)
