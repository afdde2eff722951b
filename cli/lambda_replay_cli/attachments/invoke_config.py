"""How Lambda is configured for a function's asynchronous invocations, and what is known of the function."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from lambda_replay.domain.functions.function_arn import FunctionArn

LATEST = "$LATEST"
# Lambda's own, which it may print where they were not set (docs/reference/lambda.md#limits).
_DEFAULT_RETRIES, _DEFAULT_AGE = 2, 21600


@dataclass(frozen=True, slots=True, kw_only=True)
class InvokeConfig:
    """Of one qualifier. `age` is in seconds; `failure` and `success` are ARNs; None is Lambda's default."""

    retries: int | None = None
    age: int | None = None
    failure: str | None = None
    success: str | None = None

    @classmethod
    def read(cls, answer: Mapping[str, Any]) -> "InvokeConfig":
        destinations = answer.get("DestinationConfig") or {}
        return cls(
            retries=answer.get("MaximumRetryAttempts"),
            age=answer.get("MaximumEventAgeInSeconds"),
            failure=(destinations.get("OnFailure") or {}).get("Destination") or None,
            success=(destinations.get("OnSuccess") or {}).get("Destination") or None,
        )

    @property
    def is_empty(self) -> bool:
        """Lambda keeps no such configuration: it must say something."""
        return self == InvokeConfig()

    @property
    def is_default(self) -> bool:
        """Without it, Lambda would do the same."""
        return (
            self.retries in (None, _DEFAULT_RETRIES)
            and self.age in (None, _DEFAULT_AGE)
            and not self.failure
            and not self.success
        )

    def request(self) -> dict[str, Any]:
        """All of it: putting a configuration replaces what was there."""
        destinations = {
            name: {"Destination": arn}
            for name, arn in (("OnFailure", self.failure), ("OnSuccess", self.success))
            if arn
        }
        parts = {
            "MaximumRetryAttempts": self.retries,
            "MaximumEventAgeInSeconds": self.age,
            "DestinationConfig": destinations or None,
        }
        return {name: value for name, value in parts.items() if value is not None}

    def as_json(self) -> dict[str, object]:
        return {
            "on_failure": self.failure,
            "on_success": self.success,
            "maximum_retry_attempts": self.retries,
            "maximum_event_age_seconds": self.age,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A function. `configs` are by qualifier, `$LATEST` for none; `aliases` are by name, with their versions,
    and empty when they were not needed."""

    arn: FunctionArn
    role: str
    configs: Mapping[str, InvokeConfig] = field(default_factory=dict)
    aliases: Mapping[str, str] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    dead_letter: str | None = None
    durable: bool = False
    tenants: bool = False

    @property
    def name(self) -> str:
        return self.arn.name

    @property
    def managed_by(self) -> str | None:
        """The CloudFormation stack that it comes from."""
        return self.tags.get("aws:cloudformation:stack-name")


def by_qualifier(answers: list[Mapping[str, Any]]) -> dict[str, InvokeConfig]:
    """What `ListFunctionEventInvokeConfigs` answers with."""
    return {
        FunctionArn.parse(answer["FunctionArn"]).qualifier or LATEST: InvokeConfig.read(answer)
        for answer in answers
    }


def source(
    configuration: Mapping[str, Any],
    *,
    configs: Mapping[str, InvokeConfig],
    aliases: Mapping[str, str],
    tags: Mapping[str, str],
) -> Source:
    """From what Lambda tells about a function."""
    return Source(
        arn=FunctionArn.parse(configuration["FunctionArn"]).with_qualifier(None),
        role=configuration.get("Role", ""),
        configs=configs,
        aliases=aliases,
        tags=tags,
        dead_letter=(configuration.get("DeadLetterConfig") or {}).get("TargetArn") or None,
        durable=bool(configuration.get("DurableConfig")),
        tenants=bool(configuration.get("TenancyConfig")),
    )
