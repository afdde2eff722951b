"""`lambda-replay stats`: failures over time."""

from enum import StrEnum
from typing import Annotated, Any

import typer

from lambda_replay_cli import time_format
from lambda_replay_cli.client.options import service
from lambda_replay_cli.lists.filters import FromOption, ToOption
from lambda_replay_cli.output.column import Column
from lambda_replay_cli.output.emit import Output, OutputOption, chosen, emit, emit_one


class _Interval(StrEnum):
    hour = "hour"
    day = "day"


_BUCKETS = tuple(map(Column, ("at", "failures", "by_category", "by_function")))


def stats(
    ctx: typer.Context,
    since: FromOption = None,
    until: ToOption = None,
    interval: Annotated[
        _Interval, typer.Option("--interval", "-i", help="At most 31 days by hour, 90 days by day.")
    ] = _Interval.hour,
    output: OutputOption = None,
) -> None:
    """Count failed runs over time, by category and function. Without --from, the last 24 hours.

    \b
    lambda-replay stats
    lambda-replay stats --from 30d --interval day
    lambda-replay stats --from yesterday -o csv > failures.csv

    Counted are original invocations, and replays that failed again. As JSON it is one object; as JSON Lines
    and CSV, each hour or day is a line.
    """
    bounds = {"from": since, "to": until}
    query = {name: time_format.query(text) for name, text in bounds.items() if text is not None}
    found = service(ctx).call("GET", "/stats", query={**query, "interval": interval.value})
    if chosen(output) in (Output.jsonl, Output.csv):
        emit(found["buckets"], _BUCKETS, output)
    else:
        emit_one(found, _BUCKETS, output, _show)


def _show(found: Any) -> None:
    from lambda_replay_cli.screens.status import print_stats

    print_stats(found)
