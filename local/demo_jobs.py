"""The demo's steps about many failures at once."""

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from rich.markup import escape

from local.client import Stack, wait_until

FAILURES, OTHERS = 60, 3
_WISHES = {"ramp": [1, 5, 20], "rate": 50, "qualifier": "replay"}


def fail(stack: Stack) -> int:
    """Events that run into two bugs of one function; returns how many, once they are all stored."""
    events = [{"bug": "first", "n": n} for n in range(FAILURES)] + [{"bug": "second"}] * OTHERS
    with ThreadPoolExecutor(8) as pool:
        names = list(pool.map(lambda event: stack.invoke("Buggy", json.dumps(event).encode()), events))
    for name in names:
        stack.execution(name, "failed")
    return len(names)


def fix(stack: Stack) -> str:
    """Mend the first bug; returns the command that would do it by hand."""
    client, name = stack.client("lambda"), stack.sources["Buggy"]
    variables = client.get_function_configuration(FunctionName=name)["Environment"]["Variables"]
    client.update_function_configuration(
        FunctionName=name, Environment={"Variables": variables | {"FIXED": "first"}}
    )
    return f"aws lambda update-function-configuration --function-name {name} …"


def plan(stack: Stack) -> dict[str, Any]:
    body: dict[str, Any] = stack.call("POST", "/jobs/plan", body=_request(stack)).body
    return body


def run(stack: Stack, name: str) -> dict[str, Any]:
    """The job, when it has ended."""
    job_id = stack.call("POST", "/jobs", body={**_request(stack), "name": name}).body["id"]
    found: dict[str, Any] = {}

    def has_ended() -> bool:
        nonlocal found
        found = stack.call("GET", f"/jobs/{job_id}").body
        return found["status"] in ("completed", "halted")

    wait_until(has_ended, f"the end of {job_id}", patience=90)
    return found


def told(job: dict[str, Any]) -> list[str]:
    lines = [f"job is [bold]{job['status']}[/]: {escape(job['summary'])}"]
    if job["message"]:
        lines.append(f"because {escape(job['message'])}")
    counts = job["counts"]
    left = f"{counts['remaining']} of {counts['selected']} not touched"
    return [*lines, left] if counts["remaining"] else lines


def _request(stack: Stack) -> dict[str, Any]:
    return {"filter": {"function": stack.sources["Buggy"], "status": "failed"}, **_WISHES}
