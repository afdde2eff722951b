"""Records of one request id that are not about one event: none is hidden, and none is believed alone."""

import re
from contextlib import suppress

import pytest

from lambda_replay.domain.executions.execution import Execution, ExecutionStatus
from lambda_replay.domain.executions.identity import Difference, is_same_json
from lambda_replay.domain.executions.replay import ReplayStatus
from lambda_replay.domain.executions.replay_options import ReplayOptions
from lambda_replay.domain.intake.channel import Channel
from lambda_replay.domain.intake.execution_record import parse_record
from lambda_replay.domain.intake.origin import Origin
from lambda_replay.domain.refusals import Reason
from lambda_replay.ports.alerts import Count
from lambda_replay.use_cases.executions.identify import ContradictionError
from lambda_replay.use_cases.intake.triage import Arrival
from tests.support.world.automatic import EVERY, minutes
from tests.support.world.automatic import world as automatic_world
from tests.support.world.service import EVERYTHING, FUNCTION, LIMITS, SENDER, World, record_text

ID = "0f8fad5b-d9cb-469f-a165-70867728950e"
OTHER = FUNCTION.replace("orders", "invoices")
FORGED = {
    "another function": record_text(ID, arn=OTHER),
    "another payload": record_text(ID, payload='{"to":"attacker"}'),
}
TRUE = record_text(ID)


def executions(world: World) -> dict[str, Execution]:
    return {one.id: one for one in world.store.page(EVERYTHING, limit=100).executions}


def beside(world: World) -> Execution:
    """The one that did not get the request id."""
    (found,) = [one for name, one in executions(world).items() if name != ID]
    return found


@pytest.mark.parametrize("forged", FORGED.values(), ids=FORGED)
@pytest.mark.parametrize("is_first", [True, False])
@pytest.mark.parametrize("batches", [1, 2])
def test_a_record_that_differs_is_an_execution_of_its_own(forged: str, is_first: bool, batches: int) -> None:
    world = World()
    texts = [forged, TRUE] if is_first else [TRUE, forged]
    for some in [texts] if batches == 1 else [[text] for text in texts]:
        world.arrives(*some)
    first, second = world.execution(ID), beside(world)
    assert second.id.startswith(f"{ID}.")
    differs = (Difference.FUNCTION,) if forged is FORGED["another function"] else (Difference.PAYLOAD,)
    assert [(one.other, one.differs) for one in first.contests] == [(second.id, differs)]
    assert [(one.other, one.differs) for one in second.contests] == [(ID, differs)]
    for execution, text in ((first, texts[0]), (second, texts[1])):
        record = parse_record(text, fallback_id="x")
        assert execution.function == record.function
        assert world.records.payload(execution.id) == (record.payload or "").encode()
    assert world.counts[Count.RECORD_CONTESTED] == 1


def test_each_is_counted_once_and_a_second_delivery_changes_nothing() -> None:
    world = World()
    for _ in range(3):
        world.arrives(FORGED["another payload"], TRUE, TRUE)
    assert len(executions(world)) == 2
    (group,) = {one.failure.group for one in executions(world).values()}
    assert world.group(group).count == 2
    assert world.counts[Count.RECORD_CONTESTED] == 1


def test_a_true_duplicate_stays_one() -> None:
    world = World()
    world.arrives(TRUE)
    world.arrives(TRUE)
    world.arrives(TRUE.replace(":$LATEST", ":live"))
    assert executions(world).keys() == {ID}
    assert not world.execution(ID).contests
    assert world.counts[Count.FAILURE_DUPLICATE] == 2


def test_three_different_ones_are_three() -> None:
    world = World()
    world.arrives(TRUE, *FORGED.values())
    assert len(executions(world)) == 3
    assert len(world.execution(ID).contests) == 2


def test_the_record_of_a_run_is_stored_beside_the_run_and_changes_no_outcome() -> None:
    world = World()
    world.fails("event-1")
    world.replay("event-1")
    world.arrives(record_text("run-1", payload='{"to":"attacker"}'))
    assert world.execution("event-1").status is ExecutionStatus.REPLAYING
    (stray,) = [one for name, one in executions(world).items() if name != "event-1"]
    assert [one.other for one in stray.contests] == ["event-1"]
    # Its own record is not in doubt.
    assert not world.execution("event-1").contests
    world.fails("run-1")
    assert world.execution("event-1").replays[0].status is ReplayStatus.FAILED


@pytest.mark.parametrize(
    "how", [{"payload": '{"to":"attacker"}'}, {"arn": OTHER}], ids=["payload", "function"]
)
def test_a_success_of_another_event_recovers_nothing(how: dict[str, str]) -> None:
    world = World()
    world.fails("event-1")
    world.replay("event-1")
    world.fails("run-1", condition="Success", **how)
    assert world.execution("event-1").status is ExecutionStatus.REPLAYING
    assert world.counts[Count.RECORD_CONTESTED] == world.counts[Count.SUCCESS_UNCLAIMED] == 1


def test_a_patched_replay_is_known_by_its_function() -> None:
    world = World()
    world.fails("event-1")
    world.replay("event-1", patch='{"n": 2}')
    world.succeeds("run-1")
    assert world.execution("event-1").status is ExecutionStatus.RECOVERED


def test_a_forged_record_that_is_faster_than_the_link_becomes_no_outcome() -> None:
    world = World()
    world.fails("event-1")
    world.aws.meanwhile = lambda: world.arrives(record_text("run-1", payload="0"))
    world.replay("event-1")
    assert world.execution("event-1").replays[0].status is ReplayStatus.ACCEPTED
    stray = world.execution("run-1")
    assert [one.other for one in stray.contests] == ["event-1"]
    assert stray.alert_due


@pytest.mark.parametrize("text", ['{ "n" : 1.10 }', '{"\\u006e":1.10}'])
def test_the_same_event_printed_again_is_a_duplicate(text: str) -> None:
    world = World()
    world.arrives(TRUE)
    world.arrives(record_text(ID, payload=text))
    assert executions(world).keys() == {ID}
    assert world.counts[Count.FAILURE_DUPLICATE] == 1


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("[1, 2]", "[1,2]", True),
        ("1.10", "1.1", False),
        ('{"a":1,"a":2}', '{"a":2}', False),
        ('{"a":1,"b":2}', '{"b":2,"a":1}', False),
        ('{"a":1}', '[["a",1]]', False),
        ('["object",[["a",1]]]', '{"a":1}', False),
        ('["number","1"]', "1", False),
        ('"1"', "1", False),
        ("x", "x", False),
        ("[" * 100_000, "[" * 100_000, False),
    ],
)
def test_same_json(one: str, other: str, same: bool) -> None:
    assert is_same_json(one.encode(), other.encode()) is same


def test_neither_is_replayed_automatically_nor_by_a_filter() -> None:
    world = automatic_world(categories=EVERY)
    world.arrives(TRUE, FORGED["another payload"])
    minutes(world, 60)
    assert world.aws.sent == []
    world.start_job("job-1")
    world.drive("job-1")
    assert world.aws.sent == []
    world.replay(ID)
    assert [payload for _, payload in world.aws.sent] == [b'{"n": 1.10}']


def test_a_job_takes_one_that_is_named_by_its_id() -> None:
    world = World()
    world.arrives(TRUE, FORGED["another payload"])
    assert world.execution(ID).only_by_id is Reason.CONTESTED
    world.start_job("job-1", ID, options=ReplayOptions(named=True))
    world.drive("job-1", commit=lambda: world.succeeds("run-1"))
    assert len(world.aws.sent) == 1


def test_there_is_one_alert_and_it_holds_nothing_of_the_payload() -> None:
    world = World()
    world.arrives(TRUE, FORGED["another payload"])
    world.mailbox.reachable = False
    with pytest.raises(ExceptionGroup):
        world.sweep()
    world.mailbox.reachable = True
    for _ in range(3):
        world.sweep()
    alerts = [text for subject, text in world.mailbox.messages if "contradict" in subject]
    (text,) = alerts
    assert re.search(r"lambda-replay console --open executions/\S+$", text)
    assert ID in text
    assert beside(world).id in text
    assert "attacker" not in text


def test_a_flood_of_forged_records_is_one_message_a_sweep_and_the_true_one_stays_small() -> None:
    world = World()
    world.arrives(TRUE)
    for number in range(60):
        world.arrives(record_text(ID, payload=f'{{"forged":{number}}}'))
    world.sweep()
    assert len([subject for subject, _ in world.mailbox.messages if "contradict" in subject]) == 1
    assert len(executions(world)) == 61
    assert len(world.execution(ID).contests) == 10


def test_a_replay_is_settled_while_the_alert_can_not_be_sent() -> None:
    world = World()
    world.arrives(TRUE, FORGED["another payload"])
    world.mailbox.reachable = False
    name = beside(world).id
    world.replay(name)
    world.clock.pass_(LIMITS.outcome_window + LIMITS.lease)
    with suppress(ExceptionGroup):
        world.sweep()
    execution = world.execution(name)
    assert execution.status is ExecutionStatus.UNCONFIRMED
    assert execution.alert_due


def test_two_that_are_stored_at_the_same_time_are_distinguished_when_one_comes_again() -> None:
    """Both look, find nothing, and write."""
    world = World()
    arrivals = [
        Arrival(parse_record(text, fallback_id="x"), world.clock(), SENDER)
        for text in (TRUE, FORGED["another payload"])
    ]
    batches = [world.batches().open([arrival]) for arrival in arrivals]
    batches[0].receive(arrivals[0])
    with pytest.raises(ContradictionError):
        batches[1].receive(arrivals[1])
    for batch in batches:
        batch.close()
    world.arrives(FORGED["another payload"])
    assert len(executions(world)) == 2
    (group,) = {one.failure.group for one in executions(world).values()}
    assert world.group(group).count == 2


def test_a_payload_that_comes_later_brings_its_origin() -> None:
    world = World()
    world.arrives(record_text(ID, payload=None))
    assert world.execution(ID).origin is Origin.VERIFIED
    world.arrives(TRUE, sender="AROAOTHER:session")
    assert world.execution(ID).origin is Origin.UNVERIFIED
    assert world.execution(ID).channel is Channel.QUEUE
