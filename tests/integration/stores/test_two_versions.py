"""Two versions of the service side by side: what a newer one wrote stays when this one writes the item.

The newer one is played: it adds an attribute to every item and to every map inside, at any depth. Then this
version changes the items in every way that it has.
"""

import copy
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import boto3
import pytest

from lambda_replay.adapters.storage import Storage
from lambda_replay.domain.executions.execution import Decision, Execution, Verb
from lambda_replay.domain.executions.id_slot import Link
from lambda_replay.domain.executions.outcome_counts import Increment
from lambda_replay.domain.executions.replay import Fact, ReplayStatus
from lambda_replay.domain.functions.function_arn import FunctionArn
from lambda_replay.domain.groups.group import GroupVerb
from lambda_replay.domain.jobs.job import JobDecision, JobStatus, JobVerb
from lambda_replay.domain.policies.circuit_breaker import Breaker
from lambda_replay.domain.policies.policy import Policy
from lambda_replay.ports.groups import GroupEvent
from lambda_replay.ports.jobs import Running
from lambda_replay.use_cases.policies.policies import remove_policy
from tests.integration.stores.test_bulk_writes import RULE, attempt
from tests.integration.stores.test_executions import EXPIRES, START, failure, full_execution
from tests.integration.stores.test_jobs import full_job
from tests.support.table import TABLE, create_storage
from tests.support.world.groups import OWNED, A, count_batch, decision, group
from tests.support.world.service import FUNCTION

Item = dict[str, Any]
TOMORROW = "of_tomorrow"
VALUE = {"M": {"deep": {"L": [{"S": "kept"}, {"N": "1"}]}}}
ARN = FunctionArn.parse(FUNCTION)
MINUTE = timedelta(minutes=1)


def maps(value: Any) -> Iterator[Item]:
    """The item and every map inside it."""
    yield value
    # A place in a list is one value, as a text would be: it is replaced as a whole.
    for typed in [typed for name, typed in value.items() if name != "after"]:
        for inner in [typed.get("M"), *(one.get("M") for one in typed.get("L", ()))]:
            if inner is not None:
                yield from maps(inner)


def stored() -> dict[tuple[str, str], Item]:
    items = boto3.client("dynamodb").scan(TableName=TABLE)["Items"]
    return {(item["id"]["S"], item["part"]["S"]): item for item in items}


def touched_by_tomorrow() -> None:
    """Every item as a newer version would have written it."""
    table = boto3.client("dynamodb")
    for item in stored().values():
        marked = copy.deepcopy(item)
        for one in list(maps(marked)):
            one[TOMORROW] = VALUE
        table.put_item(TableName=TABLE, Item=marked)


def found(storage: Storage) -> Execution:
    entry = storage.entries.get("event-1")
    assert isinstance(entry, Execution)
    return entry


def execution() -> Execution:
    """With every kind of map inside."""
    return replace(
        full_execution(),
        first_failure=failure(retry=RULE),
        replays=(replace(attempt(1), failure=failure(retry=RULE)),),
        unreplayable=None,
    )


LATER = Decision(verb=Verb.IGNORED, at=START, by="me", until=START + MINUTE)


def saves(storage: Storage) -> None:
    storage.entries.save(found(storage).decide(LATER))


def counts(storage: Storage) -> None:
    storage.entries.save(found(storage).decide(LATER), [Increment("job:a", "succeeded", 1)])


def advances(storage: Storage) -> None:
    more = replace(attempt(2), status=ReplayStatus.CLAIMED, failure=None)
    entry = found(storage)
    assert storage.entries.advance([replace(entry, replays=(*entry.replays, more))]) == set()


def replans(storage: Storage) -> None:
    entry = replace(found(storage), postponed_to=START)
    changed = replace(entry.first_failure, group="0" * 32)
    assert storage.entries.replan([replace(entry, first_failure=changed)]) == set()


def links(storage: Storage) -> None:
    link = storage.entries.get("run-9")
    assert isinstance(link, Link)
    storage.entries.save(replace(link, number=2))


def groups(storage: Storage) -> None:
    one = storage.groups.get([A])[A]
    storage.groups.save([replace(one, count=9)], [GroupEvent(A, decision(GroupVerb.NOTED, START + MINUTE))])


def settles(storage: Storage) -> None:
    one = storage.groups.get([A])[A]
    storage.groups.commit(count_batch(("run-1", A)), [replace(one, count=9)], [])


def checks(storage: Storage) -> None:
    (check,) = storage.groups.checks(START + MINUTE)
    storage.groups.save_check(replace(check, due_at=START + MINUTE, group_version=3))
    storage.groups.ask(A, START)


def jobs(storage: Storage) -> None:
    job = storage.jobs.get("job-1")
    assert job is not None
    halted = JobDecision(verb=JobVerb.CANCEL, at=START, by="me")
    job = replace(job, status=JobStatus.RUNNING).decide(halted)
    storage.jobs.save(job, replace(storage.jobs.running(), jobs={"job-2": ("orders",)}))
    storage.jobs.save(replace(job, cleared=7, version=job.version + 1))


def policies(storage: Storage) -> None:
    remove_policy(storage.policies, ARN.unqualified, at=START, by="me", reason=None)
    breaker = storage.policies.breaker(ARN.unqualified)
    storage.policies.save_breaker(replace(breaker, pauses=3))


def functions(storage: Storage) -> None:
    storage.functions.seen(ARN, START + MINUTE)


WRITES: list[Callable[[Storage], None]] = [
    saves, counts, advances, replans, links, groups, settles, checks, jobs, policies, functions,
]  # fmt: skip
# A settled count batch is an empty item, and a history or a page is never written again.
ENDED = {("count_batch:count_batch-1", "count_batch")}


@pytest.fixture
def storage(aws: None) -> Storage:
    """One item of every kind that is written more than once."""
    made = create_storage()
    assert made.entries.add(execution()) is None
    made.entries.add(
        Link(
            id="run-9",
            execution_id="event-1",
            number=1,
            expires_at=EXPIRES,
            fact=Fact(status=ReplayStatus.FAILED, at=START, failure=failure(retry=RULE)),
        )
    )
    made.groups.save([group(decision=decision(GroupVerb.RESOLVED), ownership=OWNED)], [])
    made.groups.open(count_batch(("run-1", A)))
    made.groups.ask(A, START)
    made.jobs.save(full_job(), Running(jobs={"job-1": ("orders",)}))
    made.policies.save(Policy(function=ARN.unqualified, rule=RULE, by_category={"timeout": RULE}))
    made.policies.save_breaker(Breaker(function=ARN.unqualified))
    made.functions.seen(ARN, START)
    return made


def marks(items: dict[tuple[str, str], Item]) -> dict[tuple[str, str], int]:
    return {
        key: sum(one.get(TOMORROW) == VALUE for one in maps(item))
        for key, item in items.items()
        if key not in ENDED
    }


@pytest.mark.parametrize("write", WRITES, ids=lambda write: write.__name__)
def test_what_a_newer_version_added_stays(storage: Storage, write: Callable[[Storage], None]) -> None:
    touched_by_tomorrow()
    before = stored()
    write(storage)
    after = stored()
    assert after != before
    kept = marks(after)
    assert {key: kept[key] for key in marks(before)} == marks(before)


def test_every_item_is_written_by_one_of_these(storage: Storage) -> None:
    """Else the test above would not look at it."""
    before = stored()
    for write in WRITES:
        if write is not saves and write is not replans:
            write(storage)
    after = stored()
    assert {key for key in before if after[key] == before[key]} == set()


def test_replacing_a_policy_leaves_what_only_a_newer_version_can_say(storage: Storage) -> None:
    touched_by_tomorrow()
    own = storage.policies.get(ARN.unqualified)
    assert own is not None
    storage.policies.save(replace(own, rate=5))
    item = stored()[f"function:{ARN.unqualified}", "policy"]
    assert (item[TOMORROW], item["rule"]["M"][TOMORROW]) == (VALUE, VALUE)
    assert storage.policies.get(ARN.unqualified) == replace(own, rate=5, version=own.version + 1)
