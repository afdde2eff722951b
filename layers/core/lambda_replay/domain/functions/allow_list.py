"""Which functions may ever be invoked: the `ReplayableFunctions` parameter, read as IAM reads it."""

from contextlib import suppress
from dataclasses import dataclass, field
from typing import Self

from lambda_replay.domain.functions.function_arn import FunctionArn, InvalidFunctionArnError
from lambda_replay.domain.functions.wildcards import matches


@dataclass(frozen=True, slots=True)
class AllowList:
    """ARN patterns with IAM's wildcards: `*` any run of characters, `?` one.

    Anybody who can send to the queue can forge a `functionArn`, so the record's word is never enough. The
    role's policy grants every pattern twice, as it stands and with `:*` behind it for versions and aliases
    (docs/reference/lambda.md#invoke); this does the same, so the code never promises what IAM would refuse.
    """

    patterns: tuple[str, ...]
    _grants: tuple[str, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        grants = tuple(grant for pattern in self.patterns for grant in (pattern, f"{pattern}:*"))
        object.__setattr__(self, "_grants", grants)

    @classmethod
    def parse(cls, comma_separated: str) -> Self:
        """From comma-separated ARN patterns; spaces around them do not count."""
        return cls(tuple(part.strip() for part in comma_separated.split(",") if part.strip()))

    def allows(self, target: FunctionArn) -> bool:
        """True when Invoke on exactly this ARN is granted."""
        return any(matches(grant, str(target)) for grant in self._grants)

    def targets(self, function: str) -> tuple[FunctionArn, ...]:
        """The functions of this name, in the regions and accounts of the patterns, or the one of this ARN, of
        which anything may be invoked; without qualifier."""
        found: dict[FunctionArn, None] = {}
        for pattern in self.patterns:
            place, qualifier = pattern.split(":")[:6], pattern.split(":")[7:8]
            named = [function] if function.startswith("arn:") else [*place, function]
            with suppress(InvalidFunctionArnError):
                arn = FunctionArn.parse(":".join([*named, *(qualifier or ["$LATEST"])]))
                if self.allows(arn):
                    found[arn.with_qualifier(None)] = None
        return tuple(found)
