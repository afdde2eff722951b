"""ARNs of Lambda functions, as execution records and Invoke use them."""

import re
from dataclasses import dataclass, replace
from typing import Self

from lambda_replay.domain.errors import LambdaReplayError

_FUNCTION_ARN = re.compile(
    r"arn:(?P<partition>aws[a-z-]*):lambda:(?P<region>[a-z0-9-]{1,30}):(?P<account>[0-9]{12}):"
    r"function:(?P<name>[A-Za-z0-9_-]{1,140})(?::(?P<qualifier>\$LATEST|[A-Za-z0-9_-]{1,128}))?"
)


class InvalidFunctionArnError(LambdaReplayError, ValueError):
    """The text is no ARN of a Lambda function, alias or version."""


def name_of(function: str) -> str:
    """Of an ARN without qualifier, or of a name alone."""
    return function.rpartition(":")[2]


@dataclass(frozen=True, slots=True)
class FunctionArn:
    """A function, and the version or alias that was asked for.

    Records of asynchronous invocations always carry the requested qualifier (`:$LATEST` when there was
    none); records of event source mappings carry none (docs/reference/lambda.md#event-source-mappings).
    """

    partition: str
    region: str
    account: str
    name: str
    qualifier: str | None = None

    @classmethod
    def parse(cls, text: str) -> Self:
        """Raises `InvalidFunctionArnError`."""
        match = _FUNCTION_ARN.fullmatch(text)
        if match is None:
            raise InvalidFunctionArnError("not the ARN of a Lambda function")
        return cls(**match.groupdict())

    @property
    def unqualified(self) -> str:
        """The ARN without version or alias."""
        return f"arn:{self.partition}:lambda:{self.region}:{self.account}:function:{self.name}"

    def with_qualifier(self, qualifier: str | None) -> "FunctionArn":
        """The same function by another version or alias, or by none."""
        return replace(self, qualifier=qualifier)

    def __str__(self) -> str:
        return f"{self.unqualified}:{self.qualifier}" if self.qualifier else self.unqualified
