"""Where a function's records go, and whether it exists, made of Lambda's answers."""

from datetime import timedelta
from typing import Any, cast

import pytest

from lambda_replay.adapters.aws.lambda_config import LambdaFunctions
from lambda_replay.domain.functions.function_config import MissingFunction
from lambda_replay.domain.refusals import Reason
from tests.integration.aws.test_lambda_config import (
    CONFIGURATION,
    DELETED,
    DENIED,
    LIVE,
    ORDERS,
    UNREAD,
    Lambda,
)
from tests.support.world.service import Clock

QUEUE = "arn:aws:sqs:eu-west-1:123456789012:failures"
ELSEWHERE = "arn:aws:sns:eu-west-1:123456789012:team"


@pytest.fixture
def aws_lambda() -> Lambda:
    return Lambda()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def functions(aws_lambda: Lambda, clock: Clock) -> LambdaFunctions:
    return LambdaFunctions(clock, lambda _: cast("Any", aws_lambda))


@pytest.mark.parametrize(
    ("config", "dead_letter", "on_failure", "on_success"),
    [
        (DELETED, None, (), ()),
        (DENIED, None, None, None),
        (DENIED, QUEUE, None, None),
        ({"MaximumRetryAttempts": 0}, None, (), ()),
        ({"DestinationConfig": {"OnFailure": {}, "OnSuccess": {"Destination": ""}}}, None, (), ()),
        ({"DestinationConfig": {"OnFailure": {"Destination": QUEUE}}}, None, (QUEUE,), ()),
        ({"DestinationConfig": {"OnSuccess": {"Destination": QUEUE}}}, None, (), (QUEUE,)),
        ({"DestinationConfig": {"OnFailure": {"Destination": QUEUE}}}, ELSEWHERE, (QUEUE, ELSEWHERE), ()),
        (DELETED, QUEUE, (QUEUE,), ()),
    ],
    ids=str,
)
def test_where_records_go(
    functions: LambdaFunctions,
    aws_lambda: Lambda,
    config: Any,
    dead_letter: str | None,
    on_failure: Any,
    on_success: Any,
) -> None:
    aws_lambda.event_invoke["$LATEST"] = config
    if dead_letter:
        aws_lambda.functions["$LATEST"] = CONFIGURATION | {"DeadLetterConfig": {"TargetArn": dead_letter}}
    facts = functions.facts(ORDERS)
    assert facts is not None
    assert (facts.on_failure, facts.on_success) == (on_failure, on_success)


def test_an_alias_that_does_not_exist_is_distinguished_from_a_function_that_does_not(
    functions: LambdaFunctions, aws_lambda: Lambda
) -> None:
    aws_lambda.aliases = ["live", "Replay", "blue"]
    assert functions.absence(ORDERS) is None
    mistaken = ORDERS.with_qualifier("replai")
    assert functions.absence(mistaken) == MissingFunction(mistaken, Reason.QUALIFIER_NOT_FOUND, ("Replay",))
    assert str(functions.absence(mistaken)) == (
        "the function orders has no alias or version replai: did you mean Replay?"
    )
    aws_lambda.aliases = DENIED
    other = ORDERS.with_qualifier("zzz")
    assert functions.absence(other) == MissingFunction(other, Reason.QUALIFIER_NOT_FOUND)
    aws_lambda.functions = {}
    for gone in (ORDERS, ORDERS.with_qualifier("$LATEST"), LIVE):
        assert functions.absence(gone, fresh=True) == MissingFunction(ORDERS, Reason.FUNCTION_DELETED)


@pytest.mark.parametrize("error", UNREAD[1:], ids=lambda error: str(error)[:60])
def test_what_can_not_be_read_is_not_said_to_be_absent(
    functions: LambdaFunctions, aws_lambda: Lambda, error: Exception
) -> None:
    aws_lambda.functions["$LATEST"] = error
    assert functions.absence(ORDERS) is None
    assert functions.absence(LIVE) is None, "it is unknown whether the function is there"


def test_what_is_absent_is_looked_for_again_soon(
    functions: LambdaFunctions, aws_lambda: Lambda, clock: Clock
) -> None:
    """The alias is made by the person who has just been told that there is none."""
    assert functions.absence(LIVE) is not None
    aws_lambda.functions["live"] = CONFIGURATION | {"Version": "7"}
    clock.pass_(timedelta(seconds=4))
    assert functions.absence(LIVE) is not None
    clock.pass_(timedelta(seconds=1))
    assert functions.absence(LIVE) is None
    assert functions.facts(LIVE) is not None
