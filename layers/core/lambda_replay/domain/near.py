"""Names that look like a misspelt one."""

from collections.abc import Iterable

_MOST = 3


def near(name: str, known: Iterable[str]) -> tuple[str, ...]:
    """Those of the known names that look most like it, the nearest first, three at most."""
    # Only who misspells a name waits for it to be loaded.
    from difflib import get_close_matches

    by_lower = {one.lower(): one for one in known if one != name}
    return tuple(by_lower[found] for found in get_close_matches(name.lower(), by_lower, n=_MOST))


def did_you_mean(names: Iterable[str]) -> str:
    """`: did you mean live or live-2?`, to be put behind a sentence; nothing where there are no names."""
    said = " or ".join(names)
    return f": did you mean {said}?" if said else ""
