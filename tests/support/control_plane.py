"""What Lambda says about functions, played: nothing (access denied), unless a test makes some."""

from dataclasses import dataclass, field
from typing import Any, cast

from botocore.exceptions import ClientError

CONFIGURATION: dict[str, Any] = {
    "CodeSha256": "1K8k7Cq8ZDKx9rF4hGjzdDzMnL1XkDdQwE5UuC3z6wY=",
    "LastModified": "2026-01-31T09:00:00.000+0000",
    "Timeout": 3,
    "Version": "$LATEST",
}


@dataclass
class ControlPlane:
    """`functions` are qualifiers by the function's ARN; once there is one, others don't exist. `destinations`
    are by ARN and qualifier: what `OnFailure` and `OnSuccess` name."""

    functions: dict[str, tuple[str, ...]] = field(default_factory=dict)
    destinations: dict[tuple[str, str], dict[str, str]] = field(default_factory=dict)
    dead_letters: dict[str, str] = field(default_factory=dict)
    more: dict[str, Any] = field(default_factory=dict)
    """What else every configuration says."""

    def has(self, arn: str, *aliases: str, **destinations: str) -> None:
        """A function with these aliases, and its destinations, `OnFailure="arn:…"`."""
        self.functions[arn] = ("$LATEST", *aliases)
        if destinations:
            self.destinations[arn, "$LATEST"] = destinations

    def get_function_configuration(self, *, FunctionName: str, Qualifier: str) -> Any:
        self._look(FunctionName, Qualifier)
        target = self.dead_letters.get(FunctionName)
        return CONFIGURATION | self.more | ({"DeadLetterConfig": {"TargetArn": target}} if target else {})

    def get_function_event_invoke_config(self, *, FunctionName: str, Qualifier: str) -> Any:
        self._look(FunctionName, Qualifier)
        named = self.destinations.get((FunctionName, Qualifier))
        if named is None:
            raise _refusal("ResourceNotFoundException", 404)
        return {"DestinationConfig": {side: {"Destination": arn} for side, arn in named.items()}}

    def list_aliases(self, *, FunctionName: str) -> Any:
        return {"Aliases": [{"Name": name} for name in self.functions[FunctionName][1:]]}

    def _look(self, arn: str, qualifier: str) -> None:
        if not self.functions:
            raise _refusal("AccessDeniedException", 403)
        if qualifier not in self.functions.get(arn, ()):
            raise _refusal("ResourceNotFoundException", 404)


def _refusal(code: str, status: int) -> ClientError:
    answer = {"Error": {"Code": code, "Message": "no"}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(cast("Any", answer), "GetFunctionConfiguration")
