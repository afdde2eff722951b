"""One attempt to invoke the source function again, and what becomes known about it.

What happens to a replay arrives in any order and more than once: Lambda's answer, the run's own record, the
end of the waiting time, from different processes. So a replay's status is no sequence of steps but the
strongest fact known so far. Facts have a rank; learning one takes the higher rank. That makes learning
commutative and idempotent, and every order ends in the same state (docs/reference/service.md#any-order).
"""

from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from lambda_replay.domain.executions.durable_run import REPEATABLE, next_look
from lambda_replay.domain.executions.failure import Failure
from lambda_replay.domain.functions.function_arn import FunctionArn
from lambda_replay.domain.refusals import Reason
from lambda_replay.domain.unknown_fields import Unknown


class ReplayStatus(StrEnum):
    CLAIMED = "claimed"
    UNCERTAIN = "uncertain"
    REJECTED = "rejected"
    ACCEPTED = "accepted"
    UNCONFIRMED = "unconfirmed"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


# Weakest first. `uncertain` yields to an answer that was written down late. An outcome outranks every guess,
# and failure outranks success: Lambda sends one of the two, and of a forged pair the cautious one counts.
RANK: dict[ReplayStatus, int] = {status: rank for rank, status in enumerate(ReplayStatus)}

# Of a shortened text.
_SHORT = 40

IN_FLIGHT = frozenset({ReplayStatus.CLAIMED, ReplayStatus.ACCEPTED})


class ReplayMode(StrEnum):
    IF_NOT_REPLAYED = "if_not_replayed"
    FORCE = "force"


class Trigger(StrEnum):
    """Who asked for it: a person for this one execution, a job, a function's policy."""

    MANUAL = "manual"
    BULK = "bulk"
    AUTOMATIC = "automatic"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """Something that became known about a replay at `at`."""

    status: ReplayStatus
    at: datetime
    request_id: str | None = None
    reason: Reason | None = None
    failure: Failure | None = None
    window_closes_at: datetime | None = None
    durable_arn: str | None = None
    unknown: Unknown = field(default_factory=dict, compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """Attempt `number` (1, 2, 3 …) of an execution.

    `claim_id` tells whose claim it is when the answer to the claim's own write was lost. Until
    `lease_expires_at` the claiming process may still write down Lambda's answer; after it, no process will.
    `asked` is the digest of the request behind `idempotency_key`. `linked` means that the run's own record
    will find this replay by its request id. `code` tells the target's code and configuration apart from
    others; None where it could not be read. `sent_sha256` is of what was sent, where a patch changed the
    payload. `tenant` is whom it was sent for. Of a durable function, `durable_name` is the run's name,
    `durable_arn` what Lambda calls it, and `look_at` when to ask how it ended.
    """

    number: int
    claim_id: str
    mode: ReplayMode
    target: FunctionArn
    by: str
    reason: str | None
    idempotency_key: str | None
    claimed_at: datetime
    lease_expires_at: datetime
    trigger: Trigger = Trigger.MANUAL
    job: str | None = None
    code: str | None = None
    patched: bool = False
    sent_sha256: str | None = None
    asked: str | None = None
    status: ReplayStatus = ReplayStatus.CLAIMED
    request_id: str | None = None
    accepted_at: datetime | None = None
    window_closes_at: datetime | None = None
    linked: bool = False
    ended_at: datetime | None = None
    rejection: Reason | None = None
    failure: Failure | None = None
    tenant: str | None = None
    durable_name: str | None = None
    durable_arn: str | None = None
    look_at: datetime | None = None
    unknown: Unknown = field(default_factory=dict, compare=False, repr=False)

    @property
    def in_flight(self) -> bool:
        """Whether its outcome is still to come."""
        return self.status in IN_FLIGHT

    def learn(self, fact: Fact) -> "Replay":
        """This replay with the fact taken in; the same object when it brings nothing new."""
        reported = self._reported(fact)
        if RANK[fact.status] <= RANK[self.status]:
            return reported
        return replace(
            reported,
            status=fact.status,
            request_id=reported.request_id or fact.request_id,
            ended_at=None if fact.status in IN_FLIGHT else fact.at,
            rejection=fact.reason,
            failure=fact.failure,
        )

    def _reported(self, fact: Fact) -> "Replay":
        # What an acceptance tells stays worth knowing when the outcome was faster.
        if fact.status is not ReplayStatus.ACCEPTED or self.accepted_at is not None:
            return self
        return replace(
            self,
            request_id=fact.request_id,
            accepted_at=fact.at,
            window_closes_at=fact.window_closes_at,
            durable_arn=fact.durable_arn,
            look_at=None if fact.durable_arn is None else next_look(fact.at, fact.at),
        )

    def is_repeatable(self, now: datetime) -> bool:
        """Whether it can be sent again without a second run: its name is Lambda's to remember, and the bytes
        are still known."""
        return self.durable_name is not None and not self.patched and now < self.claimed_at + REPEATABLE

    def awaiting(self, lease_expires_at: datetime) -> "Replay":
        """With a new lease, where Lambda's answer is still to come."""
        return (
            replace(self, lease_expires_at=lease_expires_at) if self.status is ReplayStatus.CLAIMED else self
        )

    def shortened(self) -> "Replay":
        """With the start of its texts alone: of many replays the old ones, so that their item keeps fitting
        (400 KB)."""
        failure = self.failure
        if failure is not None:
            failure = replace(failure, title=_start(failure.title), error_type=_start(failure.error_type))
        return replace(self, reason=_start(self.reason), failure=failure)

    @property
    def due_at(self) -> datetime | None:
        """When the sweep has to look: at the lease's end, then at the outcome window's, or at how a durable
        run is doing."""
        if not self.in_flight:
            return None
        if not self.linked:
            return self.lease_expires_at
        return self.window_closes_at if self.look_at is None else self.look_at


def _start[T: (str, str | None)](text: T) -> T:
    return text if text is None or len(text) <= _SHORT else f"{text[: _SHORT - 1]}…"
