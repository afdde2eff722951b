"""A rule hands its event to a queue only if the queue's policy allows it, and the detail's text as it came.

ministack asks no queue policy here. It parses the detail and writes it again, which changes 1.10 and makes
`Infinity`, which is no JSON, of 1e400. EventBridge compares numbers by their text ("300, 300.0 and 3.0e2 are
not considered equal", says its guide), so it is taken to keep that text; this was not measured.
"""

import contextvars
import importlib
import json
import logging
from typing import Any

from local.async_invoke import record

logger = logging.getLogger("local.completions")

_rule: contextvars.ContextVar[str] = contextvars.ContextVar("rule", default="")
_whole_event: contextvars.ContextVar[str | None] = contextvars.ContextVar("whole_event", default=None)
_OTHER_INPUTS = ("Input", "InputPath", "InputTransformer")


def install(_endpoint: str) -> None:
    """Complete the imported ministack."""
    eventbridge: Any = importlib.import_module("ministack.services.eventbridge")
    sqs: Any = importlib.import_module("ministack.services.sqs")
    invoke_target, to_queue, to_function, to_topic = (
        eventbridge._invoke_target,
        eventbridge._dispatch_to_sqs,
        eventbridge._dispatch_to_lambda,
        eventbridge._dispatch_to_sns,
    )

    def invoke(target: Any, event: Any, rule: Any, view: Any = None) -> None:
        seen = view or eventbridge._pattern_event_view(event)
        has_other_input = any(target.get(name) for name in _OTHER_INPUTS)
        tokens = (
            _rule.set(rule.get("Arn", "")),
            _whole_event.set(None if has_other_input else whole(seen.envelope(), seen._raw_detail)),
        )
        try:
            invoke_target(target, event, rule, seen)
        finally:
            _rule.reset(tokens[0])
            _whole_event.reset(tokens[1])

    def queue(target: Any, payload: str, parameters: Any = None) -> None:
        account = _rule.get().split(":")[4] if _rule.get() else target.account_id
        if sqs.queue_policy_allows(str(target), "events.amazonaws.com", _rule.get(), account):
            to_queue(target, _whole_event.get() or payload, parameters)
        else:
            logger.warning(
                "rule delivery refused by the queue's policy: rule=%s queue=%s", _rule.get(), target
            )

    eventbridge._invoke_target, eventbridge._dispatch_to_sqs = invoke, queue
    eventbridge._dispatch_to_lambda = lambda arn, payload: to_function(arn, _whole_event.get() or payload)
    eventbridge._dispatch_to_sns = lambda arn, payload: to_topic(arn, _whole_event.get() or payload)


def whole(envelope: dict[str, Any], detail: object) -> str | None:
    """The event with the detail's own text; None if that is no JSON."""
    if not isinstance(detail, str):
        return None
    try:
        record.check_json(detail.encode())
    except record.InvalidPayloadError:
        return None
    head = json.dumps(envelope, separators=(",", ":"), ensure_ascii=False)
    return f'{head[:-1]},"detail":{detail}}}'
