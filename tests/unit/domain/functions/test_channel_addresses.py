"""What leads to this stack, and what is said about a function whose records go elsewhere."""

from datetime import timedelta

import pytest

from lambda_replay.domain.functions.channel_addresses import ChannelAddresses
from lambda_replay.domain.functions.function_config import FunctionConfig
from tests.support.world.service import START

QUEUE, TOPIC = "arn:aws:sqs:eu-west-1:1:failures", "arn:aws:sns:eu-west-1:1:team-orders"
DEAD, OTHER = "arn:aws:sqs:eu-west-1:1:dead", "arn:aws:sqs:eu-west-1:1:other"
WAYS = ChannelAddresses.parse(
    f"{QUEUE},arn:aws:sns:eu-west-1:1:team-*,,{DEAD}=arn:aws:lambda:eu-west-1:1:function:a"
)
Arns = tuple[str, ...] | None


@pytest.mark.parametrize(("arn", "leads_here"), [(QUEUE, True), (TOPIC, True), (DEAD, True), (OTHER, False)])
def test_ways(arn: str, leads_here: bool) -> None:
    assert WAYS.take(arn) is leads_here


def test_no_ways_take_nothing() -> None:
    assert ChannelAddresses.parse("").patterns == ()


@pytest.mark.parametrize(
    ("on_failure", "on_success", "silent", "said"),
    [
        ((QUEUE,), (), False, None),
        ((OTHER, DEAD), (), False, None),
        ((TOPIC,), (QUEUE,), False, None),
        (None, None, False, None),
        ((), (), True, "no destination: the outcome will not be reported"),
        ((), (OTHER,), True, "no destination: the outcome will not be reported"),
        ((), (QUEUE,), False, "no destination for failures: a failure will not be reported"),
        ((OTHER,), (QUEUE,), False, "no destination for failures: a failure will not be reported"),
        (
            (OTHER,),
            (),
            True,
            f"its failures go to {OTHER}, not to this stack: the outcome will not be reported unless they "
            "are passed on",
        ),
    ],
)
def test_what_is_not_reported(on_failure: Arns, on_success: Arns, silent: bool, said: str | None) -> None:
    facts = FunctionConfig(
        code="c", version="1", modified_at=START, timeout=timedelta(seconds=3),
        on_failure=on_failure, on_success=on_success,
    )  # fmt: skip
    assert facts.is_silent(WAYS) is silent
    assert facts.unreported(WAYS) == said
