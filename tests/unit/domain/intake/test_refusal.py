"""The refusal that travels with a message, within what SQS takes."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambda_replay.domain.intake.refusal import (
    LARGEST,
    MOST_ATTRIBUTES,
    NAMES,
    REASON,
    Attribute,
    Refusal,
)

REFUSAL = Refusal(
    reason="not_json",
    why="not a complete JSON object: expected '{' at character 0",
    queue="arn:aws:sqs:eu-west-1:123456789012:failures",
    at=datetime(2026, 1, 31, 9, tzinfo=UTC),
    sender="AROAEXAMPLEID:orders",
)


def texts(attributes: dict[str, Attribute]) -> dict[str, str]:
    return {name: str(attribute.value) for name, attribute in attributes.items()}


def size(attributes: dict[str, Attribute]) -> int:
    return sum(len(name.encode()) + attribute.size for name, attribute in attributes.items())


def test_what_is_written_is_read() -> None:
    assert Refusal.read(texts(REFUSAL.beside({}, "x"))) == REFUSAL


def test_what_is_not_known_is_left_out() -> None:
    bare = Refusal(reason="not_json", why="so")
    assert list(bare.beside({}, "x")) == [REASON]
    assert Refusal.read(texts(bare.beside({}, "x"))) == bare


@pytest.mark.parametrize("attributes", [{}, {"Refused.At": "now"}, {REASON: ""}, {REASON: ": why"}])
def test_what_gives_no_reason_is_none(attributes: dict[str, str]) -> None:
    assert Refusal.read(attributes) is None


def test_a_reason_of_a_newer_version_and_a_time_that_is_none_are_no_obstacle() -> None:
    found = Refusal.read({REASON: "of_tomorrow: so", "Refused.At": "2026-01-31"})
    assert found == Refusal(reason="of_tomorrow", why="so")


attributes = st.dictionaries(
    st.text(alphabet="ab.", min_size=1, max_size=3) | st.sampled_from(NAMES),
    st.builds(Attribute, st.sampled_from(["String", "Number"]), st.text(min_size=1, max_size=5)),
    max_size=MOST_ATTRIBUTES,
)


@given(attributes, st.integers(0, 600))
def test_the_message_stays_whole_and_within_what_sqs_takes(given: dict[str, Attribute], room: int) -> None:
    own = {name: attribute for name, attribute in given.items() if name not in NAMES}
    body = "x" * (LARGEST - size(own) - room)
    found = REFUSAL.beside(given, body)
    assert found.items() >= own.items()
    assert len(found) <= MOST_ATTRIBUTES
    assert len(body) + size(found) <= LARGEST
    added = [name for name in NAMES if name in found]
    assert tuple(added) == NAMES[: len(added)]
    if room == 600:
        assert len(added) == min(len(NAMES), MOST_ATTRIBUTES - len(own))
