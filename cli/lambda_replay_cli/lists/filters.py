"""The filters of lists, as options and as the query of the API."""

from collections.abc import Iterator
from itertools import islice
from typing import Annotated, Any

import typer

from lambda_replay.domain.category import Category, Verdict
from lambda_replay_cli import time_format

MOST_IN_A_PAGE = 100

FunctionOption = Annotated[
    str | None, typer.Option("--function", "-f", metavar="NAME", help="Of this function.", show_default=False)
]
GroupOption = Annotated[
    str | None,
    typer.Option("--group", "-g", metavar="GROUP", help="Of this group, and what is merged into it."),
]
CategoryOption = Annotated[
    Category | None,
    typer.Option(metavar="CATEGORY", help=f"One of {', '.join(Category)}.", show_default=False),
]
VerdictOption = Annotated[
    Verdict | None, typer.Option(help="Whether sending it again can help.", show_default=False)
]
ErrorTypeOption = Annotated[
    str | None, typer.Option(metavar="TYPE", help="As the function named its error.", show_default=False)
]
FromOption = Annotated[
    str | None,
    typer.Option("--from", metavar="TIME", help="Since then: 2h, yesterday, 14:30, 2026-01-31."),
]
ToOption = Annotated[str | None, typer.Option("--to", metavar="TIME", help="Before then; as --from.")]
LimitOption = Annotated[
    int, typer.Option("--limit", "-n", min=0, metavar="N", help="At most so many; 0 for all.")
]


def query(
    *,
    since: str | None = None,
    until: str | None = None,
    limit: int = 0,
    **fields: str | None,
) -> dict[str, str]:
    """What is not given is not in it. Raises `UsageError` for times."""
    bounds = {"from": since, "to": until}
    given = {
        **{name: str(value) for name, value in fields.items() if value is not None},
        **{name: time_format.query(value) for name, value in bounds.items() if value is not None},
    }
    return {**given, "limit": str(min(limit or MOST_IN_A_PAGE, MOST_IN_A_PAGE))}


def first(rows: Iterator[dict[str, Any]], limit: int) -> Iterator[dict[str, Any]]:
    """So many, or all of them for 0."""
    return islice(rows, limit or None)
