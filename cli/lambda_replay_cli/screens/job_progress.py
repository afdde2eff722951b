"""A job while it runs: live on a terminal, a line for each change elsewhere."""

import sys
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import typer

from lambda_replay_cli.client.service import Service
from lambda_replay_cli.errors import NO, report
from lambda_replay_cli.jobs.poll import ENDED, Job, JobSnapshot, changes, looks
from lambda_replay_cli.lists.columns import JOBS
from lambda_replay_cli.output.emit import Output, emit
from lambda_replay_cli.output.plain import printable

_INTERRUPTED = 130


def follow(service: Service, job_id: str, every: float, output: Output | None) -> None:
    """To its end. Raises `typer.Exit` with 1 when it was halted or cancelled, 130 for Ctrl-C."""
    from lambda_replay_cli.client.connection import segment

    path = f"/jobs/{segment(job_id)}"
    last: Job = {}

    def fetch() -> Job:
        nonlocal last
        last = service.call("GET", path)
        return last

    try:
        _show(looks(fetch, every), output)
    except KeyboardInterrupt:
        _goes_on(job_id)
        raise typer.Exit(_INTERRUPTED) from None
    except Exception:  # whatever ends the watching does not end the job
        if last and last["status"] not in ENDED:
            _goes_on(job_id)
        raise
    end(last)


def _goes_on(job_id: str) -> None:
    report(
        f"the job goes on. Come back with  lambda-replay job watch {job_id}\n"
        f"and stop it with  lambda-replay job pause {job_id}  (or cancel)"
    )


def end(job: Job) -> None:
    """Raises `typer.Exit` when the job ended otherwise than it should."""
    if job["status"] in ("halted", "cancelled"):
        raise typer.Exit(NO)


def _show(seen: Iterator[JobSnapshot], output: Output | None) -> None:
    if output not in (None, Output.table):
        emit(_at_once(changes(seen)), JOBS, output)
    elif sys.stdout.isatty():
        from lambda_replay_cli.screens.jobs import show_live

        show_live(seen)
    else:
        _lines(seen)


def _at_once(jobs: Iterator[Job]) -> Iterator[dict[str, Any]]:
    for job in jobs:
        yield job
        # It has been written by now, and the next may be minutes away.
        sys.stdout.flush()


def _lines(seen: Iterator[JobSnapshot]) -> None:
    from lambda_replay_cli.jobs.wording import change

    for job in changes(seen):
        sys.stdout.write(f"{datetime.now().astimezone():%H:%M:%S}  {printable(change(job))}\n")
        sys.stdout.flush()
