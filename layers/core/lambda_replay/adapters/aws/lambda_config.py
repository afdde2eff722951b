"""`Functions` on Lambda's API."""

import hashlib
import json
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from threading import Lock
from typing import TYPE_CHECKING, Any, cast

from botocore.exceptions import BotoCoreError, ClientError

from lambda_replay.adapters.aws.clients import lazy
from lambda_replay.domain.close_names import near
from lambda_replay.domain.functions.function_arn import FunctionArn
from lambda_replay.domain.functions.function_config import (
    DEFAULT_EVENT_AGE,
    DEFAULT_RETRIES,
    Durable,
    FunctionConfig,
    MissingFunction,
)
from lambda_replay.domain.refusals import Reason
from lambda_replay.ports.common import Clock
from lambda_replay.settings import STACK_VARIABLE

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_lambda.type_defs import FunctionConfigurationResponseTypeDef

_FRESH = timedelta(minutes=1)
# What does not exist may be made by the person who has just read so.
_SOON = timedelta(seconds=5)
_LATEST = "$LATEST"
# Targets that are remembered at once: some hundred bytes each.
_REMEMBERED = 1000
# What runs, besides what `_code` takes apart.
_AS_IT_STANDS = (
    "CodeSha256",
    "Runtime",
    "Handler",
    "MemorySize",
    "Timeout",
    "Architectures",
    "EphemeralStorage",
)
_DIGITS = 12
# The last two: an answer that broke off can look like one without its members.
_UNREPORTED = (BotoCoreError, ClientError, KeyError, ValueError)


def reading_client(region: str) -> "LambdaClient":
    """A client that gives up soon: a replay waits for its answer, and goes on without one."""
    client: LambdaClient = lazy(
        "lambda",
        region_name=region,
        connect_timeout=1,
        read_timeout=2,
        retries={"total_max_attempts": 2},
    )()
    return client


_Facts = FunctionConfig | MissingFunction | None


@dataclass(frozen=True, slots=True)
class _Known:
    facts: _Facts
    at: datetime

    @property
    def kept(self) -> timedelta:
        return _SOON if isinstance(self.facts, MissingFunction) else _FRESH


@dataclass(frozen=True, slots=True)
class LambdaFunctions:
    """Asks Lambda at most once a minute about one target, also when it did not answer: the control plane
    takes 15 requests a second from a whole account. Many replays at once ask about the same few targets: one
    of them reads, and those alone wait that ask about the same one."""

    clock: Clock
    client_for: Callable[[str], "LambdaClient"] = field(default_factory=lambda: cache(reading_client))
    _known: dict[FunctionArn, _Known] = field(default_factory=dict, init=False)
    """The one that was read longest ago comes first."""
    _reading: dict[FunctionArn, "Future[_Facts]"] = field(default_factory=dict, init=False)
    _alone: Lock = field(default_factory=Lock, init=False)

    def facts(self, target: FunctionArn, *, fresh: bool = False) -> FunctionConfig | None:
        found = self._look(target, fresh=fresh)
        return found if isinstance(found, FunctionConfig) else None

    def absence(self, target: FunctionArn, *, fresh: bool = False) -> MissingFunction | None:
        found = self._look(target, fresh=fresh)
        return found if isinstance(found, MissingFunction) else None

    def _look(self, target: FunctionArn, *, fresh: bool) -> "_Facts":
        asked = target.with_qualifier(target.qualifier or _LATEST)
        mine: Future[_Facts] = Future()
        with self._alone:
            known = self._known.get(asked)
            if not fresh and known is not None and self.clock() - known.at < known.kept:
                return known.facts
            reading = mine if fresh else self._reading.setdefault(asked, mine)
        return self._read_for_all(asked, mine) if reading is mine else reading.result()

    def _read_for_all(self, asked: FunctionArn, mine: "Future[_Facts]") -> "_Facts":
        try:
            known = _Known(at=self.clock(), facts=self._read(asked))
        except BaseException as fault:  # those that wait get it too
            self._has_read(asked, mine, None)
            mine.set_exception(fault)
            raise
        self._has_read(asked, mine, known)
        mine.set_result(known.facts)
        return known.facts

    def _has_read(self, asked: FunctionArn, mine: "Future[_Facts]", known: _Known | None) -> None:
        with self._alone:
            if self._reading.get(asked) is mine:
                del self._reading[asked]
            if known is None:
                return
            self._known.pop(asked, None)
            if len(self._known) >= _REMEMBERED:
                del self._known[next(iter(self._known))]
            self._known[asked] = known

    def _read(self, asked: FunctionArn) -> FunctionConfig | MissingFunction | None:
        """None whatever the reason is (denied, throttled, not reached): replays go on without it."""
        try:
            configuration = self._configuration(asked)
            event = self._event_invoke(asked)
            return FunctionConfig(
                code=_code(configuration),
                version=configuration["Version"],
                modified_at=datetime.fromisoformat(configuration["LastModified"]),
                timeout=timedelta(seconds=configuration["Timeout"]),
                event_age=event.age,
                retries=event.retries,
                on_failure=event.targets(
                    "OnFailure", configuration.get("DeadLetterConfig", {}).get("TargetArn")
                ),
                on_success=event.targets("OnSuccess"),
                is_own=STACK_VARIABLE in configuration.get("Environment", {}).get("Variables", {}),
                durable=_durable(configuration),
                isolates_tenants=bool(configuration.get("TenancyConfig")),
            )
        except ClientError as error:
            return self._absent(asked) if _is_not_found(error) else None
        except _UNREPORTED:
            return None

    def _configuration(self, asked: FunctionArn) -> "FunctionConfigurationResponseTypeDef":
        return self.client_for(asked.region).get_function_configuration(
            FunctionName=asked.unqualified, Qualifier=asked.qualifier or _LATEST
        )

    def _event_invoke(self, asked: FunctionArn) -> "_EventInvoke":
        """Of this very qualifier: an alias takes nothing over from `$LATEST`."""
        try:
            answer = self.client_for(asked.region).get_function_event_invoke_config(
                FunctionName=asked.unqualified, Qualifier=asked.qualifier or _LATEST
            )
        except ClientError as error:
            return _EventInvoke({} if _is_not_found(error) else None)
        except _UNREPORTED:
            return _EventInvoke(None)
        return _EventInvoke(cast("dict[str, Any]", answer))

    def _absent(self, asked: FunctionArn) -> MissingFunction | None:
        """What exactly does not exist. Lambda answers the same about a function and its alias."""
        if asked.qualifier == _LATEST:
            return MissingFunction(asked.with_qualifier(None), Reason.FUNCTION_DELETED)
        try:
            self._configuration(asked.with_qualifier(None))
        except ClientError as error:
            missing = MissingFunction(asked.with_qualifier(None), Reason.FUNCTION_DELETED)
            return missing if _is_not_found(error) else None
        except _UNREPORTED:
            return None
        return MissingFunction(
            asked, Reason.QUALIFIER_NOT_FOUND, near(asked.qualifier or "", self._aliases(asked))
        )

    def _aliases(self, asked: FunctionArn) -> list[str]:
        """The first of them, for a suggestion; none where they can't be listed."""
        try:
            answer = self.client_for(asked.region).list_aliases(FunctionName=asked.unqualified)
            return [alias["Name"] for alias in answer["Aliases"]]
        except _UNREPORTED:
            return []


@dataclass(frozen=True, slots=True)
class _EventInvoke:
    """Lambda's answer about an event invoke configuration; empty: there is none, None: it is not known."""

    answer: dict[str, Any] | None

    # Lambda's defaults are also the largest values there are: where nothing is known, the window may be
    # too long, but never closes on a run that may still fail.
    @property
    def age(self) -> timedelta:
        seconds = (self.answer or {}).get("MaximumEventAgeInSeconds")
        return DEFAULT_EVENT_AGE if seconds is None else timedelta(seconds=seconds)

    @property
    def retries(self) -> int:
        retries = (self.answer or {}).get("MaximumRetryAttempts")
        return DEFAULT_RETRIES if retries is None else retries

    def targets(self, side: str, *others: str | None) -> tuple[str, ...] | None:
        """ARNs of the destination on this side, and the others that are some."""
        if self.answer is None:
            return None
        destination = ((self.answer.get("DestinationConfig") or {}).get(side) or {}).get("Destination")
        return tuple(dict.fromkeys(arn for arn in (destination, *others) if arn))


def _is_not_found(error: ClientError) -> bool:
    return error.response["Error"]["Code"] == "ResourceNotFoundException"


def _durable(configuration: "FunctionConfigurationResponseTypeDef") -> Durable | None:
    # The types know nothing of durable functions.
    settings = cast("dict[str, Any]", configuration).get("DurableConfig")
    if not settings:
        return None
    return Durable(timedelta(seconds=settings.get("ExecutionTimeout", configuration["Timeout"])))


def _code(configuration: "FunctionConfigurationResponseTypeDef") -> str:
    """Tells what runs apart, and nothing about it: the variables' values are in it, which may be secrets.

    What is absent and what is empty are the same: an image has no handler, a function that left its VPC has
    no subnets. The variables are missing where the service may not use their key: a change then goes unseen.
    """
    vpc = configuration.get("VpcConfig", {})
    runs = {
        **{name: configuration.get(name) for name in _AS_IT_STANDS},
        "Variables": configuration.get("Environment", {}).get("Variables"),
        "Layers": [layer["Arn"] for layer in configuration.get("Layers", [])],  # the last one wins
        "Image": configuration.get("ImageConfigResponse", {}).get("ImageConfig"),
        "Subnets": sorted(vpc.get("SubnetIds", [])),
        "SecurityGroups": sorted(vpc.get("SecurityGroupIds", [])),
        "DualStack": vpc.get("Ipv6AllowedForDualStack"),
    }
    known = {name: value for name, value in runs.items() if value}
    text = json.dumps(known, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:_DIGITS]
