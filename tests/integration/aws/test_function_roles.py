"""Which role a function runs with: asked seldom, and never at the price of a record."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError

from lambda_replay.adapters.aws.function_roles import LambdaFunctionRoles
from lambda_replay.domain.functions.function_arn import FunctionArn
from tests.support.world.service import FUNCTION, Clock

TARGET = FunctionArn.parse(f"{FUNCTION}:$LATEST")
ALIAS = FunctionArn.parse(f"{FUNCTION}:live")
OTHER = FunctionArn.parse(f"{FUNCTION}-other:$LATEST")


class Account:
    """Plays Lambda and IAM: the role of each function by its qualifier, the id of each role."""

    def __init__(self) -> None:
        self.roles = {"$LATEST": "arn:aws:iam::123456789012:role/service-role/orders"}
        self.ids = {"orders": "AROA1", "live": "AROA2"}
        self.asked: list[str] = []
        self.fails: Callable[[], Exception] | None = None

    def get_function_configuration(self, *, FunctionName: str, Qualifier: str) -> dict[str, str]:
        self.asked.append(f"{FunctionName}:{Qualifier}")
        if self.fails is not None:
            raise self.fails()
        return {"Role": self.roles.get(Qualifier, "arn:aws:iam::123456789012:role/live")}

    def get_role(self, *, RoleName: str) -> dict[str, Any]:
        self.asked.append(RoleName)
        if RoleName not in self.ids:
            raise ClientError({"Error": {"Code": "NoSuchEntity"}}, "GetRole")
        return {"Role": {"RoleId": self.ids[RoleName]}}


def made() -> tuple[LambdaFunctionRoles, Account, Clock]:
    account, clock = Account(), Clock()
    client: Any = account
    return LambdaFunctionRoles(clock, lambda _: client, lambda: client), account, clock


def test_it_is_asked_once_an_hour() -> None:
    roles, account, clock = made()
    for _ in range(3):
        assert roles.role_id(TARGET) == "AROA1"
        clock.pass_(timedelta(minutes=19))
    assert account.asked == [f"{FUNCTION}:$LATEST", "orders"]
    clock.pass_(timedelta(minutes=5))
    account.ids["orders"] = "AROA1-MADE-AGAIN"
    assert roles.role_id(TARGET) == "AROA1-MADE-AGAIN"


def test_functions_with_one_role_ask_for_it_once() -> None:
    roles, account, _ = made()
    assert [roles.role_id(TARGET), roles.role_id(OTHER)] == ["AROA1", "AROA1"]
    assert account.asked.count("orders") == 1


def test_a_version_has_its_own_role() -> None:
    roles, _, _ = made()
    assert [roles.role_id(TARGET), roles.role_id(ALIAS)] == ["AROA1", "AROA2"]


def test_there_is_one_fresh_lookup_a_minute_however_much_is_forged() -> None:
    roles, account, clock = made()
    for _ in range(10):
        roles.role_id(TARGET, fresh=True)
    assert len(account.asked) == 2
    clock.pass_(timedelta(minutes=1))
    account.roles["$LATEST"] = "arn:aws:iam::123456789012:role/live"
    assert roles.role_id(TARGET, fresh=True) == "AROA2"


@pytest.mark.parametrize(
    "fault",
    [
        ClientError({"Error": {"Code": "AccessDeniedException"}}, "GetFunctionConfiguration"),
        ClientError({"Error": {"Code": "TooManyRequestsException"}}, "GetFunctionConfiguration"),
        ConnectTimeoutError(endpoint_url="http://127.0.0.1"),
        KeyError("Role"),
    ],
    ids=lambda fault: type(fault).__name__,
)
def test_what_can_not_be_read_is_unknown_for_a_minute(fault: Exception) -> None:
    roles, account, clock = made()
    account.fails = lambda: fault
    assert [roles.role_id(TARGET), roles.role_id(TARGET)] == [None, None]
    assert len(account.asked) == 1
    account.fails = None
    clock.pass_(timedelta(minutes=1))
    assert roles.role_id(TARGET) == "AROA1"


def test_a_role_of_another_account_is_unknown() -> None:
    roles, account, _ = made()
    account.roles["$LATEST"] = "arn:aws:iam::999999999999:role/theirs"
    assert roles.role_id(TARGET) is None
