"""Columns: where a row has their value, and how a table shows it."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

Row = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Column:
    """`path` leads to the value: `failure.category`; a column without one has its name's."""

    name: str
    path: str = ""
    shown: Callable[[object], str] | None = None
    """How a table shows it; CSV has the value itself."""
    styles: Mapping[str, str] = field(default_factory=dict)
    """Rich styles by the text that is shown; `""` for all others."""
    flexible: bool = False
    """Takes the room that the others leave, and is cut off where that is too little."""
    right: bool = False
    from_width: int = 0
    """Only in terminals of at least so many columns."""

    def value(self, row: Row) -> object:
        found: object = row
        for part in (self.path or self.name).split("."):
            found = found.get(part) if isinstance(found, Mapping) else None
        return found

    def text(self, row: Row) -> str:
        value = self.value(row)
        return self.shown(value) if self.shown else plain(value)


def plain(value: object) -> str:
    """A value as text: nothing for None, yes and no, JSON for what has parts."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping | list | tuple):
        return json.dumps(value, ensure_ascii=False)
    return str(value)
