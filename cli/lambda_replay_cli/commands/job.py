"""`lambda-replay job …`: replaying many."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lambda_replay.domain.jobs.job import JobStatus
from lambda_replay_cli.client.options import service
from lambda_replay_cli.command_group import CommandGroup
from lambda_replay_cli.commands.shared_options import gathers
from lambda_replay_cli.errors import NO, report
from lambda_replay_cli.jobs.request import JobOptions, request_of
from lambda_replay_cli.lists.columns import JOBS, JOBS_WHOLE
from lambda_replay_cli.lists.filters import LimitOption, first
from lambda_replay_cli.output.column import Column
from lambda_replay_cli.output.emit import Output, OutputOption, chosen, emit, emit_one

if TYPE_CHECKING:
    from lambda_replay_cli.client.service import Service

job = typer.Typer(
    name="job",
    cls=CommandGroup,
    help="Replay many: plan, start, watch, stop.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)

JobId = Annotated[str, typer.Argument(metavar="JOB", help="The job's id.", show_default=False)]
ReasonOption = Annotated[
    str | None, typer.Option(metavar="TEXT", help="Why; it is written down.", show_default=False)
]
EveryOption = Annotated[
    float, typer.Option(min=0.2, max=300, metavar="SECONDS", help="How often to look while watching.")
]
_PLAN = tuple(map(Column, ("matched", "eligible", "ineligible", "duration_seconds", "usd")))


@job.command()
@gathers(JobOptions)
def plan(ctx: typer.Context, options: JobOptions, output: OutputOption = None) -> None:
    """What a job would do: how many, which not and why, whether anything was deployed. Nothing is sent.

    Ends with 1 when nothing would be sent.

    \b
    lambda-replay job plan --function orders --category timeout --from yesterday
    lambda-replay job plan --group 4f1c9a02 --ramp --patch '{"currency": "EUR"}'
    """
    from lambda_replay_cli.groups.fingerprint_prefix import with_whole_ids

    request = request_of(options)
    stack = service(ctx)
    with_whole_ids(stack, request)
    found = stack.call("POST", "/jobs/plan", body=request)

    def show(found: Any) -> None:
        from lambda_replay_cli.output.console import console
        from lambda_replay_cli.screens.jobs import plan_screen

        console().print(plan_screen(found, request))

    emit_one(found, _PLAN, output, show)
    if not found["eligible"]:
        raise typer.Exit(NO)


@job.command()
@gathers(JobOptions)
def start(
    ctx: typer.Context,
    options: JobOptions,
    yes: Annotated[
        bool, typer.Option("--yes", "-y", help="Start at once: no plan, no question, for scripts.")
    ] = False,
    watch: Annotated[bool, typer.Option("--watch", "-w", help="Follow it to its end.")] = False,
    every: EveryOption = 2,
    idempotency_key: Annotated[
        str | None,
        typer.Option(
            metavar="KEY",
            help="The same key never starts a second job. Default: a new one for each command.",
            show_default=False,
        ),
    ] = None,
    output: OutputOption = None,
) -> None:
    """Replay a selection: shows the plan, asks, and starts it.

    What is selected is frozen: what fails later is not in it. With --watch, ends with 1 when the job was
    halted or cancelled.

    \b
    lambda-replay job start --function orders --ramp --watch
    lambda-replay job start --group 4f1c9a02 --rate 50 --qualifier replay --reason "fixed in 1.4.2"
    lambda-replay list --function orders --limit 0 | lambda-replay job start --ids-from - --yes
    """
    from lambda_replay_cli.groups.fingerprint_prefix import with_whole_ids
    from lambda_replay_cli.jobs.start import start as started
    from lambda_replay_cli.screens.confirm import confirmed, require_terminal
    from lambda_replay_cli.screens.job_progress import follow

    request = request_of(options)
    if not yes:
        require_terminal()
    if "filter" in request and idempotency_key is None:
        # What is started is what was planned, and a repeated request is the same one.
        request["filter"].setdefault("to", datetime.now(UTC).isoformat(timespec="seconds"))
    stack = service(ctx)
    with_whole_ids(stack, request)
    if not yes:
        found = stack.call("POST", "/jobs/plan", body=request)
        if not confirmed(found, request):
            report("not started" if found["eligible"] else "nothing can be sent")
            raise typer.Exit(NO)
    begun = started(stack, request, idempotency_key)
    if watch:
        report(f"started job {begun['id']}")
        follow(stack, begun["id"], every, output)
        return
    emit_one(begun, _columns(output), output, _show_started)


@job.command()
def show(ctx: typer.Context, job_id: JobId, output: OutputOption = None) -> None:
    """One job: what became of every execution, and who did what to it.

    Ends with 1 when it was halted or cancelled.

    \b
    lambda-replay job show job-4f1c9a02
    lambda-replay job show job-4f1c9a02 -o json | jq .counts
    """
    from lambda_replay_cli.screens.job_progress import end

    stack = service(ctx)
    found = stack.call("GET", _path(stack, job_id))
    emit_one(found, _columns(output), output, _show)
    end(found)


@job.command("list")
def list_jobs(
    ctx: typer.Context,
    status: Annotated[
        list[JobStatus] | None,
        typer.Option(help="Only this, or these: it may be repeated.", show_default=False),
    ] = None,
    limit: LimitOption = 25,
    output: OutputOption = None,
) -> None:
    """Jobs, the newest first.

    Ends with 1 when there are none.

    \b
    lambda-replay job list
    lambda-replay job list --status running --status paused
    """
    found = service(ctx).pages("/jobs", "jobs", {"limit": str(min(limit or 100, 100))})
    wanted = (one for one in found if not status or one["status"] in status)
    if not emit(first(wanted, limit), _columns(output), output):
        report("no jobs")
        raise typer.Exit(NO)


@job.command()
def watch(ctx: typer.Context, job_id: JobId, every: EveryOption = 2, output: OutputOption = None) -> None:
    """Follow a job to its end. Ctrl-C leaves it running.

    Live on a terminal; in a pipe one line for each change, or JSON Lines with -o jsonl. Ends with 1 when the
    job was halted or cancelled.

    \b
    lambda-replay job watch job-4f1c9a02
    """
    from lambda_replay_cli.groups.fingerprint_prefix import job_id as whole
    from lambda_replay_cli.screens.job_progress import follow

    stack = service(ctx)
    follow(stack, whole(stack, job_id), every, output)


@job.command()
def pause(
    ctx: typer.Context, job_id: JobId, reason: ReasonOption = None, output: OutputOption = None
) -> None:
    """Send nothing more until it is resumed. Outcomes go on being counted.

    \b
    lambda-replay job pause job-4f1c9a02 --reason "the partner is down"
    """
    _decide(ctx, job_id, "pause", reason, output)


@job.command()
def resume(
    ctx: typer.Context, job_id: JobId, reason: ReasonOption = None, output: OutputOption = None
) -> None:
    """Go on with a paused job.

    \b
    lambda-replay job resume job-4f1c9a02
    """
    _decide(ctx, job_id, "resume", reason, output)


@job.command()
def cancel(
    ctx: typer.Context, job_id: JobId, reason: ReasonOption = None, output: OutputOption = None
) -> None:
    """Send nothing more, for good. What was sent stays sent.

    \b
    lambda-replay job cancel job-4f1c9a02 --reason "wrong alias"
    """
    _decide(ctx, job_id, "cancel", reason, output)


def _decide(ctx: typer.Context, job_id: str, verb: str, reason: str | None, output: OutputOption) -> None:
    body = {} if reason is None else {"reason": reason}
    stack = service(ctx)
    decided = stack.call("POST", f"{_path(stack, job_id)}/{verb}", body=body)
    emit_one(decided, _columns(output), output, _show)


def _columns(output: Output | None) -> tuple[Column, ...]:
    return JOBS_WHOLE if chosen(output) is Output.csv else JOBS


def _path(stack: "Service", job_id: str) -> str:
    """The path of the job that begins so."""
    from lambda_replay_cli.client.connection import segment
    from lambda_replay_cli.groups.fingerprint_prefix import job_id as whole

    return f"/jobs/{segment(whole(stack, job_id))}"


def _show(found: Any) -> None:
    from lambda_replay_cli.output.console import console
    from lambda_replay_cli.screens.jobs import job_screen

    console().print(job_screen(found))


def _show_started(begun: Any) -> None:
    typer.echo(f"started job {begun['id']}; follow it: lambda-replay job watch {begun['id']}")
    typer.echo(f"in a browser: lambda-replay console --open jobs/{begun['id']}")
