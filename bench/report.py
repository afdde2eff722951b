"""One line of the report, and its table."""

from collections.abc import Iterable
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True, slots=True)
class Line:
    """`measured` and `budget` are in `unit`; the budget is the most there may be, or the `least`."""

    what: str
    budget: float
    measured: float
    unit: str
    note: str = ""
    least: bool = False

    @property
    def within(self) -> bool:
        return self.measured >= self.budget if self.least else self.measured <= self.budget


def show(lines: Iterable[Line]) -> None:
    table = Table(title="budgets")
    for column, justify in [
        ("what", "left"),
        ("budget", "right"),
        ("measured", "right"),
        ("", "left"),
        ("", "left"),
    ]:
        table.add_column(column, justify=justify)  # type: ignore[arg-type]  # rich's literal
    for line in lines:
        bound = "≥" if line.least else "≤"
        budget, measured = f"{bound} {line.budget:g} {line.unit}", f"{line.measured:.3g} {line.unit}"
        table.add_row(line.what, budget, measured, "ok" if line.within else "OVER", line.note)
    Console(width=140).print(table)
