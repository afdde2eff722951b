"""`make demo`: the main job, live, on the embedded AWS. Exits with 0 only if every step really happened."""

import hashlib
import json
import socket
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape

from local import __main__ as command
from local import demo_jobs
from local.client import NotYet, Stack, wait_until
from local.settings import STATE

# Numbers, duplicate keys and white space that a parser would not give back.
AWKWARD = b' {"order": 4711, "amount": 1.10, "huge": 1e400, "note": "a", "note": "b"}\n'

console = Console(highlight=False, soft_wrap=True)


class Failed(Exception):
    """A step did not happen; the message says what was seen instead."""


@dataclass
class Story:
    """One failed event on its way; `done` is what has been shown."""

    stack: Stack
    execution_id: str = ""
    done: list[str] = field(default_factory=list)

    def tell(self, line: str) -> None:
        console.print(f"    {line}")


def event_fails(story: Story) -> None:
    """A function fails asynchronously, and Lambda gives up on the event"""
    name = story.stack.sources["Fixable"]
    story.tell(f"[dim]aws lambda invoke --invocation-type Event --function-name {name}[/]")
    story.tell(f"[dim]payload[/] {escape(repr(AWKWARD.decode()))}")
    story.execution_id = story.stack.invoke("Fixable", AWKWARD)
    story.tell(f"202, request id {story.execution_id}")


def record_is_stored(story: Story) -> None:
    """Its record arrives by the on-failure destination; triage stores and explains it"""
    execution = story.stack.execution(story.execution_id, "failed")
    failure = execution["failure"]
    story.tell(f"[bold]{escape(failure['title'])}[/]")
    said = {name: failure[name] for name in ("category", "verdict", "rule")}
    story.tell(", ".join(f"{name} [bold]{value}[/]" for name, value in said.items()))
    frame = next(frame for frame in execution["error"]["frames"] if frame["in_app"])
    story.tell(f"{frame['file']}:{frame['line']} in {frame['function']}: {escape(frame['code'] or '')}")
    expect(failure["category"], "configuration", "category")


def payload_is_exact(story: Story) -> None:
    """The payload is kept byte for byte"""
    stored = story.stack.call("GET", f"/executions/{story.execution_id}/payload").text.encode()
    story.tell(f"sent   {digest(AWKWARD)}")
    story.tell(f"stored {digest(stored)}")
    expect(stored, AWKWARD, "payload")


def replay_without_a_fix(story: Story) -> None:
    """Somebody replays it too early: it fails again, and the history grows"""
    replay(story, "let us just try")
    wait_until(lambda: attempts(story) == ["failed"], "the replayed run's own failure record")
    execution = story.stack.execution(story.execution_id)
    expect(execution["status"], "failed", "status")
    for line in history(execution):
        story.tell(line)


def group_counts(story: Story) -> None:
    """Both failed runs are one cause: a group counts them, and says what it is made of"""
    group = story.stack.execution(story.execution_id)["failure"]["group"]
    story.tell(f"[dim]GET /groups/{group}[/]")
    wait_until(lambda: story.stack.call("GET", f"/groups/{group}").body.get("count") == 2, "two failed runs")
    detail = story.stack.call("GET", f"/groups/{group}").body
    story.tell(f"{detail['count']} failed runs, {detail['status']}: {escape(detail['title'])}")
    made_of = {
        name: detail["why"]["parts"][name] for name in ("function", "type", "frames", "discriminators")
    }
    story.tell(f"one because of {escape(str(made_of))}")


def other_ways_in(story: Story) -> None:
    """Other functions report by a topic, an event bus, a bucket, directly, and by a dead-letter queue"""
    ways = {
        "Sns": "sns",
        "EventBridge": "eventbridge",
        "S3": "s3",
        "Lambda": "lambda",
        "DeadLetter": "dead_letter",
    }
    started = {source: story.stack.invoke(source, AWKWARD) for source in ways}
    for source, inlet in ways.items():
        execution = story.stack.execution(started[source])
        stored = story.stack.call("GET", f"/executions/{started[source]}/payload").text.encode()
        story.tell(f"{execution['inlet']:12} {escape(execution['failure']['title'])}; {digest(stored)}")
        expect((execution["inlet"], stored), (inlet, AWKWARD), f"what came by {inlet}")


def function_is_fixed(story: Story) -> None:
    """The function's configuration is fixed"""
    lambda_, name = story.stack.client("lambda"), story.stack.sources["Fixable"]
    story.tell("[dim]aws lambda update-function-configuration --environment …TABLE_NAME=orders[/]")
    lambda_.update_function_configuration(
        FunctionName=name, Environment={"Variables": {"TABLE_NAME": "orders"}}
    )
    lambda_.get_waiter("function_updated_v2").wait(FunctionName=name)


def replay_recovers(story: Story) -> None:
    """Replayed again, the run's own success record says that it worked"""
    replay(story, "TABLE_NAME is set now")
    execution = story.stack.execution(story.execution_id, "recovered")
    for line in history(execution):
        story.tell(line)
    expect(attempts(story), ["failed", "succeeded"], "history")
    again = story.stack.call("POST", f"/executions/{story.execution_id}/replay")
    story.tell(f"a third replay is refused: {again.status} {again.body['error']['code']}")
    expect((again.status, again.body["error"]["code"]), (409, "already_recovered"), "refusal")


def a_job_halts(story: Story) -> None:
    """Many fail with two bugs; a job over them, too early, stops by itself after a handful"""
    count = demo_jobs.fail(story.stack)
    planned = demo_jobs.plan(story.stack)
    expect(planned["eligible"], count, "executions that a job would replay")
    story.tell(f"[dim]POST /jobs/plan[/] {planned['eligible']} of {planned['matched']}")
    for warning in planned["warnings"]:
        story.tell(f"warning: {escape(warning)}")
    job = demo_jobs.run(story.stack, "too early")
    expect(job["status"], "halted", "the job")
    for line in demo_jobs.told(job):
        story.tell(line)


def a_job_completes(story: Story) -> None:
    """One bug is mended; the same job accounts for every event"""
    story.tell(f"[dim]{escape(demo_jobs.fix(story.stack))}[/]")
    job = demo_jobs.run(story.stack, "first bug mended")
    for line in demo_jobs.told(job):
        story.tell(line)
    counts = job["counts"]
    expect(job["status"], "completed", "the job")
    expect((counts["succeeded"], counts["failed_same"]), (demo_jobs.FAILURES, demo_jobs.OTHERS), "outcomes")


def bytes_reach_the_function(story: Story) -> None:
    """A record written to the queue by hand: its bytes reach a function that stores what it receives"""
    arn = story.stack.description["sources_outputs"]["RecorderFunctionArn"]
    execution_id = by_hand(story, f"{arn}:$LATEST", AWKWARD)
    answer = story.stack.call("POST", f"/executions/{execution_id}/replay")
    expect(answer.status, 202, "status")
    story.stack.execution(execution_id, "recovered")
    key = f"received/{answer.body['replay']['request_id']}"
    bucket = story.stack.description["sources_outputs"]["ReceivedBucketName"]
    received = story.stack.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
    story.tell(f"in the record {digest(AWKWARD)}")
    story.tell(f"received      {digest(received)}")
    expect(received, AWKWARD, "bytes")


def forgery_is_refused(story: Story) -> None:
    """A forged record can get nothing invoked that is not allow-listed"""
    arn = "arn:aws:lambda:us-east-1:123456789012:function:payroll:$LATEST"
    execution_id = by_hand(story, arn, b"{}")
    answer = story.stack.call("POST", f"/executions/{execution_id}/replay", body={"mode": "force"})
    story.tell(f"{answer.status} {answer.body['error']['code']}: {answer.body['error']['message']}")
    expect((answer.status, answer.body["error"]["code"]), (403, "not_allow_listed"), "refusal")


def strangers_are_refused(story: Story) -> None:
    """An unsigned call does not get past the gateway"""
    answer = story.stack.call("GET", "/executions", signed=False)
    story.tell(f"{answer.status} {escape(answer.text.strip())}")
    expect(answer.status, 403, "status")


STEPS: tuple[Callable[[Story], None], ...] = (
    event_fails,
    record_is_stored,
    payload_is_exact,
    replay_without_a_fix,
    group_counts,
    function_is_fixed,
    replay_recovers,
    other_ways_in,
    a_job_halts,
    a_job_completes,
    bytes_reach_the_function,
    forgery_is_refused,
    strangers_are_refused,
)


def replay(story: Story, reason: str) -> None:
    story.tell(
        f"[dim]POST /executions/{story.execution_id}/replay {escape(json.dumps({'reason': reason}))}[/]"
    )
    answer = story.stack.call("POST", f"/executions/{story.execution_id}/replay", body={"reason": reason})
    expect(answer.status, 202, f"status ({answer.text})")
    attempt = answer.body["replay"]
    story.tell(f"202, replay {attempt['number']} is {attempt['status']}, its run is {attempt['request_id']}")


def attempts(story: Story) -> list[str]:
    return [attempt["status"] for attempt in story.stack.execution(story.execution_id)["replays"]]


def history(execution: dict[str, Any]) -> Iterator[str]:
    yield f"execution is [bold]{execution['status']}[/]"
    for attempt in execution["replays"]:
        title = f": {escape(attempt['failure']['title'])}" if attempt["failure"] else ""
        by = attempt["by"].rsplit(":", 1)[1]
        who = f"by {by}, “{attempt['reason']}”"
        yield f"  replay {attempt['number']} [bold]{attempt['status']}[/] ({who}){title}"


def by_hand(story: Story, arn: str, payload: bytes) -> str:
    """Writes a record as Lambda splices it; returns its execution's id."""
    request_id = str(uuid.uuid4())
    context = {"requestId": request_id, "functionArn": arn, "condition": "RetriesExhausted"}
    now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    head = (
        f'{{"version":"1.0","timestamp":"{now}","requestContext":{json.dumps(context, separators=(",", ":"))}'
    )
    body = f'{head},"requestPayload":{payload.decode()},"responsePayload":{{"errorType":"ByHand"}}}}'
    story.stack.client("sqs").send_message(QueueUrl=story.stack.outputs["FailureQueueUrl"], MessageBody=body)
    story.stack.execution(request_id, "failed")
    return request_id


def expect(seen: object, wanted: object, what: str) -> None:
    if seen != wanted:
        raise Failed(f"{what}: expected {wanted!r}, got {seen!r}")


def digest(content: bytes) -> str:
    return f"{len(content)} bytes, SHA-256 {hashlib.sha256(content).hexdigest()[:16]}…"


@contextmanager
def deployed(state: Path) -> Iterator[Stack]:
    """An embedded AWS of its own, whatever else runs on this machine."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    where = ["--state", str(state)]
    try:
        if command.main([*where, "up", "--port", port, "--speed", "120", "--no-flaky"]):
            raise Failed("the embedded AWS could not be deployed to")
        yield Stack.read(state)
    finally:
        command.main([*where, "down"])


def main() -> int:
    started = time.monotonic()
    console.print("\n[bold]Lambda Replay, from a failure to its recovery[/]\n")
    console.print("[bold]0[/]  The real template is built and deployed to an embedded AWS, IAM enforced")
    story: Story | None = None
    try:
        with deployed(STATE / "demo") as stack:
            story = Story(stack)
            for number, step in enumerate(STEPS, start=1):
                console.print(f"\n[bold]{number}[/]  {step.__doc__}")
                step(story)
                story.done.append(step.__doc__ or "")
    except (Failed, NotYet, StopIteration) as error:
        console.print(f"\n[bold red]It did not happen:[/] {escape(str(error))}")
    done = story.done if story else []
    console.print(
        f"\n[bold]{len(done)} of {len(STEPS)} steps happened[/], in {time.monotonic() - started:.0f} s"
    )
    for step in STEPS:
        console.print(f"  {'[green]✓[/]' if step.__doc__ in done else '[red]✗[/]'} {step.__doc__}")
    return 0 if len(done) == len(STEPS) else 1


if __name__ == "__main__":
    sys.exit(main())
