"""The terminal, as wide as it is, without colour where it is no terminal or `NO_COLOR` asks for none."""

import sys
from collections.abc import Iterable
from io import TextIOWrapper

from rich.console import Console
from rich.table import Table
from rich.text import Text

from lambda_replay_cli.output.plain import printable


class _Console(Console):
    def on_broken_pipe(self) -> None:
        """Rich would end the process here, with a code of its own."""
        raise BrokenPipeError


def console(*, error: bool = False) -> Console:
    """On standard output, or beside it. Nothing printed is taken for markup, an address or a number."""
    if isinstance(sys.stdout, TextIOWrapper):
        # An id or a title may hold what the terminal's encoding can't show.
        sys.stdout.reconfigure(errors="replace")
    return _Console(highlight=False, markup=False, emoji=False, stderr=error)


def readable(text: str, style: str = "", *, lines: bool = False) -> Text:
    """Without control characters: a terminal obeys them, anyone who wrote them. `lines` keeps line ends."""
    return Text(printable(text, keep="\n" if lines else ""), style)


def hanging(rows: Iterable[tuple[Text, Text]], *, width: int) -> Table:
    """`width` is how many columns the names take."""
    grid = Table.grid(expand=False, padding=0)
    grid.add_column(width=width, no_wrap=True)
    grid.add_column(overflow="fold")
    for name, text in rows:
        grid.add_row(name, text)
    return grid
