"""A bar chart of letters."""

from collections.abc import Sequence

_EIGHTHS = " ▁▂▃▄▅▆▇█"
_ASCII = " .:|#"


def bars(values: Sequence[int], height: int, width: int = 2, *, ascii_only: bool = False) -> list[str]:
    """One line per row, the upper first; each value as a bar `width` letters wide, one of them a gap.

    What is there at all can be seen, however small.
    """
    steps = _ASCII if ascii_only else _EIGHTHS
    most, per_row = max(values, default=0), len(steps) - 1
    full = height * per_row
    levels = [0 if not value else max(1, round(value * full / most)) for value in values]
    rows = []
    for row in reversed(range(height)):
        inside = (min(per_row, max(0, level - row * per_row)) for level in levels)
        rows.append("".join(steps[level] * (width - 1) + " " for level in inside).rstrip())
    return rows


def axis(labels: Sequence[str], width: int = 2, every: int = 6) -> str:
    """The label of each `every`th bar, below it."""
    line = ""
    for place in range(0, len(labels), every):
        line = line.ljust(place * width) + labels[place]
    return line
