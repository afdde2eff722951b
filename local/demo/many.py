"""The demo's steps about many failures at once."""

import json
from concurrent.futures import ThreadPoolExecutor

from local.demo.story import Story, expect

FAILURES, OTHERS = 60, 3


def a_job_halts(story: Story) -> None:
    """Many fail with two bugs; a job over them, too early, stops by itself after a handful"""
    events = [{"bug": "first", "n": n} for n in range(FAILURES)] + [{"bug": "second"}] * OTHERS
    with ThreadPoolExecutor(8) as pool:
        names = list(pool.map(lambda event: story.stack.invoke("Buggy", json.dumps(event).encode()), events))
    for name in names:
        story.stack.execution(name, "failed")
    story.run("groups", "--function", story.stack.sources["Buggy"], "-o", "table")
    story.run("job", "plan", *_selected(story), *_PACE, "-o", "table")
    _job(story, "too early", ends=1)


def a_job_completes(story: Story) -> None:
    """One bug is fixed; the same job accounts for every event"""
    client, name = story.stack.client("lambda"), story.stack.sources["Buggy"]
    story.tell(f"[dim]$ aws lambda update-function-configuration --function-name {name} …FIXED=first[/]")
    variables = client.get_function_configuration(FunctionName=name)["Environment"]["Variables"]
    client.update_function_configuration(
        FunctionName=name, Environment={"Variables": variables | {"FIXED": "first"}}
    )
    _job(story, "first bug fixed")
    [job] = [job for job in story.stack.call("GET", "/jobs").body["jobs"] if job["name"] == "first bug fixed"]
    counts = job["counts"]
    expect((counts["succeeded"], counts["failed_same"]), (FAILURES, OTHERS), "outcomes")


def the_whole(story: Story) -> None:
    """What an operator sees in the morning"""
    story.run("status", "-o", "table")


_PACE = ("--ramp-sizes", "1,5,20", "--rate", "50", "--qualifier", "replay")


def _selected(story: Story) -> tuple[str, ...]:
    return ("--function", story.stack.sources["Buggy"])


def _job(story: Story, name: str, *, ends: int = 0) -> None:
    said = ("--name", name, "--yes", "--watch", "-o", "table")
    story.run("job", "start", *_selected(story), *_PACE, *said, ends=ends)
