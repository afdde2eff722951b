"""What Lambda does after each try of one event (docs/reference/lambda.md#retries).

All times are Lambda's own seconds, so the numbers below are the contract's. The engine makes the waits
shorter; an execution counts with the time it really took.
"""

import json

from local.async_invoke.model import DeadLetter, Decision, Dropped, End, Event, Outcome, Settings, Wait

RETRY_WAITS = (60.0, 120.0)
FIRST_THROTTLE_WAIT = 1.0
LONGEST_THROTTLE_WAIT = 300.0
# The missing space is Lambda's.
NO_CONCURRENCY = "Function not invoked. Function isconfigured with zero reserved concurrent executions"


class Attempts:
    """The history of one event, and the decision that follows from its latest outcome."""

    def __init__(self, event: Event) -> None:
        self.event = event
        self.count = 0
        self.age = 0.0
        self._throttles = 0
        self._last: Outcome | None = None

    def after(self, outcome: Outcome, settings: Settings) -> Decision:
        self.age += outcome.seconds
        match outcome.kind:
            case "ran":
                return End("Success", 1, _context(outcome), outcome.payload)
            case "failed":
                return self._after_failure(outcome, settings)
            case "throttled":
                return self._after_throttle(settings)
            case "no_concurrency":
                return End("ZeroReservedConcurrency", self.count, dead_letter=DeadLetter(NO_CONCURRENCY))
            case "deleted":
                message = f"Function not found: {self.event.qualified_arn}"
                return End(
                    "RetriesExhausted", self.count, {"statusCode": 404}, dead_letter=DeadLetter(message, 404)
                )
            case "alias_deleted":
                return Dropped(f"{self.event.qualified_arn} was deleted")

    def _after_failure(self, outcome: Outcome, settings: Settings) -> Decision:
        self.count += 1
        self._last = outcome
        self._throttles = 0
        if self.count > settings.max_retries:
            return self._failed("RetriesExhausted", outcome)
        return self._wait(RETRY_WAITS[min(self.count, len(RETRY_WAITS)) - 1], settings)

    def _after_throttle(self, settings: Settings) -> Decision:
        wait = min(FIRST_THROTTLE_WAIT * 2**self._throttles, LONGEST_THROTTLE_WAIT)
        self._throttles += 1
        return self._wait(wait, settings)

    def _wait(self, seconds: float, settings: Settings) -> Decision:
        if self.age + seconds < settings.max_age:
            self.age += seconds
            return Wait(seconds)
        # A try that could not start before the deadline is not waited for.
        if self._last is not None:
            return self._failed("EventAgeExceeded", self._last)
        return End("EventAgeExceeded", 0, {"statusCode": 429}, dead_letter=DeadLetter("Rate Exceeded.", 429))

    def _failed(self, condition: str, outcome: Outcome) -> End:
        letter = DeadLetter(_error_message(outcome.payload), 200)
        context = {**_context(outcome), "functionError": "Unhandled"}
        return End(condition, self.count, context, outcome.payload, letter)


def _context(outcome: Outcome) -> dict[str, int | str]:
    return {"statusCode": 200, "executedVersion": outcome.version}


def _error_message(payload: bytes | None) -> str:
    """`errorMessage` of the function's error, which may be any JSON, or none at all."""
    try:
        error = json.loads(payload or b"null")
    except ValueError:
        return ""
    message = error.get("errorMessage") if isinstance(error, dict) else None
    return message if isinstance(message, str) else ""
