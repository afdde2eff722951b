"""The demo's steps about one event, from its failure to its recovery."""

from rich.markup import escape

from local.client import wait_until
from local.demo.story import Story, digest, expect

# Numbers, duplicate keys and white space that a parser would not give back.
AWKWARD = b' {"order": 4711, "amount": 1.10, "huge": 1e400, "note": "a", "note": "b"}\n'


def event_fails(story: Story) -> None:
    """A function fails asynchronously, and Lambda gives up on the event"""
    name = story.stack.sources["Fixable"]
    story.tell(f"[dim]$ aws lambda invoke --invocation-type Event --function-name {name} …[/]")
    story.tell(f"payload {escape(repr(AWKWARD.decode()))}")
    story.execution_id = story.stack.invoke("Fixable", AWKWARD)
    story.tell(f"202, request id {story.execution_id}")


def record_is_stored(story: Story) -> None:
    """Its record arrives by the on-failure destination; triage stores and explains it"""
    execution = story.stack.execution(story.execution_id, "failed")
    story.run("show", story.execution_id, "-o", "table")
    expect(execution["failure"]["category"], "configuration", "category")


def payload_is_exact(story: Story) -> None:
    """The payload is kept byte for byte"""
    stored = story.read("payload", story.execution_id)
    story.tell(f"sent   {digest(AWKWARD)}")
    story.tell(f"stored {digest(stored)}")
    expect(stored, AWKWARD, "payload")


def replay_without_a_fix(story: Story) -> None:
    """It is replayed too early: it fails again, and the history grows"""
    story.run("replay", story.execution_id, "--wait", "--reason", "let us just try", "-o", "table", ends=1)
    execution = story.stack.execution(story.execution_id)
    expect(execution["status"], "failed", "status")
    expect(_attempts(story), ["failed"], "history")


def group_counts(story: Story) -> None:
    """Both failed runs are one cause: a group counts them, and says what it is made of"""
    group = story.stack.execution(story.execution_id)["failure"]["group"]
    wait_until(lambda: story.stack.call("GET", f"/groups/{group}").body.get("count") == 2, "two failed runs")
    story.run("group", group, "-o", "table")


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
    for source, channel in ways.items():
        execution = story.stack.execution(started[source])
        stored = story.stack.call("GET", f"/executions/{started[source]}/payload").text.encode()
        story.tell(f"{execution['channel']:12} {escape(execution['failure']['title'])}; {digest(stored)}")
        expect((execution["channel"], stored), (channel, AWKWARD), f"what came by {channel}")


def function_is_fixed(story: Story) -> None:
    """The function's configuration is fixed"""
    lambda_, name = story.stack.client("lambda"), story.stack.sources["Fixable"]
    story.tell(
        f"[dim]$ aws lambda update-function-configuration --function-name {name} …TABLE_NAME=orders[/]"
    )
    lambda_.update_function_configuration(
        FunctionName=name, Environment={"Variables": {"TABLE_NAME": "orders"}}
    )
    lambda_.get_waiter("function_updated_v2").wait(FunctionName=name)


def replay_recovers(story: Story) -> None:
    """Replayed again, the run's own success record says that it worked; a third time is refused"""
    story.run("replay", story.execution_id, "--wait", "--reason", "TABLE_NAME is set now", "-o", "table")
    expect(story.stack.execution(story.execution_id)["status"], "recovered", "status")
    expect(_attempts(story), ["failed", "succeeded"], "history")
    story.run("replay", story.execution_id, "-o", "table", ends=3)


def _attempts(story: Story) -> list[str]:
    return [attempt["status"] for attempt in story.stack.execution(story.execution_id)["replays"]]
