"""The allow-list decides as IAM does (docs/reference/service.md#allow-listed)."""

import pytest

from lambda_replay.domain.functions.allow_list import AllowList
from lambda_replay.domain.functions.function_arn import FunctionArn, InvalidFunctionArnError

BASE = "arn:aws:lambda:eu-west-1:123456789012:function:"


@pytest.mark.parametrize(
    ("pattern", "target", "allowed"),
    [
        ("orders", "orders", True),
        ("orders", "orders:live", True),
        ("orders", "orders:$LATEST", True),
        ("orders", "orders-other", False),
        ("orders", "my-orders", False),
        ("orders-*", "orders-a", True),
        ("orders-*", "orders-a:7", True),
        ("orders-*", "orders", False),
        ("order?", "orders", True),
        ("order?", "order", False),
        ("orders:live", "orders:live", True),
        ("orders:live", "orders:dark", False),
        ("orders:live", "orders", False),
        ("**s", "orders", True),
    ],
)
def test_patterns(pattern: str, target: str, allowed: bool) -> None:
    assert AllowList((BASE + pattern,)).allows(FunctionArn.parse(BASE + target)) is allowed


def test_another_account_or_region_is_not_allowed() -> None:
    listed = AllowList.parse(f" {BASE}orders , {BASE}billing ")
    assert listed.allows(FunctionArn.parse(BASE + "billing"))
    assert not listed.allows(FunctionArn.parse(BASE.replace("123456789012", "999999999999") + "orders"))
    assert not listed.allows(FunctionArn.parse(BASE.replace("eu-west-1", "us-east-1") + "orders"))


def test_a_dot_is_a_dot() -> None:
    assert not AllowList(("arn.aws:lambda:eu-west-1:123456789012:function:a",)).allows(
        FunctionArn.parse(BASE + "a")
    )


def test_nothing_listed_allows_nothing() -> None:
    assert not AllowList.parse(" , ").allows(FunctionArn.parse(BASE + "a"))


@pytest.mark.parametrize(
    "text", ["", BASE, BASE + "a:b:c", BASE + "a b", "arn:aws:sqs:eu-west-1:123456789012:q", BASE + "a\n"]
)
def test_what_is_no_function_arn_is_refused(text: str) -> None:
    with pytest.raises(InvalidFunctionArnError):
        FunctionArn.parse(text)


def test_the_functions_of_a_name_are_looked_for_where_the_patterns_are() -> None:
    other = BASE.replace("eu-west-1:123456789012", "us-east-1:210987654321")
    allowed = AllowList.parse(f"{BASE}orders-*,{BASE}orders-new,{other}*-new:live,{other}pay?,nonsense")
    found = [str(one) for one in allowed.targets("orders-new")]
    assert found == [f"{BASE}orders-new", f"{other}orders-new"]
    assert [str(one) for one in allowed.targets("pays")] == [f"{other}pays"]
    assert [str(one) for one in allowed.targets(f"{other}pays")] == [f"{other}pays"]
    assert allowed.targets(f"{other}order") == ()
    assert allowed.targets("order") == ()
    assert allowed.targets("no name") == ()
