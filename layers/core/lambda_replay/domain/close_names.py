"""Names that look like a misspelt one."""

from collections.abc import Iterable

_MOST = 3
# Of 1: how alike a name must be, and how much less than the nearest one.
_ALIKE, _LESS = 0.6, 0.1


def near(name: str, known: Iterable[str]) -> tuple[str, ...]:
    """Those of the known names that look most like it, the nearest first, three at most."""
    # Only who misspells a name waits for it to be loaded.
    from difflib import SequenceMatcher

    alike = {
        one: SequenceMatcher(None, name.lower(), one.lower(), autojunk=False).ratio()
        for one in known
        if one != name
    }
    least = max(_ALIKE, max(alike.values(), default=0) - _LESS)
    found = sorted((one for one in alike if alike[one] >= least), key=lambda one: -alike[one])
    return tuple(found[:_MOST])


def did_you_mean(names: Iterable[str]) -> str:
    """`: did you mean live or live-2?`, to be put behind a sentence; nothing where there are no names."""
    said = " or ".join(names)
    return f": did you mean {said}?" if said else ""
