"""`Invoker` on Lambda's Invoke API."""

import random
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from threading import Lock
from typing import TYPE_CHECKING, Any

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
)
from tenacity import Retrying, retry_if_exception_type, wait_random_exponential

from lambda_replay.adapters.aws.clients import lazy
from lambda_replay.domain.functions.function_arn import FunctionArn
from lambda_replay.domain.refusals import Reason
from lambda_replay.ports.invoker import Accepted, InvokeAnswer, Rejected, Unanswered

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient

# Error codes of Invoke (docs/reference/lambda.md#invoke) and what they mean to a replay. None of them
# leaves an event behind. What is not named here is refused by its status below.
_BY_CODE: dict[str, Reason] = {
    "ResourceNotFoundException": Reason.FUNCTION_DELETED,
    "ResourceConflictException": Reason.FUNCTION_NOT_READY,
    "ResourceNotReadyException": Reason.FUNCTION_NOT_READY,
    "RequestTooLargeException": Reason.PAYLOAD_TOO_LARGE,
    "InvalidRequestContentException": Reason.PAYLOAD_INVALID,
    "RecursiveInvocationException": Reason.RECURSION_STOPPED,
    "DurableExecutionAlreadyStartedException": Reason.DURABLE_ALREADY_STARTED,
}
_BY_STATUS: dict[int, Reason] = {
    403: Reason.ACCESS_DENIED,
    404: Reason.FUNCTION_DELETED,
    413: Reason.PAYLOAD_TOO_LARGE,
    429: Reason.THROTTLED,
}
_ATTEMPTS = 4
# None begins later (seconds after the first): with the last one's patience, 10 seconds, and the waits in
# between all of them end within 16.
_LAST_BEGINS = 5
_FIRST_PAUSE = 0.2  # seconds
# As many as replays are sent at once.
_CONNECTIONS = 16


class _NotTakenError(Exception):
    """The event was provably not taken, and may be the next time."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason = reason


def lambda_client(region: str) -> "LambdaClient":
    """A client whose every call is one request: a second one could enqueue the event a second time."""
    client: LambdaClient = lazy(
        "lambda",
        region_name=region,
        connect_timeout=2,
        read_timeout=8,
        retries={"total_max_attempts": 1},
        max_pool_connections=_CONNECTIONS,
        # Whose calls these are. Botocore would put a text of its own together again for each.
        user_agent="lambda-replay",
    )()
    return client


@dataclass(frozen=True, slots=True)
class LambdaInvoker:
    """Invokes asynchronously. Only answers that prove the event was not taken are tried again: throttled,
    and no connection. `sleep` waits between those tries, in seconds; `seconds` is a clock for their time."""

    sleep: Callable[[float], None]
    make_client: Callable[[str], "LambdaClient"] = field(default_factory=lambda: lambda_client)
    seconds: Callable[[], float] = time.monotonic
    _clients: dict[str, "LambdaClient"] = field(default_factory=dict)
    _making: Lock = field(default_factory=Lock)

    def client_for(self, region: str) -> "LambdaClient":
        with self._making:
            if region not in self._clients:
                self._clients[region] = self.make_client(region)
            return self._clients[region]

    def invoke(
        self,
        target: FunctionArn,
        payload: bytes,
        *,
        tenant: str | None = None,
        durable_name: str | None = None,
    ) -> InvokeAnswer:
        latest = self.seconds() + _LAST_BEGINS
        named = {"TenantId": tenant, "DurableExecutionName": durable_name}
        send = partial(self._once, target, payload, {key: name for key, name in named.items() if name})
        try:
            return send()
        except _NotTakenError as refusal:
            if self.seconds() > latest:
                return Rejected(refusal.reason)
            return self._again(send, latest)

    def _again(self, send: Callable[[], InvokeAnswer], latest: float) -> InvokeAnswer:
        wait = wait_random_exponential(multiplier=0.2, max=4)
        retrying = Retrying(
            retry=retry_if_exception_type(_NotTakenError),
            stop=lambda state: state.attempt_number >= _ATTEMPTS - 1 or self.seconds() > latest,
            wait=wait,
            sleep=self.sleep,
            reraise=True,
        )
        self.sleep(random.uniform(0, _FIRST_PAUSE))  # noqa: S311  # no secret
        try:
            return retrying(send)
        except _NotTakenError as refusal:
            return Rejected(refusal.reason)

    def renew(self) -> None:
        """Call when the process may have slept: no Invoke then gets a connection that was closed since then,
        which would look like a lost answer."""
        for client in self._clients.values():
            client.close()

    def _once(self, target: FunctionArn, payload: bytes, named: Mapping[str, Any]) -> InvokeAnswer:
        client = self.client_for(target.region)
        try:
            # The types know nothing of durable functions.
            answer: Mapping[str, Any] = client.invoke(
                FunctionName=str(target), InvocationType="Event", Payload=payload, **named
            )
        except ClientError as error:
            return self._refused(error, target, named)
        except (EndpointConnectionError, ConnectTimeoutError):
            raise _NotTakenError(Reason.ENDPOINT_UNREACHABLE) from None
        except BotoCoreError:
            return Unanswered()
        # It is empty; a connection whose answer was read is used again.
        with suppress(BotoCoreError, OSError, KeyError):
            answer["Payload"].read()
        # A connection that broke in mid-answer can look like a 202 without its headers.
        request_id = answer["ResponseMetadata"].get("RequestId")
        if not request_id or answer["StatusCode"] != 202:
            return Unanswered()
        return Accepted(request_id, answer.get("DurableExecutionArn"))

    def _refused(self, error: ClientError, target: FunctionArn, named: Mapping[str, Any]) -> InvokeAnswer:
        status = error.response["ResponseMetadata"]["HTTPStatusCode"]
        if status >= 500:
            return Unanswered()
        code = error.response["Error"]["Code"]
        reason = _BY_CODE.get(code) or _BY_STATUS.get(status, Reason.INVOKE_REFUSED)
        if reason is Reason.THROTTLED:
            raise _NotTakenError(reason)
        # Where the configuration could not be read before. No code tells it from other wrong parameters.
        if reason is Reason.INVOKE_REFUSED and "TenantId" not in named and _is_about_tenants(error):
            return Rejected(Reason.TENANT_REQUIRED)
        if reason is Reason.FUNCTION_DELETED and self._exists(target):
            return Rejected(Reason.QUALIFIER_NOT_FOUND)
        return Rejected(reason)

    def _exists(self, target: FunctionArn) -> bool:
        """Whether the function is there, apart from the qualifier. A dry run needs no other permission."""
        if target.qualifier in (None, "$LATEST"):
            return False
        client = self.client_for(target.region)
        try:
            client.invoke(FunctionName=target.unqualified, InvocationType="DryRun")
        except ClientError as error:
            return error.response["ResponseMetadata"]["HTTPStatusCode"] != 404
        except BotoCoreError:  # the refusal is known; only what exactly is not found is not
            return False
        return True


def _is_about_tenants(error: ClientError) -> bool:
    answer = error.response["Error"]
    return answer["Code"] == "InvalidParameterValueException" and "tenan" in answer.get("Message", "").lower()
