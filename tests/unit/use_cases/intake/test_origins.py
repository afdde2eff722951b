"""Who sent a record, and what that allows."""

from dataclasses import replace

import pytest

from lambda_replay.domain.functions.allow_list import AllowList
from lambda_replay.domain.functions.function_arn import FunctionArn
from lambda_replay.domain.intake.channel import Channel
from lambda_replay.domain.intake.execution_record import parse_record
from lambda_replay.domain.intake.origin import Origin
from lambda_replay.use_cases.intake.origins import Origins
from tests.support.world.automatic import RULE, minutes
from tests.support.world.automatic import world as automatic_world
from tests.support.world.service import FUNCTION, ROLE, SENDER, World, record_text

FORGER = "AROAFORGERFORGER12345:awslambda_1"


@pytest.mark.parametrize("sender", [FORGER, "AIDAEXAMPLE", ROLE[:-1] + ":x", ":", "", None, "123456789012"])
def test_one_forged_message_has_no_function_invoked(sender: str | None) -> None:
    world = automatic_world()
    world.arrives(record_text("event-1", payload='{"to":"attacker"}'), sender=sender)
    assert world.execution("event-1").origin is Origin.UNVERIFIED
    minutes(world, 60)
    assert world.aws.sent == []
    # A person may, after a look.
    world.replay("event-1")
    assert len(world.aws.sent) == 1


@pytest.mark.parametrize("sender", [SENDER, ROLE])
def test_what_the_functions_own_role_sent_is_replayed(sender: str) -> None:
    world = automatic_world()
    world.arrives(record_text("event-1"), sender=sender)
    assert world.execution("event-1").origin is Origin.VERIFIED
    minutes(world, 60)
    assert world.aws.sent


def test_a_policy_may_take_the_risk() -> None:
    world = automatic_world(rule=replace(RULE, unverified_origin=True))
    world.arrives(record_text("event-1"), sender=FORGER)
    minutes(world, 60)
    assert world.aws.sent


def test_a_role_that_can_not_be_read_verifies_nothing() -> None:
    world = automatic_world()
    world.roles[FUNCTION] = None
    world.fails("event-1")
    minutes(world, 60)
    assert world.aws.sent == []


class Roles:
    """Another role after the first look."""

    def __init__(self) -> None:
        self.asked: list[bool] = []

    def role_id(self, target: FunctionArn, *, fresh: bool = False) -> str | None:
        self.asked.append(fresh)
        return ROLE if fresh else "AROAFORMER"


def origins(roles: Roles, allowed: str = FUNCTION) -> Origins:
    return Origins(roles, AllowList.parse(allowed))


RECORD = parse_record(record_text("event-1"), fallback_id="x")


def test_a_function_that_got_another_role_is_looked_at_again() -> None:
    roles = Roles()
    assert origins(roles)(RECORD, SENDER) is Origin.VERIFIED
    assert roles.asked == [False, True]


@pytest.mark.parametrize("channel", [channel for channel in Channel if channel is not Channel.QUEUE])
def test_other_channels_say_nothing_of_who_sent_it(channel: Channel) -> None:
    roles = Roles()
    assert origins(roles)(replace(RECORD, channel=channel), SENDER) is Origin.UNVERIFIED
    assert roles.asked == []


def test_nothing_is_asked_about_functions_that_can_not_be_replayed() -> None:
    roles = Roles()
    assert origins(roles, allowed=f"{FUNCTION}-other")(RECORD, SENDER) is Origin.UNVERIFIED
    assert roles.asked == []


def test_the_next_automatic_replay_needs_the_origin_of_the_first_record() -> None:
    """The failure of a run says nothing of who sent the event."""
    world = automatic_world()
    world.arrives(record_text("event-1"), sender=FORGER)
    world.replay("event-1")
    world.fails("run-1", at=world.clock())
    minutes(world, 120)
    assert len(world.aws.sent) == 1


def test_a_world_without_policies_shows_the_origin_all_the_same() -> None:
    world = World()
    world.arrives(record_text("event-1"), sender=FORGER)
    world.arrives(record_text("event-2"))
    assert [world.execution(name).origin for name in ("event-1", "event-2")] == [
        Origin.UNVERIFIED,
        Origin.VERIFIED,
    ]
