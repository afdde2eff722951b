"""Parsing a megabyte of small values without the garbage collector looking through them again and again."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def uncollected() -> Iterator[None]:
    """What is made in this block is not collected until its end: a parse that makes hundreds of thousands of
    small objects, all of them in use, would be interrupted by the collector again and again for nothing."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()
