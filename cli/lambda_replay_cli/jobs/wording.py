"""Jobs in plain words, for lines and screens alike."""

from collections.abc import Mapping
from typing import Any

from lambda_replay_cli import time_format


def reasons(counts: Mapping[str, int]) -> str:
    """`stream_batch 2, ignored 1`: the most frequent first."""
    ordered = sorted(counts.items(), key=lambda one: (-one[1], one[0]))
    return ", ".join(f"{name} {count}" for name, count in ordered)


def counted(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"


def what_became(counts: Mapping[str, Any]) -> list[tuple[str, int]]:
    """Every selected execution stands under one of these, in the order of a bar."""
    return [
        ("recovered", counts["succeeded"]),
        ("failed again", counts["failed_again"]),
        ("rejected", sum(counts["rejected"].values())),
        ("unconfirmed", counts["unconfirmed"]),
        ("uncertain", counts["uncertain"]),
        ("pending", counts["pending"]),
        ("skipped", sum(counts["skipped"].values())),
        ("remaining", counts["remaining"]),
    ]


def state(job: Mapping[str, Any]) -> str:
    """`running`, with what is to be known about it."""
    more = {word: job.get(word, False) for word in ("starting", "selecting", "stalled")}
    return ", ".join([job["status"], *(word for word, is_so in more.items() if is_so)])


def speed(job: Mapping[str, Any]) -> str:
    """`12.1/s of 100/s, 40 s left`; of what has ended, nothing."""
    now, left = job["rate_now"], job["seconds_left"]
    parts = [] if now is None else [f"{now:.3g}/s of {job['rate']:g}/s"]
    if left is not None:
        # At a ramp's next batch the sending waits for outcomes, which no rate tells.
        parts.append("all sent" if not job["counts"]["remaining"] else f"{time_format.length(left)} left")
    return ", ".join(parts) if job["status"] == "running" else ""


def change(job: Mapping[str, Any]) -> str:
    """One line about the job as it is now."""
    counts = job["counts"]
    became = [f"{name} {count}" for name, count in what_became(counts) if count and name != "remaining"]
    parts = [state(job), f"issued {counts['issued']} of {counts['selected']}", *became, speed(job)]
    line = "  ".join(part for part in parts if part)
    return f"{line}: {job['message']}" if job["message"] else line


def manner(job: Mapping[str, Any]) -> str:
    """How it is replayed, of a job."""
    guard = job["guard"]
    parts = [
        f"{job['rate']:g} per second",
        f"ramp {', '.join(map(str, job['ramp']))}" if job["ramp"] else "",
        "no guard" if guard is None else guard_words(guard),
        f"through {job['qualifier']}" if job["qualifier"] else "",
        f"for tenant {job['tenant']}" if job.get("tenant") else "",
        f"with {job['function']}" if job["function"] else "",
        "patched" if job["patch"] else "",
        "without the verdict never" if job.get("skip_never") else "",
        "also what was replayed already" if job["mode"] == "force" else "",
    ]
    return ", ".join(part for part in parts if part)


def guard_words(guard: Mapping[str, Any]) -> str:
    least, share = guard.get("minimum", 3), guard.get("failed_share", 0.2)
    new = ", or at a new error" if guard.get("new_group") else ""
    return f"halts when over {share:.0%} failed, {least} at least{new}"


def selection(job: Mapping[str, Any]) -> str:
    """Which executions, of a job."""
    wanted = job["filter"]
    if wanted is None:
        return f"{counted(job['ids'] or 0, 'execution')} by id"
    given = {name: value for name, value in wanted.items() if value is not None}
    groups = given.pop("groups", None)
    since, until = time_format.shown(given.pop("from")), time_format.shown(given.pop("to"))
    words = [f"{name} {value}" for name, value in given.items()]
    if groups:
        words.append("group " + ", ".join(group[:8] for group in groups))
    return ", ".join([*words, f"failed from {since} to {until}"])
