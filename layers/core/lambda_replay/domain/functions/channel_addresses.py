"""The addresses where records arrive at this stack."""

from dataclasses import dataclass
from typing import Self

from lambda_replay.domain.functions.wildcards import matches


@dataclass(frozen=True, slots=True)
class ChannelAddresses:
    """ARNs of queues, topics, event buses, buckets and functions; those of a user's topics may hold `*` and
    `?`."""

    patterns: tuple[str, ...]

    @classmethod
    def parse(cls, comma_separated: str) -> Self:
        """Of ARNs, or of pairs `ARN=FUNCTION_ARN` as the template's dead-letter parameters have them."""
        parts = (part.strip().partition("=")[0] for part in comma_separated.split(","))
        return cls(tuple(dict.fromkeys(part for part in parts if part)))

    def take(self, destination: str) -> bool:
        """Whether what is sent there arrives here."""
        return any(matches(pattern, destination) for pattern in self.patterns)
