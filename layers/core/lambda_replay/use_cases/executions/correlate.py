"""Bringing a replay and its run's own record together, whichever is written first.

The run's request id has one place in the store (`domain.executions.id_slot`). Triage puts the record's entry
there, the replay its link; the one that comes second finds the first and finishes the work. Everything here
may run twice.
"""

from dataclasses import replace
from datetime import datetime

from lambda_replay.domain.executions.execution import Execution
from lambda_replay.domain.executions.id_slot import (
    EarlySuccess,
    Link,
    UncertainReplay,
    UncertainReplays,
    Unreadable,
    uncertain_id,
)
from lambda_replay.domain.executions.identity import Contest, Difference
from lambda_replay.domain.executions.replay import Fact, ReplayStatus
from lambda_replay.domain.intake.channel import Channel
from lambda_replay.ports.common import StaleVersionError, UnreadableItemError
from lambda_replay.ports.executions import EntryStore
from lambda_replay.use_cases.executions.update import change, load


def learn(store: EntryStore, link: Link, fact: Fact) -> Execution:
    """Take the fact into the execution that the link points to."""
    # A replay whose answer was never written down learns its run here.
    known = replace(fact, request_id=link.id)
    return change(store, link.execution_id, lambda execution: execution.learn(link.number, known))


def establish(store: EntryStore, link: Link) -> Fact | None:
    """Make the link findable; returns the outcome that was there before it, taken in already.

    The outcome is first written into the link, in the same write that removes the entry it came from, so a
    crash in between loses nothing: the sweep comes here again. Raises `UnreadableItemError` when what is
    there can't be read.
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
            case UncertainReplays():
                raise LookupError(f"{found.id} is no place of a run")
            case Unreadable():
                raise UnreadableItemError(link.id)
            case Execution():
                if contradicts(store, link, found):
                    return None
                fact = Fact(status=ReplayStatus.FAILED, at=found.failed_at, failure=found.first_failure)
        if fact is None:
            return None
        if _replaceable(found):
            try:
                store.save(replace(link, fact=fact, version=found.version))
            except StaleVersionError:
                found = store.get(link.id) or store.add(link)
                continue
        learn(store, link, fact)
        return fact


def record(store: EntryStore, execution_id: str, number: int, fact: Fact) -> Execution:
    """Write Lambda's answer to replay `number` into its execution, and make it findable by its request id.

    An `uncertain` one has no request id: what is known of its run is noted first (`UncertainReplays`).
    """
    if fact.status is ReplayStatus.UNCERTAIN and fact.window_closes_at is not None:
        note_uncertain(store, load(store, execution_id), number, fact.window_closes_at)
    execution = change(store, execution_id, lambda fresh: fresh.learn(number, fact))
    if fact.request_id is not None and fact.window_closes_at is not None:
        link = link_to(execution, number, fact.request_id, fact.window_closes_at)
        if establish(store, link) is not None:
            return load(store, execution_id)
        if fact.durable_arn is not None:  # looked at soon; others are met when their lease has ended
            return change(store, execution_id, lambda fresh: fresh.link(number))
    return execution


def contradicts(store: EntryStore, link: Link, found: Execution) -> bool:
    """Whether what stands in the link's place is no run of its replay, but a forged record that was faster.
    Then it keeps the place, contested, and the replay's outcome stays unknown."""
    sent = load(store, link.execution_id).run_identity(link.number)
    differs = () if sent is None else sent.differences(found.identity)
    # An event bus may print a payload in another way.
    if found.channel is Channel.EVENTBRIDGE:
        differs = tuple(one for one in differs if one is Difference.FUNCTION)
    if not differs:
        return False
    contest = Contest(other=link.execution_id, differs=differs)
    change(
        store,
        found.id,
        lambda fresh: (
            fresh if contest in fresh.contests else replace(fresh.contested_by(contest), alert_due=True)
        ),
    )
    return True


def note_uncertain(store: EntryStore, execution: Execution, number: int, until: datetime) -> None:
    """Before it becomes uncertain: a run of it that fails then is known to be probably that."""
    attempt, identity = execution.replay(number), execution.run_identity(number)
    if attempt is None or identity is None:
        return
    uncertain = UncertainReplay(
        execution_id=execution.id, number=number, since=attempt.claimed_at, until=until
    )
    name = uncertain_id(identity)
    found = store.get(name)
    while True:
        if isinstance(found, Unreadable):
            raise UnreadableItemError(name)
        known = found if isinstance(found, UncertainReplays) else None
        if known is None:
            first = UncertainReplays(id=name, replays=(), expires_at=until).including(uncertain)
            found = store.add(first)
            if found is None:
                return
        elif known.including(uncertain) == known:
            return
        else:
            try:
                store.save(known.including(uncertain))
            except StaleVersionError:
                found = store.get(name)
            else:
                return


def _replaceable(found: EarlySuccess | Execution | Link) -> bool:
    # A record that was already replayed or ignored as an execution of its own stays one.
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
