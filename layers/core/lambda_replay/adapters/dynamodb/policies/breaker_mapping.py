"""Breakers as items, and back. Apart from the policies: triage reads those alone, and starts faster so."""

from lambda_replay.adapters.dynamodb.policies.items import BREAKER, BREAKERS, BreakerItem, function_key
from lambda_replay.adapters.dynamodb.policies.mapping import function_of, maybe, maybe_text
from lambda_replay.domain.policies.circuit_breaker import Breaker, BreakerState, Totals


def breaker_item(breaker: Breaker) -> BreakerItem:
    item = BreakerItem(
        id=function_key(breaker.function),
        part=BREAKER,
        state=breaker.state,
        since=maybe_text(breaker.since),
        why=breaker.reason,
        retry_at=maybe_text(breaker.retry_at),
        pauses=breaker.pauses,
        trial=breaker.trial,
        judged_failed=breaker.judged.failed,
        judged_passed=breaker.judged.passed,
        judged_at=maybe_text(breaker.judged_at),
        sent=breaker.sent,
        sent_at=maybe_text(breaker.sent_at),
        booked_to=maybe_text(breaker.booked_to),
        alert_pending=breaker.alert_pending or None,
        due_shard=BREAKERS if breaker.alert_pending else None,
        due_at=maybe_text(breaker.since) if breaker.alert_pending else None,
    )
    if breaker.version:
        item.version = breaker.version
    return item


def to_breaker(item: BreakerItem) -> Breaker:
    return Breaker(
        function=function_of(item.id),
        state=BreakerState(item.state),
        since=maybe(item.since),
        reason=item.why,
        retry_at=maybe(item.retry_at),
        pauses=int(item.pauses),
        trial=item.trial,
        judged=Totals(int(item.judged_failed), int(item.judged_passed)),
        judged_at=maybe(item.judged_at),
        sent=int(item.sent),
        sent_at=maybe(item.sent_at),
        booked_to=maybe(item.booked_to),
        alert_pending=bool(item.alert_pending),
        version=int(item.version or 0),
    )
