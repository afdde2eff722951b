"""What automatic replays need from the world."""

from typing import Protocol

from lambda_replay.domain.breaker import Breaker
from lambda_replay.domain.policy import Policy


class PolicyStore(Protocol):
    """What functions' policies say, and how their automatic replays fare; by function name."""

    def get(self, function: str) -> Policy | None: ...

    def save(self, policy: Policy) -> None:
        """Raises `StaleVersion` unless it is of the stored version (0: is new)."""

    def breaker(self, function: str) -> Breaker: ...

    def save_breaker(self, breaker: Breaker) -> None:
        """Raises `StaleVersion` as `save` does."""
