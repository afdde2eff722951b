"""Dead letters: the event as it was, its error as attributes.

Lambda's (docs/reference/lambda.md#dead-letters) name no function, so every dead-letter queue is told whose it
is. Those of EventBridge (docs/reference/lambda.md#dead-letters-of-eventbridge) name the target that the event
could not be delivered to: where that is a function, they are dead letters of it.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Self

from lambda_replay.domain.errors import LambdaReplayError
from lambda_replay.domain.functions.function_arn import FunctionArn, InvalidFunctionArnError
from lambda_replay.domain.intake.channel import Channel
from lambda_replay.domain.intake.execution_record import ExecutionRecord
from lambda_replay.domain.intake.fields import NotARecordError, request_id, storable, word
from lambda_replay.domain.intake.refusal import RefusalReason

REQUEST_ID = "RequestID"
_RULE, _TARGET = "RULE_ARN", "TARGET_ARN"
_SOURCE = re.compile(r"arn:aws[a-z-]*:s[qn]s:[a-z0-9-]{1,30}:[0-9]{12}:[A-Za-z0-9_.-]{1,256}")
_ERROR_CODE, _ERROR_MESSAGE = "ErrorCode", "ErrorMessage"

# The condition that a record would have, by the attribute ErrorCode (docs/reference/lambda.md#conditions).
_CONDITIONS: dict[int | None, str] = {
    None: "ZeroReservedConcurrency",
    429: "EventAgeExceeded",
}
_GAVE_UP = "RetriesExhausted"
# The same, by EventBridge's attribute EXHAUSTED_RETRY_CONDITION; without it, nothing was tried again.
_UNDELIVERED = {"MaximumRetryAttempts": _GAVE_UP, "MaximumEventAgeInSeconds": "EventAgeExceeded"}
_NOT_TRIED_AGAIN = "NotDelivered"


class InvalidOwnersError(LambdaReplayError, ValueError):
    """The pairs of queue and function can't be read; the message names the pair and the fix."""


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """`source` is the ARN of the queue or topic; `attributes` are texts by name."""

    source: str
    body: str
    attributes: Mapping[str, str]

    @property
    def target(self) -> FunctionArn | None:
        """The function that EventBridge could not deliver the event to."""
        if _RULE not in self.attributes:
            return None
        try:
            return FunctionArn.parse(self.attributes.get(_TARGET, ""))
        except InvalidFunctionArnError:
            return None

    @property
    def is_one(self) -> bool:
        """Whether its attributes are those of a dead letter."""
        return REQUEST_ID in self.attributes or self.target is not None


@dataclass(frozen=True, slots=True)
class DeadLetterOwners:
    """Which function's dead letters a queue or topic holds."""

    functions: Mapping[str, FunctionArn] = MappingProxyType({})

    @classmethod
    def parse(cls, pairs: str) -> Self:
        """`QUEUE_ARN=FUNCTION_ARN`, comma-separated; empty for none. Raises `InvalidOwnersError`."""
        functions = {}
        for pair in filter(None, (part.strip() for part in pairs.split(","))):
            source, _, function = pair.partition("=")
            try:
                functions[source] = FunctionArn.parse(function)
            except InvalidFunctionArnError as error:
                raise InvalidOwnersError(
                    f"{pair}: expected QUEUE_ARN=FUNCTION_ARN, the function is {error}"
                ) from None
        return cls(functions)

    def record(self, unwrapped: DeadLetter, *, fallback_id: str = "") -> ExecutionRecord:
        """The record that a destination would have got. `fallback_id` is for an event that EventBridge never
        handed to Lambda, which gave it no id. Raises `NotARecordError`."""
        target = unwrapped.target
        if target is not None:
            return _undelivered(unwrapped, target, fallback_id)
        function = self.functions.get(unwrapped.source)
        if function is None:
            source = unwrapped.source if _SOURCE.fullmatch(unwrapped.source) else "an unknown queue or topic"
            raise NotARecordError(
                f"a dead letter from {source}, which is no function's: name it in "
                "DeadLetterQueues or DeadLetterTopics",
                RefusalReason.UNKNOWN_DEAD_LETTER,
            )
        code = _number(unwrapped.attributes.get(_ERROR_CODE))
        message = unwrapped.attributes.get(_ERROR_MESSAGE)
        return ExecutionRecord(
            request_id=request_id(
                unwrapped.attributes[REQUEST_ID], f"the attribute {REQUEST_ID}", fallback=""
            ),
            function=function,
            condition=_CONDITIONS.get(code, _GAVE_UP),
            invoke_count=None,
            timestamp=None,
            status_code=code,
            executed_version=None,
            function_error=None,
            payload=storable(unwrapped.body),
            response=None if message is None or code != 200 else json.dumps({"errorMessage": message}),
            unreplayable=None,
            channel=Channel.DEAD_LETTER,
        )


def _undelivered(unwrapped: DeadLetter, target: FunctionArn, id_: str) -> ExecutionRecord:
    """The function has not run, so the error is EventBridge's own."""
    named = {"errorType": word(unwrapped.attributes.get("ERROR_CODE")),
             "errorMessage": unwrapped.attributes.get("ERROR_MESSAGE")}  # fmt: skip
    error = {name: text for name, text in named.items() if text is not None}
    return ExecutionRecord(
        request_id=id_,
        function=target,
        condition=_UNDELIVERED.get(
            unwrapped.attributes.get("EXHAUSTED_RETRY_CONDITION", ""), _NOT_TRIED_AGAIN
        ),
        invoke_count=0,
        timestamp=None,
        status_code=None,
        executed_version=None,
        function_error=None,
        payload=storable(unwrapped.body),
        response=json.dumps(error) if error else None,
        unreplayable=None,
        channel=Channel.EVENTBRIDGE_DLQ,
    )


def _number(text: str | None) -> int | None:
    return int(text) if text is not None and text.isascii() and text.isdigit() and len(text) < 4 else None
