# ruff: noqa: E501 - a message reads better in one line
"""Titles quote what the message quotes: names of code where they stand, values masked in place."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.diagnosis.score_cases import explained
from lambda_replay.domain.diagnosis.titles import title
from tests.support.payloads import bare, python


def title_of(kind: str, message: str) -> str:
    return explained(json.dumps(bare(kind, message))).title


KEPT = [
    ("AttributeError", "'NoneType' object has no attribute 'lookup'"),
    ("AttributeError", "module 'jwt' has no attribute 'encode'"),
    ("TypeError", "unsupported operand type(s) for +: 'int' and 'str'"),
    ("TypeError", "handler() got an unexpected keyword argument 'colour'"),
    ("NameError", "name 'orders' is not defined"),
    ("UnboundLocalError", "cannot access local variable 'total' where it is not associated with a value"),
    ("Runtime.ImportModuleError", "Unable to import module 'app': No module named 'psycopg2._psycopg'"),
    ("Runtime.ImportModuleError", "Unable to import module 'app': cannot import name 'cygrpc' from 'grpc._cython'"),
    ("Runtime.ImportModuleError", "Cannot find module '@aws-sdk/client-s3'"),
    ("SyntaxError", "The requested module './lib.js' does not provide an export named 'getUser'"),
    ("Runtime.HandlerNotFound", "Handler 'main' missing on module 'app'"),
    ("TypeError", "Cannot read properties of undefined (reading 'lookup')"),
    ("Function<NoMethodError>", "undefined method `lookup' for nil"),
    ("KeyError", "'orderId'"),
    ("Runtime.ExitError", "Runtime exited with error: exit status 127"),
    ("AxiosError", "Request failed with status code 503"),
    ("E", "HTTP Error 404: Not Found"),
    ("HTTPError", "503 Server Error: Service Unavailable for url"),
    ("ApiError", "404: Not Found"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "message"), KEPT)
def test_names_of_code_stay_where_they_stand(kind: str, message: str) -> None:
    assert title_of(kind, message) == f"{kind}: {message}"


CODE = st.from_regex(r"[A-Za-z_][A-Za-z_]{1,20}", fullmatch=True)


@settings(max_examples=80, deadline=None)
@given(CODE, CODE)
def test_every_name_stays_in_its_own_quotes(one: str, two: str) -> None:
    for message in (
        f"'{one}' object has no attribute '{two}'",
        f"module '{one}' has no attribute '{two}'",
        f"cannot import name '{one}' from '{two}'",
        f"Unable to import module '{one}': No module named '{two}'",
        f"Handler '{one}' missing on module '{two}'",
        f"unsupported operand type(s) for +: '{one}' and '{two}'",
    ):
        assert title("E", message) == f"E: {message}"


VALUES = st.from_regex(r"[A-Za-z0-9 ,.]{1,30}", fullmatch=True)


@settings(max_examples=80, deadline=None)
@given(VALUES, CODE)
def test_values_are_masked_where_they_stand(value: str, name: str) -> None:
    assert (
        title("E", f"'{value}' is not in list, attribute '{name}'")
        == f"E: '…' is not in list, attribute '{name}'"
    )
    assert (
        title("E", f"bad colour \"{value}\" for module '{name}'") == f"E: bad colour '…' for module '{name}'"
    )


@pytest.mark.parametrize(
    ("message", "secret"),
    [
        ("login failed: password=hunter2", "hunter2"),
        ("login failed: password: hunter2", "hunter2"),
        ('bad config {"password": "hunter2"}', "hunter2"),
        ("call to /v1/orders/17?token=abcdef&x=1 failed", "abcdef"),
        ("Authorization: Bearer abcdef.ghi rejected", "abcdef"),
        ("Authorization: Basic dXNlcg== rejected", "dXNlcg"),
        ("api_key=abcdef is not known", "abcdef"),
        ("redis://user:hunter@cache.example:6379 refused", "hunter"),
        ("jane@example.com is not known", "jane"),
        ("customer 'Jane Doe' is not known", "Jane"),
        ("no user 'jane'", "jane"),
    ],
)  # fmt: skip
def test_secrets_and_people_are_masked(message: str, secret: str) -> None:
    assert secret not in title_of("ValueError", message)


def test_the_type_of_the_object_parts_groups() -> None:
    line = ("/var/task/app.py", "handler", "return x.get(1)")
    none, text = (
        explained(json.dumps(python("AttributeError", f"'{kind}' object has no attribute 'get'", line)))
        for kind in ("NoneType", "str")
    )
    assert none.fingerprint != text.fingerprint
    assert none.former[-1] == text.former[-1]  # version 1


def test_the_words_of_another_service_part_groups_and_own_words_do_not() -> None:
    def group(message: str, line: str) -> str:
        return explained(
            json.dumps(python("PaymentError", message, ("/var/task/pay.py", "pay", line)))
        ).fingerprint

    passed_on, own = "raise PaymentError(result.message)", 'raise PaymentError(f"order {order.id} declined")'
    assert group("insufficient funds", passed_on) != group("merchant account is closed", passed_on)
    assert group("insufficient funds for order 17", passed_on) == group(
        "insufficient funds for order 18", passed_on
    )
    assert group("order a declined", own) == group("order b declined", own)
