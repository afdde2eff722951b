"""Failures, replays and their rules as maps of an item, and back."""

from datetime import timedelta

from lambda_replay.adapters.dynamodb.executions.items import FactMap, FailureMap, ReplayMap, RetryMap
from lambda_replay.adapters.dynamodb.shared.base_item import keeping
from lambda_replay.adapters.dynamodb.shared.values import from_text, maybe, maybe_text, text
from lambda_replay.domain.executions.failure import Failure
from lambda_replay.domain.executions.replay import Fact, Replay, ReplayMode, ReplayStatus, Trigger
from lambda_replay.domain.executions.retry_rule import RetryRule
from lambda_replay.domain.functions.function_arn import FunctionArn
from lambda_replay.domain.refusals import Reason
from lambda_replay.domain.unknown_fields import known_or_kept


def failure_map(failure: Failure) -> FailureMap:
    item = FailureMap(
        condition=failure.condition,
        count=failure.invoke_count,
        ran=failure.executed_version,
        at=text(failure.at),
        type=failure.error_type,
        title=failure.title,
        category=failure.category,
        verdict=failure.verdict,
        rule=failure.rule,
        confidence=failure.confidence,
        group=failure.group,
        rules=failure.rules,
        retry=None if failure.retry is None else retry_map(failure.retry),
    )
    return keeping(item, failure.unknown)


def to_failure(item: FailureMap) -> Failure:
    return Failure(
        condition=item.condition,
        invoke_count=None if item.count is None else int(item.count),
        executed_version=item.ran,
        at=from_text(item.at),
        error_type=item.type,
        title=item.title,
        category=item.category,
        verdict=item.verdict,
        rule=item.rule,
        confidence=float(item.confidence),
        group=item.group,
        rules=None if item.rules is None else int(item.rules),
        retry=None if item.retry is None else to_retry(item.retry),
        unknown=item.unknown,
    )


def retry_map(rule: RetryRule) -> RetryMap:
    item = RetryMap(
        attempts=rule.attempts,
        base=rule.base.total_seconds(),
        cap=rule.cap.total_seconds(),
        oldest=rule.oldest.total_seconds(),
        idempotent=rule.idempotent or None,
        unverified_origin=rule.unverified_origin or None,
        qualifier=rule.qualifier,
        tenant=rule.tenant,
    )
    return keeping(item, rule.unknown)


def to_retry(item: RetryMap) -> RetryRule:
    return RetryRule(
        attempts=int(item.attempts),
        base=timedelta(seconds=float(item.base)),
        cap=timedelta(seconds=float(item.cap)),
        oldest=timedelta(seconds=float(item.oldest)),
        idempotent=bool(item.idempotent),
        unverified_origin=bool(item.unverified_origin),
        qualifier=item.qualifier,
        tenant=item.tenant,
        unknown=item.unknown,
    )


def replay_map(attempt: Replay) -> ReplayMap:
    item = ReplayMap(
        claim=attempt.claim_id,
        mode=attempt.mode,
        target=str(attempt.target),
        by=attempt.by,
        why=attempt.reason,
        key=attempt.idempotency_key,
        claimed=text(attempt.claimed_at),
        lease=text(attempt.lease_expires_at),
        trigger=None if attempt.trigger is Trigger.MANUAL else attempt.trigger,
        job=attempt.job,
        code=attempt.code,
        patched=attempt.patched or None,
        sent=attempt.sent_sha256,
        asked=attempt.asked,
        status=attempt.status,
        run=attempt.request_id,
        accepted=maybe_text(attempt.accepted_at),
        closes=maybe_text(attempt.window_closes_at),
        linked=attempt.linked or None,
        ended=maybe_text(attempt.ended_at),
        rejection=attempt.rejection,
        failure=None if attempt.failure is None else failure_map(attempt.failure),
        tenant=attempt.tenant,
        durable_name=attempt.durable_name,
        durable_arn=attempt.durable_arn,
        look=maybe_text(attempt.look_at),
    )
    return keeping(item, attempt.unknown)


def to_replay(number: int, item: ReplayMap) -> Replay:
    return Replay(
        number=number,
        claim_id=item.claim,
        mode=known_or_kept(ReplayMode, item.mode),
        target=FunctionArn.parse(item.target),
        by=item.by,
        reason=item.why,
        idempotency_key=item.key,
        claimed_at=from_text(item.claimed),
        lease_expires_at=from_text(item.lease),
        trigger=Trigger.MANUAL if item.trigger is None else known_or_kept(Trigger, item.trigger),
        job=item.job,
        code=item.code,
        patched=bool(item.patched),
        sent_sha256=item.sent,
        asked=item.asked,
        status=ReplayStatus(item.status),
        request_id=item.run,
        accepted_at=maybe(item.accepted),
        window_closes_at=maybe(item.closes),
        linked=bool(item.linked),
        ended_at=maybe(item.ended),
        rejection=None if item.rejection is None else known_or_kept(Reason, item.rejection),
        failure=None if item.failure is None else to_failure(item.failure),
        tenant=item.tenant,
        durable_name=item.durable_name,
        durable_arn=item.durable_arn,
        look_at=maybe(item.look),
        unknown=item.unknown,
    )


def to_fact(item: FactMap) -> Fact:
    return Fact(
        status=ReplayStatus(item.status),
        at=from_text(item.at),
        failure=None if item.failure is None else to_failure(item.failure),
        unknown=item.unknown,
    )
