"""`lambda-replay replay`: send original events again."""

from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lambda_replay_cli import time_format
from lambda_replay_cli.client.options import service
from lambda_replay_cli.errors import UsageError, report
from lambda_replay_cli.lists.columns import PREVIEWS, REPLAYS
from lambda_replay_cli.output.emit import OutputOption, emit

if TYPE_CHECKING:
    from lambda_replay_cli.client.service import Service
    from lambda_replay_cli.executions.replay import Results


def replay(
    ctx: typer.Context,
    identities: Annotated[list[str], typer.Argument(metavar="ID", show_default=False)],
    wait: Annotated[bool, typer.Option("--wait", "-w", help="Until each has ended.")] = False,
    patience: Annotated[
        str, typer.Option("--timeout", metavar="SPAN", help="Wait no longer than this; then see with show.")
    ] = "15m",
    patch: Annotated[
        str | None,
        typer.Option(
            metavar="FILE|JSON",
            help="Change the payload: a JSON Patch (a list) or a JSON Merge Patch (an object).",
            show_default=False,
        ),
    ] = None,
    qualifier: Annotated[
        str | None,
        typer.Option(metavar="ALIAS", help="Replay through this alias or version.", show_default=False),
    ] = None,
    tenant: Annotated[
        str | None,
        typer.Option(
            metavar="ID|jmespath:PATH",
            help="For functions that isolate their tenants: whom it is for.",
            show_default=False,
        ),
    ] = None,
    target: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="Replay with this function instead of the one that failed.",
            show_default=False,
        ),
    ] = None,
    force: Annotated[
        bool,
        typer.Option(
            "--force",
            help="Also what recovered, is unconfirmed or ignored, or is under way and will not be reported.",
        ),
    ] = False,
    skip_never: Annotated[
        bool, typer.Option("--skip-never", help="Leave out what has the verdict never: it can't help.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would happen, and send nothing.")
    ] = False,
    reason: Annotated[
        str | None, typer.Option(help="Why; it stands in the execution's history.", show_default=False)
    ] = None,
    output: OutputOption = None,
) -> None:
    """Replay one execution or some: the original bytes, to the function that failed. For many, use job.

    \b
    lambda-replay replay 8f9c1c0e --wait --reason "fixed in v8"
    lambda-replay replay 8f9c1c0e --dry-run --patch '{"currency": "EUR"}'
    lambda-replay replay 8f9c1c0e 0b1c2d3e --qualifier replay
    lambda-replay replay 8f9c1c0e --tenant jmespath:detail.customer
    lambda-replay list --group 4f1c9a02 --status failed --limit 0 | lambda-replay replay - --wait

    ID is an execution's; - reads ids, or what list prints, from standard input. Ends with 1 when one failed
    again, is not there, or (--wait) has not ended; with 3 when one was refused.
    """
    from lambda_replay_cli import input_values
    from lambda_replay_cli.executions import replay as replaying
    from lambda_replay_cli.groups.fingerprint_prefix import execution_ids

    if dry_run and wait:
        raise UsageError("--dry-run sends nothing to --wait for")
    limit = time_format.span(patience)
    options = {"qualifier": qualifier, "tenant": tenant, "function": target, "reason": reason}
    body: dict[str, object] = {name: value for name, value in options.items() if value is not None}
    body["mode"] = "force" if force else "if_not_replayed"
    if skip_never:
        body["skip_never"] = True
    if patch is not None:
        body["patch"] = input_values.patch(patch)
    named = input_values.named(identities)
    results, found = replaying.Results(), service(ctx)
    each = execution_ids(found, named)
    if dry_run:
        emit(replaying.previews(found, each, body, results), PREVIEWS, output)
    elif wait:
        emit(_waited(found, each, body, limit, results), REPLAYS, output)
    else:
        emit((row for _, row in replaying.started(found, each, body, results)), REPLAYS, output)
    if results.code:
        raise typer.Exit(results.code)


def _waited(
    found: "Service", each: list[str], body: dict[str, Any], limit: timedelta, results: "Results"
) -> Iterator[dict[str, Any]]:
    """All are sent before the first is waited for; who stops waiting stops no replay."""
    from lambda_replay_cli.executions import replay as replaying
    from lambda_replay_cli.executions import wait as waiting
    from lambda_replay_cli.output.spinner import busy

    sent = []
    try:
        for accepted, row in replaying.started(found, each, body, results):
            if accepted is None:
                yield row
            else:
                sent.append(accepted)
        with busy(f"waiting for {len(sent)} of {len(each)}"):
            for one, replay in waiting.outcomes(found, sent, limit):
                sent.remove(one)
                yield replaying.ended(one, replay, results)
    except (Exception, KeyboardInterrupt):
        # What has ended was reported; the others would go unseen.
        for one in sent:
            report(f"{one.execution}: replay {one.number} goes on; see  lambda-replay show {one.execution}")
        raise
