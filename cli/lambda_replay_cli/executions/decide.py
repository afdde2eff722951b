"""Decisions about some executions: one that is refused does not stop the rest."""

from collections.abc import Iterator
from typing import Any

import typer

from lambda_replay_cli.client.connection import segment
from lambda_replay_cli.client.service import Service
from lambda_replay_cli.errors import ApiError, report
from lambda_replay_cli.executions.replay import Results
from lambda_replay_cli.groups.fingerprint_prefix import execution_ids
from lambda_replay_cli.lists.columns import EXECUTIONS, EXECUTIONS_WHOLE
from lambda_replay_cli.output.emit import Output, chosen, emit


def decide(
    service: Service,
    identities: list[str],
    verb: str,
    body: dict[str, Any],
    output: Output | None,
    *,
    method: str = "POST",
) -> None:
    """`verb` is the last part of the route. Prints the executions as they are then; ends the command
    with the worst that happened."""
    results = Results()
    rows = _decided(service, execution_ids(service, identities), (method, verb), body, results)
    emit(rows, EXECUTIONS_WHOLE if chosen(output) is Output.csv else EXECUTIONS, output)
    if results.code:
        raise typer.Exit(results.code)


def _decided(
    service: Service, identities: list[str], route: tuple[str, str], body: dict[str, Any], results: Results
) -> Iterator[dict[str, Any]]:
    method, verb = route
    for identity in identities:
        try:
            yield service.call(method, f"/executions/{segment(identity)}/{verb}", body=body)
        except ApiError as refused:
            if not refused.by_service:
                raise
            results.note(refused.exit_code)
            report(f"{identity}: {refused}")
