"""`lambda-replay status`: the whole service on one screen."""

from typing import Any

import typer

from lambda_replay_cli.client.options import service
from lambda_replay_cli.output.column import Column
from lambda_replay_cli.output.emit import OutputOption, emit_one

_COLUMNS = tuple(
    Column(path, path)
    for path in ("at", "stack", "stats.total", "queue.waiting", "dlq.waiting", "automatic.due")
)


def status(ctx: typer.Context, output: OutputOption = None) -> None:
    """Failures of the last 24 hours, groups that need attention, running jobs, queues, alarms, automatic
    replays: on one screen.

    What can't be looked up (a permission that is missing) says so in its place.

    \b
    lambda-replay status
    lambda-replay status -o json | jq .dlq.waiting
    """
    from lambda_replay_cli.status.collect import gathered

    emit_one(gathered(service(ctx)), _COLUMNS, output, _show)


def _show(found: Any) -> None:
    from lambda_replay_cli.screens.status import print_overview

    print_overview(found)
