"""A sign of life beside the output, while something takes long."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def busy(text: str) -> Iterator[None]:
    """On a terminal alone: a log has no use for it."""
    if not sys.stderr.isatty():
        yield
        return
    from rich.console import Console

    with Console(stderr=True, highlight=False, markup=False).status(text):
        yield
