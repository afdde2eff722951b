"""`Functions` on Lambda's API."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from threading import Lock
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from lambda_replay.adapters.clients import lazy
from lambda_replay.domain.arn import FunctionArn
from lambda_replay.domain.function_facts import DEFAULT_EVENT_AGE, DEFAULT_RETRIES, FunctionFacts
from lambda_replay.ports import Clock
from lambda_replay.settings import STACK_VARIABLE

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_lambda.type_defs import FunctionConfigurationResponseTypeDef

_FRESH = timedelta(minutes=1)
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
_UNTOLD = (BotoCoreError, ClientError, KeyError, ValueError)


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


@dataclass(frozen=True, slots=True)
class _Known:
    facts: FunctionFacts | None
    at: datetime


@dataclass(frozen=True, slots=True)
class LambdaFunctions:
    """Asks Lambda at most once a minute about one target, also when it did not answer: the control plane
    takes 15 requests a second from a whole account."""

    clock: Clock
    client_for: Callable[[str], "LambdaClient"] = field(default_factory=lambda: cache(reading_client))
    _known: dict[FunctionArn, _Known] = field(default_factory=dict, init=False)
    """The one that was read longest ago comes first."""
    _reading: Lock = field(default_factory=Lock, init=False)
    """Many replays at once ask about the same few targets: one of them reads."""

    def facts(self, target: FunctionArn, *, fresh: bool = False) -> FunctionFacts | None:
        asked = target.with_qualifier(target.qualifier or _LATEST)
        with self._reading:
            now = self.clock()
            known = self._known.get(asked)
            if fresh or known is None or now - known.at >= _FRESH:
                self._known.pop(asked, None)
                if len(self._known) >= _REMEMBERED:
                    del self._known[next(iter(self._known))]
                known = self._known[asked] = _Known(self._read(asked), now)
            return known.facts

    def _read(self, asked: FunctionArn) -> FunctionFacts | None:
        """None whatever the reason is (denied, deleted, throttled, not reached): replays go on without it."""
        try:
            configuration = self.client_for(asked.region).get_function_configuration(
                FunctionName=asked.unqualified, Qualifier=asked.qualifier or _LATEST
            )
            event_age, retries = self._patience(asked)
            return FunctionFacts(
                code=_code(configuration),
                version=configuration["Version"],
                modified_at=datetime.fromisoformat(configuration["LastModified"]),
                timeout=timedelta(seconds=configuration["Timeout"]),
                event_age=event_age,
                retries=retries,
                is_own=STACK_VARIABLE in configuration.get("Environment", {}).get("Variables", {}),
            )
        except _UNTOLD:
            return None

    def _patience(self, asked: FunctionArn) -> tuple[timedelta, int]:
        """The event age and retries of this very qualifier: an alias takes none over from `$LATEST`."""
        try:
            answer = self.client_for(asked.region).get_function_event_invoke_config(
                FunctionName=asked.unqualified, Qualifier=asked.qualifier or _LATEST
            )
        except _UNTOLD:
            # Not found means that Lambda's defaults hold. They are also the largest values there are: after
            # any other error the window may be too long, but never closes on a run that may still fail.
            return DEFAULT_EVENT_AGE, DEFAULT_RETRIES
        seconds, retries = answer.get("MaximumEventAgeInSeconds"), answer.get("MaximumRetryAttempts")
        return (
            DEFAULT_EVENT_AGE if seconds is None else timedelta(seconds=seconds),
            DEFAULT_RETRIES if retries is None else retries,
        )


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
