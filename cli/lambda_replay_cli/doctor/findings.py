"""What an audit finds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from lambda_replay.domain.functions.function_arn import FunctionArn
from lambda_replay.domain.functions.wildcards import matches
from lambda_replay_cli.attachments.invoke_config import LATEST, InvokeConfig
from lambda_replay_cli.attachments.roles import Permission
from lambda_replay_cli.client.stack_addresses import Addresses


class Severity(StrEnum):
    error = "error"
    """Failures are being lost, or will be."""
    warning = "warning"
    """Failures may be lost, or can't be replayed."""
    info = "info"


@dataclass(frozen=True, slots=True)
class Finding:
    """`fix` is the command that fixes it."""

    severity: Severity
    check: str
    subject: str
    what: str
    fix: str

    def as_json(self) -> dict[str, object]:
        return {
            "severity": self.severity.value,
            "check": self.check,
            "subject": self.subject,
            "what": self.what,
            "fix": self.fix,
        }


@dataclass(frozen=True, slots=True)
class Unchecked:
    """What could not be looked at, and why: a permission, or in words with the fix."""

    what: str
    why: str
    fix: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Function:
    """What is known of a function. `evidence` says why it is taken for one that is invoked asynchronously;
    `used` are the qualifiers with events of their own. Metrics are sums of the last 24 hours. `failed_at` is
    about when the service received its last failure, in the last 14 days.

    `may` tells whether its role may send to each of its destinations.
    """

    arn: FunctionArn
    role: str = ""
    configs: Mapping[str, InvokeConfig] = field(default_factory=dict)
    aliases: Sequence[str] = ()
    dead_letter: str | None = None
    durable: bool = False
    evidence: str | None = None
    failed_at: datetime | None = None
    used: frozenset[str] = frozenset()
    dropped: int = 0
    undelivered: int = 0
    dead_letter_errors: int = 0
    may: Mapping[str, Permission] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return self.arn.name

    @property
    def has_destination(self) -> bool:
        return any(config.failure for config in self.configs.values())

    def target(self, qualifier: str) -> FunctionArn:
        return self.arn.with_qualifier(qualifier)

    def argument(self, qualifier: str) -> str:
        """As a command line names it."""
        return self.name if qualifier == LATEST else f"{self.name}:{qualifier}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """What is known of the stack itself. `refused` is how many messages its queue's DLQ holds, `waiting` how
    many its queue does; `triage` is the state of the mapping between queue and triage, None without one,
    and `mapping` its UUID.

    `locked` are ARNs of dead-letter queues that triage should read, with the key that it may not use.
    `expiring` is the failure time of an execution that is still open and that will soon be forgotten.
    """

    addresses: Addresses
    refused: int = 0
    waiting: int = 0
    triage: str | None = "Enabled"
    mapping: str = ""
    expiring: datetime | None = None
    subscribers: int | None = None
    retention_days: int = 30
    locked: Mapping[str, str] = field(default_factory=dict)
    unchecked: Sequence[Unchecked] = ()

    def hears(self, topic: str) -> bool:
        """Whether a topic of the user's own may deliver to the failure queue."""
        patterns = self.addresses.parameters.get("SourceTopics", "").split(",")
        return any(matches(pattern.strip(), topic) for pattern in patterns)


def not_checked(deployment: Deployment, what: str, why: str, fix: str | None = None) -> Finding:
    """Without a fix, `why` is the permission that is missing."""
    return Finding(
        Severity.info,
        "not-checked",
        deployment.addresses.stack,
        f"{what} is not known: {why if fix else f'you lack {why}'}",
        fix or f"lambda-replay doctor  # with {why}",
    )


def named(names: Sequence[str]) -> str:
    """Some of them, and how many others."""
    shown, others = names[:_NAMED], len(names) - _NAMED
    return ", ".join(shown) + (f" and {others} {'other' if others == 1 else 'others'}" if others > 0 else "")


_NAMED = 5
