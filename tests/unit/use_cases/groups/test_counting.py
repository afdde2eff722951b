"""Each failed run is counted once, whatever repeats or dies (docs/reference/service.md#counts-are-true)."""

from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambda_replay.domain.diagnosis import ALGORITHM
from lambda_replay.domain.groups.filter import GroupFilter
from lambda_replay.domain.groups.group import AlertKind, GroupStatus, GroupVerb
from lambda_replay.domain.refusals import Reason
from lambda_replay.domain.team_rules import RuleSet
from lambda_replay.ports.alerts import Count
from lambda_replay.ports.common import StaleVersionError
from lambda_replay.use_cases.groups import decisions
from lambda_replay.use_cases.team_rules import replace_rules
from tests.support.world.groups import decision
from tests.support.world.service import FUNCTION, START, Mailbox, World, record_text
from tests.unit.use_cases.replays.test_faults import FaultError, Faulty, Script

EVERYTHING = GroupFilter(since=START - timedelta(days=1), until=START + timedelta(days=9))
LEFT = timedelta(minutes=3)
ERRORS = {
    "key": '{"errorType":"KeyError","errorMessage":"' + "'id'" + '"}',
    "value": '{"errorType":"ValueError","errorMessage":"boom"}',
    "timeout": '{"errorType":"Sandbox.Timedout","errorMessage":"Task timed out after 3.00 seconds"}',
}


def failed(run: str, error: str = "value") -> str:
    return record_text(run, response=ERRORS[error])


def counts(world: World) -> list[int]:
    return sorted(group.count for group, _ in world.groups.page(EVERYTHING, limit=100).groups)


def test_a_batch_of_two_causes_makes_two_groups() -> None:
    world = World()
    world.arrives(failed("a"), failed("b"), failed("c", "key"))
    assert counts(world) == [1, 2]


def test_duplicates_count_once_within_a_batch_and_across_batches() -> None:
    world = World()
    world.arrives(failed("a"), failed("a"), failed("b"))
    world.arrives(failed("a"), failed("b"), failed("c"))
    assert counts(world) == [3]


def test_a_replay_that_fails_again_counts_by_its_own_run_in_the_group_of_its_error() -> None:
    world = World()
    world.arrives(failed("a"))
    world.replay("a")
    world.arrives(failed("run-1", "key"))
    world.arrives(failed("run-1", "key"))
    assert counts(world) == [1, 1]
    new = world.group(world.execution("a").failure.group)
    assert (new.alert, new.count) == (AlertKind.NEW, 1)


def test_a_large_batch_is_counted_in_several_parts() -> None:
    world = World()
    world.arrives(*[failed(f"r{n}", "value" if n % 2 else "key") for n in range(101)])
    assert counts(world) == [50, 51]


@given(
    st.lists(st.lists(st.tuples(st.integers(0, 8), st.sampled_from(sorted(ERRORS))), max_size=6), max_size=5),
    st.integers(1, 40),
    st.booleans(),
)
def test_counts_survive_any_batches_and_a_crash(
    batches: list[list[tuple[int, str]]], at: int, after: bool
) -> None:
    """Run numbers may repeat within and across batches; one call fails, before or after its effect."""
    world, script = World(), Script(at, after)
    world.store, world.records, world.groups = (
        Faulty(store, script) for store in (world.store, world.records, world.groups)
    )
    for batch in batches:
        texts = [failed(f"r{number}-{error}", error) for number, error in batch]
        for _ in range(2):  # a batch that died is delivered again, and so is one whose answer was lost
            with suppress(FaultError):
                world.arrives(*texts)
                break
        else:
            world.arrives(*texts)
    script.armed = False
    world.wait(LEFT)
    expected: dict[str, int] = {}
    for _, error in {pair for batch in batches for pair in batch}:
        expected[error] = expected.get(error, 0) + 1
    assert counts(world) == sorted(expected.values())
    assert list(world.groups.left(world.clock())) == []


def test_a_tally_that_lost_every_race_is_settled_by_the_sweep() -> None:
    world = World()
    real = world.groups

    class Contended:
        """Others keep changing the groups."""

        def __getattr__(self, name: str) -> Any:
            return getattr(real, name)

        def commit(self, *_: Any) -> None:
            raise StaleVersionError

    world.groups = Contended()
    with pytest.raises(StaleVersionError):
        world.arrives(failed("a"))
    world.groups = real
    assert counts(world) == []
    world.sweep()
    assert counts(world) == []  # anyone who wrote it may still be at it
    world.wait(LEFT)
    assert counts(world) == [1]


def test_hours_are_counted_with_the_groups() -> None:
    world = World()
    world.arrives(failed("a"), failed("b"))
    group = world.execution("a").failure.group
    assert world.groups.hours(group, START) == {START: 2}


def test_the_first_failure_explains_the_group() -> None:
    world = World()
    world.arrives(failed("a"))
    why = world.groups.why(world.execution("a").failure.group)
    assert why is not None
    assert (why.example, why.algorithm) == ("a", ALGORITHM)
    assert '"type":"ValueError"' in why.parts


# ---------------------------------------------------------------- one failure, told twice


def test_a_payload_that_was_missing_is_taken_from_a_second_message() -> None:
    world = World()
    world.arrives(record_text("a", payload=None))
    assert world.execution("a").unreplayable is Reason.PAYLOAD_MISSING
    world.arrives(record_text("a", payload='{"n":1.10}'))
    assert world.execution("a").unreplayable is None
    world.replay("a")
    assert [payload for _, payload in world.aws.sent] == [b'{"n":1.10}']
    assert counts(world) == [1]


def test_a_second_message_about_another_function_completes_nothing() -> None:
    world = World()
    world.arrives(record_text("a", payload=None))
    world.arrives(record_text("a", payload="1", arn=FUNCTION + "-other"))
    assert world.execution("a").unreplayable is Reason.PAYLOAD_MISSING


# ---------------------------------------------------------------- alerts


def test_a_storm_of_one_cause_is_one_message() -> None:
    world = World()
    for number in range(20):
        world.arrives(*[failed(f"r{number}-{n}") for n in range(10)])
        world.sweep()
    assert len(world.mailbox.messages) == 1
    subject, text = world.mailbox.messages[0]
    assert subject.startswith("New failure in orders: ValueError")
    assert "GET /groups/" in text
    assert world.counts[Count.ALERT_SENT] == 1


def test_a_storm_of_many_causes_is_one_message_too() -> None:
    world = World()
    texts = [
        record_text(f"r{n}", response='{"errorType":"Error%s","errorMessage":"x"}' % ("A" * n))
        for n in range(1, 31)
    ]
    world.arrives(*texts)
    assert len(counts(world)) == 30
    world.sweep()
    [(subject, text)] = world.mailbox.messages
    assert subject == "30 groups of failures want a look"
    assert "and 10 more" in text
    world.sweep()
    assert len(world.mailbox.messages) == 1


def test_a_regression_and_a_woken_group_are_reported() -> None:
    world = World()
    world.arrives(failed("a"))
    world.sweep()
    group = world.execution("a").failure.group
    decisions.decide(world.groups, group, decision(GroupVerb.RESOLVED, reason="v8"))
    world.clock.pass_(timedelta(hours=1))
    world.arrives(record_text("b", at=world.clock()))
    world.sweep()
    assert world.group(group).status is GroupStatus.REGRESSED
    assert [event.verb for event in world.groups.history(group)] == [GroupVerb.REGRESSED, GroupVerb.RESOLVED]
    ignored = decision(GroupVerb.IGNORED, world.clock(), reason="known")
    decisions.decide(world.groups, group, ignored, more=2)
    for number in range(3):
        assert world.group(group).status is GroupStatus.IGNORED
        world.arrives(record_text(f"c{number}", at=world.clock()))
    world.sweep()
    subjects = [subject.split(" in ")[0] for subject, _ in world.mailbox.messages]
    assert subjects == ["New failure", "Regression", "Ignored failure is back"]


def test_an_alert_that_could_not_be_sent_waits() -> None:
    world = World()
    world.arrives(failed("a"))
    world.mailbox.reachable = False
    with pytest.raises(ExceptionGroup):
        world.sweep()
    world.mailbox.reachable = True
    world.sweep()
    assert len(world.mailbox.messages) == 1


def test_alerts_say_nothing_of_payload_or_message() -> None:
    world = World()
    secret = '{"errorType":"ValueError","errorMessage":"card 4111-1111-1111-1111 of bob@example.com"}'
    world.arrives(record_text("a", payload='{"secret":"swordfish"}', response=secret))
    world.sweep()
    reported = str(world.mailbox.messages)
    for part in ("4111", "bob", "swordfish"):
        assert part not in reported


def test_a_group_that_is_counted_while_its_alert_is_sent_is_reported_once() -> None:
    world = World()
    world.arrives(failed("a"))
    numbers = iter(range(100))
    send = world.mailbox.send

    class Busy(Mailbox):
        def send(self, subject: str, text: str) -> None:
            send(subject, text)
            world.arrives(failed(f"meanwhile-{next(numbers)}"))

    first, world.mailbox = world.mailbox, Busy()
    for _ in range(3):
        world.sweep()
    assert len(first.messages) == 1


def test_an_alert_about_a_merged_group_counts_its_members() -> None:
    world = World()
    world.arrives(failed("a"), failed("b", "key"), failed("c", "key"))
    first, second = (world.execution(run).failure.group for run in ("a", "b"))
    decisions.merge(world.groups, second, first, decision(GroupVerb.MERGED))
    world.sweep()
    [(_, text)] = world.mailbox.messages
    assert "; 3 failed runs since" in text


# ---------------------------------------------------------------- decisions


def test_a_decision_that_is_met_again_is_not_refused() -> None:
    """The answer to its write was lost, and the client wrote it a second time."""
    world = World()
    world.arrives(failed("a"), failed("b", "key"))
    first, second = (world.execution(run).failure.group for run in ("a", "b"))
    for verb in (GroupVerb.IGNORED, GroupVerb.REOPENED):
        for _ in range(2):
            decisions.decide(world.groups, first, decision(verb))
    for _ in range(2):
        decisions.merge(world.groups, second, first, decision(GroupVerb.MERGED))
    assert world.group(first).members == (second,)


def test_the_history_of_a_merge_names_both() -> None:
    world = World()
    world.arrives(failed("a"), failed("b", "key"))
    first, second = (world.execution(run).failure.group for run in ("a", "b"))
    decisions.merge(world.groups, second, first, decision(GroupVerb.MERGED))
    assert world.groups.history(first)[0].other == second
    assert world.groups.history(second)[0].other == first


# ---------------------------------------------------------------- own rules


def test_rules_of_a_minute_ago_will_do_while_the_table_does_not_answer() -> None:
    world = World()
    row = {"id": "ours", "category": "throttling", "verdict": "as_is", "when": {"message": "boom"}}
    replace_rules(world.rules, [row], at=START, by="me", reason=None)
    batches = world.batches()
    assert batches.triage.rules().version == 1

    def broken() -> None:
        raise OSError("no table")

    world.rules.current = broken  # type: ignore[method-assign]
    world.clock.pass_(timedelta(minutes=2))
    assert batches.triage.rules().version == 1
    assert [str(fault) for fault in world.unread] == ["no table"]
    with pytest.raises(OSError, match="no table"):
        world.batches().triage.rules()


def test_rules_that_cannot_be_read_are_left_out_and_counted() -> None:
    world = World()
    world.rules.add(RuleSet(version=1, rows='[{"id":"x"}]', at=START, by="me"))
    world.arrives(failed("a"))
    assert world.execution("a").failure.rules is None
    assert world.counts[Count.RULES_REFUSED] == 1
