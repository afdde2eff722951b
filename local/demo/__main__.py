"""Runs the demo. Exits with 0 only if every step really happened."""

import socket
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.markup import escape

from local import __main__ as command
from local.client import NotYetError, Stack
from local.demo import many, one, strangers
from local.demo.story import Story, StoryError, console
from local.settings import STATE

STEPS: tuple[Callable[[Story], None], ...] = (
    one.event_fails,
    one.record_is_stored,
    one.payload_is_exact,
    one.replay_without_a_fix,
    one.group_counts,
    one.function_is_fixed,
    one.replay_recovers,
    one.other_ways_in,
    many.a_job_halts,
    many.a_job_completes,
    strangers.bytes_reach_the_function,
    strangers.forgery_is_refused,
    strangers.strangers_are_refused,
    many.the_whole,
)


@contextmanager
def deployed(state: Path, *, left: bool = False) -> Iterator[Stack]:
    """An embedded AWS of its own, whatever else runs on this machine; `left` running for anyone who wants to
    look at it, until the next demo or `make down`."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    where = ["--state", str(state)]
    command.main([*where, "down"])
    try:
        if command.main([*where, "up", "--port", port, "--speed", "120", "--no-flaky"]):
            raise StoryError("the embedded AWS could not be deployed to")
        yield Stack.read(state)
    finally:
        if not left:
            command.main([*where, "down"])


def main() -> int:
    started = time.monotonic()
    # Who reads this may want to see it; a script leaves nothing behind.
    left = sys.stdout.isatty() or "--keep" in sys.argv
    console.print("\n[bold]Lambda Replay, from a failure to its recovery[/]\n")
    console.print("[bold]0[/]  The real template is built and deployed to an embedded AWS, IAM enforced")
    done = 0
    try:
        with deployed(STATE / "demo", left=left) as stack:
            story = Story(stack)
            for number, step in enumerate(STEPS, start=1):
                console.print(f"\n[bold]{number}[/]  {step.__doc__}")
                step(story)
                done = number
    except (StoryError, NotYetError) as error:
        console.print(f"\n[bold red]It did not happen:[/] {escape(str(error))}")
    console.print(f"\n[bold]{done} of {len(STEPS)} steps happened[/], in {time.monotonic() - started:.0f} s")
    for number, step in enumerate(STEPS, start=1):
        console.print(f"  {'[green]✓[/]' if number <= done else '[red]✗[/]'} {step.__doc__}")
    if left:
        console.print("\nAll of it is still there. Look at it in a browser:  [bold]make console[/]")
        console.print("Take it away:  make down")
    return 0 if done == len(STEPS) else 1


if __name__ == "__main__":
    sys.exit(main())
