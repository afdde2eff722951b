"""Groups of commands: their help, and what is said about arguments that can't be read."""

import re
from typing import Any

import typer
from typer.core import TyperGroup

HELP = {"help_option_names": ["-h", "--help"], "max_content_width": 100}
"""Settings of the whole command line."""

# How pydantic and Typer begin a message, and what is said instead.
_SENTENCES = (
    (re.compile(r"^Value error, "), ""),
    (re.compile(r"^Input should be a valid integer.*", re.DOTALL), "expected a whole number"),
    (re.compile(r"^Input should be a valid number.*", re.DOTALL), "expected a number"),
    (
        re.compile(r"^Input should be (greater|less) than or equal to (\S+)$"),
        r"expected a number \1 than or equal to \2",
    ),
)


class CommandGroup(TyperGroup):
    """Lists its commands under headings (Typer's `rich_help_panel`), each with its first sentence whole."""

    def format_commands(self, ctx: Any, formatter: Any) -> None:  # noqa: ARG002  # as Typer calls it
        headings: dict[str, list[tuple[str, str]]] = {}
        for name, command in self.commands.items():
            heading = getattr(command, "rich_help_panel", None) or "Commands"
            # The sentence ends where it does, and is wrapped.
            headings.setdefault(heading, []).append((name, command.get_short_help_str(limit=1000)))
        widest = max(map(len, self.commands), default=0)
        for heading, rows in headings.items():
            with formatter.section(heading):
                formatter.write_dl([(name.ljust(widest), said) for name, said in rows])


def in_a_sentence(error: typer.BadParameter) -> typer.BadParameter:
    """The same error without the names of what has checked the value."""
    for pattern, said in _SENTENCES:
        error.message = pattern.sub(said, error.message)
    return error
