"""Bringing a replay and its run's own record together, whichever is written first.

The run's request id has one place in the store (`domain.entry`). Triage puts the record's entry there, the
replay its link; whoever comes second finds the first and finishes the work. Everything here may run twice.
"""

from dataclasses import replace
from datetime import datetime

from lambda_replay.domain.arn import FunctionArn
from lambda_replay.domain.entry import EarlySuccess, Link, Unreadable
from lambda_replay.domain.execution import Execution
from lambda_replay.domain.replay import Fact, ReplayStatus
from lambda_replay.ports import EntryStore, StaleVersion, UnreadableItem
from lambda_replay.use_cases.changing import change, load


class ForeignRun(Exception):
    """The record names another function than the one that was replayed: Lambda didn't write it."""


def learn(store: EntryStore, link: Link, fact: Fact, *, run_by: FunctionArn | None = None) -> Execution:
    """Take the fact into the execution that the link points to.

    `run_by` is the function that the run's record names. Raises `ForeignRun` when the replay's is another.
    """

    def learned(execution: Execution) -> Execution:
        attempt = execution.replay(link.number)
        if run_by and attempt and attempt.target.unqualified != run_by.unqualified:
            raise ForeignRun(f"the record of run {link.id} names another function than the one replayed")
        # Whose answer was never written down learns its run here.
        return execution.learn(link.number, replace(fact, request_id=link.id))

    return change(store, link.execution_id, learned)


def establish(store: EntryStore, link: Link) -> Fact | None:
    """Make the link findable; returns the outcome that was there before it, taken in already.

    The outcome is first written into the link, in the same write that removes the entry it came from, so a
    crash in between loses nothing: the sweep comes here again. Raises `UnreadableItem` when what is there
    can't be read.
    """
    found = store.add(link)
    while True:
        match found:
            case None:
                return None
            case Link():
                fact = found.fact
            case EarlySuccess():
                fact = Fact(status=ReplayStatus.SUCCEEDED, at=found.at)
            case Unreadable():
                raise UnreadableItem(link.id)
            case Execution():
                fact = Fact(status=ReplayStatus.FAILED, at=found.failed_at, failure=found.first_failure)
        if fact is None:
            return None
        if _replaceable(found):
            try:
                store.save(replace(link, fact=fact, version=found.version))
            except StaleVersion:
                found = store.get(link.id) or store.add(link)
                continue
        learn(store, link, fact)
        return fact


def record(store: EntryStore, execution_id: str, number: int, fact: Fact) -> Execution:
    """Write Lambda's answer to replay `number` into its execution, and make it findable by its request id."""
    execution = change(store, execution_id, lambda fresh: fresh.learn(number, fact))
    if fact.request_id is not None and fact.window_closes_at is not None:
        link = link_to(execution, number, fact.request_id, fact.window_closes_at)
        if establish(store, link) is not None:
            return load(store, execution_id)
    return execution


def _replaceable(found: EarlySuccess | Execution | Link) -> bool:
    # A record that somebody already replayed or ignored as an execution of its own stays one.
    if isinstance(found, Execution):
        return not found.replays and found.ignored is None
    return isinstance(found, EarlySuccess)


def link_to(execution: Execution, number: int, request_id: str, expires_at: datetime) -> Link:
    """The link of a replay; it lives as long as its execution, and until its outcome window has closed."""
    return Link(
        id=request_id,
        execution_id=execution.id,
        number=number,
        expires_at=max(execution.expires_at, expires_at),
    )
