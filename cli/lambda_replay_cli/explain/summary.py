"""Explanations as rows, and what all of them come to."""

from collections import Counter
from dataclasses import dataclass, field

from lambda_replay_cli.lists.columns import VERDICT, short_id
from lambda_replay_cli.output.column import Column, Row

_WIDE = 130

COLUMNS = (
    Column("id", shown=short_id),
    Column("category"),
    Column("verdict", styles=VERDICT),
    Column("group", "fingerprint", shown=short_id, styles={"": "dim"}),
    Column("function", flexible=True),
    Column("rule", styles={"": "dim"}, from_width=_WIDE),
    Column("title", flexible=True, from_width=80),
)
WHOLE = tuple(
    map(
        Column,
        (
            "id", "function", "category", "verdict", "rule", "confidence", "error_type", "title",
            "fingerprint", "condition", "channel", "succeeded",
        ),
    )
)  # fmt: skip


@dataclass(slots=True)
class Summary:
    """What was read so far."""

    problems: int = 0
    categories: Counter[str] = field(default_factory=Counter)
    groups: set[object] = field(default_factory=set)

    def add(self, row: Row) -> None:
        self.categories[str(row["category"] or "succeeded")] += 1
        if row["fingerprint"]:
            self.groups.add(row["fingerprint"])

    def __str__(self) -> str:
        counts = ", ".join(f"{count} {category}" for category, count in self.categories.most_common())
        text = f"{_counted(self.categories.total(), 'record')} in {_counted(len(self.groups), 'group')}"
        text += f": {counts}" if counts else ""
        return text + (f"; {_counted(self.problems, 'problem')}, not understood" if self.problems else "")


def _counted(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"
