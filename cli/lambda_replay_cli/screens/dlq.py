"""Why messages were refused, for people."""

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from rich.text import Text

from lambda_replay_cli import time_format
from lambda_replay_cli.output.console import console, hanging, readable


@contextmanager
def moving(messages: int) -> Iterator[Callable[[int], None]]:
    """What is given has the number that was moved shown, on a terminal alone: a log has no use for it."""
    if not sys.stderr.isatty():
        yield lambda _moved: None
        return
    with console(error=True).status(f"redriving {messages}") as line:
        yield lambda moved: line.update(f"{moved} of about {messages} redriven")


def print_readings(rows: Sequence[Mapping[str, Any]]) -> None:
    to = console()
    for row in rows:
        to.print(
            Text.assemble(
                readable(row["id"], "bold"), "  ", time_format.shown(row["sent_at"]), "  ",
                readable(row["reason"], "green" if row["understood"] else "yellow"),
            )
        )  # fmt: skip
        lines = [
            ("why", row["why"]),
            ("from", row["queue"] or ""),
            ("of", ", ".join(row["functions"])),
            ("sender", row["sender"] or ""),
            ("do", row["fix"]),
        ]
        to.print(hanging(((Text(f"  {name}"), readable(text)) for name, text in lines if text), width=9))
        # In one piece, however long: it is there to be copied.
        to.print(Text.assemble("  log    ", readable(row["log"], "dim")), soft_wrap=True)
        to.print()
