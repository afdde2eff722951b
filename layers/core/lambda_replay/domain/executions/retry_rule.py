"""When a failure is replayed without anybody asking: the rule of a function's policy that applies to it."""

import hashlib
from dataclasses import dataclass, field
from datetime import timedelta

from lambda_replay.domain.unknown_fields import Unknown

_HASHED = 2**64


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryRule:
    """At most `attempts` automatic replays of one execution, each after a wait of at most `base`, twice that,
    four times … up to `cap`; none of an execution whose first failure is older than `oldest`. Only an
    `idempotent` function is replayed again when it is unknown whether the last replay arrived. Only with
    `unverified_origin` is an execution replayed whose record may have been sent by others than the function.
    `qualifier` is the alias or version to replay through; None keeps the record's own. `tenant` is that of
    `Order`.
    """

    attempts: int
    base: timedelta
    cap: timedelta
    oldest: timedelta
    idempotent: bool = False
    unverified_origin: bool = False
    qualifier: str | None = None
    tenant: str | None = None
    unknown: Unknown = field(default_factory=dict, compare=False, repr=False)

    def backoff(self, attempt: int, seed: str) -> timedelta:
        """The wait before automatic replay `attempt` (0, 1, 2 …): full jitter, somewhere between nothing and
        the bound. It is drawn from `seed`, so that asking again gives the same answer.

        Source: AWS Architecture Blog, "Exponential Backoff And Jitter".
        """
        bound: timedelta = min(self.cap, self.base * 2.0 ** min(attempt, 20))
        digest = hashlib.sha256(f"{seed}/{attempt}".encode()).digest()
        share: float = int.from_bytes(digest[:8], "big") / _HASHED
        return bound * share
