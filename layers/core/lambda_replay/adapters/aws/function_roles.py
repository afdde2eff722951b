"""`FunctionRoles` on Lambda's and IAM's APIs."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from lambda_replay.adapters.aws.clients import lazy
from lambda_replay.adapters.aws.lambda_config import reading_client
from lambda_replay.domain.functions.function_arn import FunctionArn
from lambda_replay.ports.common import Clock

if TYPE_CHECKING:
    from mypy_boto3_iam import IAMClient
    from mypy_boto3_lambda import LambdaClient

_KEPT, _FRESH = timedelta(hours=1), timedelta(minutes=1)
_REMEMBERED = 10_000
# The last: an answer that broke off can look like one without its members.
_UNREAD = (BotoCoreError, ClientError, KeyError)


def _iam_client() -> "IAMClient":
    """Gives up soon: a record is stored with or without its answer."""
    client: IAMClient = lazy("iam", connect_timeout=1, read_timeout=2, retries={"total_max_attempts": 2})()
    return client


@dataclass(frozen=True, slots=True)
class _Known:
    role_id: str | None
    at: datetime


@dataclass(frozen=True, slots=True)
class LambdaFunctionRoles:
    """Asks once an hour about a function, and once a minute about one that could not be read or whose role
    seems to have changed: the control plane takes 15 requests a second from a whole account."""

    clock: Clock
    functions_for: Callable[[str], "LambdaClient"] = field(default_factory=lambda: cache(reading_client))
    iam: Callable[[], "IAMClient"] = field(default_factory=lambda: cache(_iam_client))
    _known: dict[FunctionArn, _Known] = field(default_factory=dict, init=False)
    """The one that was read longest ago comes first."""
    _ids: dict[str, str] = field(default_factory=dict, init=False)
    """By the role's ARN: many functions share one. One that is made again under its name is read again with
    the function that has it."""

    def role_id(self, target: FunctionArn, *, fresh: bool = False) -> str | None:
        now, known = self.clock(), self._known.get(target)
        if known is not None:
            age = now - known.at
            if age < (_FRESH if fresh or known.role_id is None else _KEPT):
                return known.role_id
            del self._known[target]
        elif len(self._known) >= _REMEMBERED:
            del self._known[next(iter(self._known))]
        found = self._read(target, again=known is not None)
        self._known[target] = _Known(found, now)
        return found

    def _read(self, target: FunctionArn, *, again: bool) -> str | None:
        """None whatever the reason is: denied, deleted, in another account, throttled, not reached."""
        try:
            role = self.functions_for(target.region).get_function_configuration(
                FunctionName=target.unqualified, Qualifier=target.qualifier or "$LATEST"
            )["Role"]
            if again or role not in self._ids:
                self._ids[role] = self.iam().get_role(RoleName=role.rpartition("/")[2])["Role"]["RoleId"]
            return self._ids[role]
        except _UNREAD:
            return None
