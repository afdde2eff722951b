"""Names with texts beside them: a long text goes on below itself, not below its name."""

from collections.abc import Iterable

from rich.table import Table
from rich.text import Text


def hanging(rows: Iterable[tuple[Text, Text]], *, width: int) -> Table:
    """`width` is how many columns the names take."""
    grid = Table.grid(expand=False, padding=0)
    grid.add_column(width=width, no_wrap=True)
    grid.add_column(overflow="fold")
    for name, text in rows:
        grid.add_row(name, text)
    return grid
