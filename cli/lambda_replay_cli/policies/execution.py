"""An execution and a policy of the service's own kind, made of what the API tells.

What the service decides about automatic replays, it decides by these; so whoever asks them gets its answer.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from lambda_replay.domain.arn import FunctionArn
from lambda_replay.domain.execution import Decision, Execution, RunOf, Verb
from lambda_replay.domain.failure import Failure
from lambda_replay.domain.identity import Contest, Difference
from lambda_replay.domain.origin import Origin
from lambda_replay.domain.policy import DEFAULT_RATE, DEFAULT_RULE, Policy
from lambda_replay.domain.reasons import Reason
from lambda_replay.domain.replay import Replay, ReplayMode, ReplayStatus, Trigger
from lambda_replay.domain.retry import RetryRule

_RULE = {"base_seconds": "base", "cap_seconds": "cap", "max_age_seconds": "oldest"}
_PLAIN = ("attempts", "idempotent", "unverified_origin")


def policy(function: str, told: Mapping[str, Any]) -> Policy:
    """Of a request or an answer; what is not told is as by default."""
    rule = _rule(told, DEFAULT_RULE)
    return Policy(
        function=function,
        enabled=told.get("enabled", True),
        categories=tuple(told.get("categories", ())),
        rule=rule,
        by_category=_exceptions(told.get("by_category"), rule),
        by_group=_exceptions(told.get("by_group"), rule),
        rate=told.get("rate", DEFAULT_RATE),
    )


def execution(told: Mapping[str, Any]) -> Execution:
    """Of a list's entry, or of one execution's own answer, which knows the replays."""
    replays = tuple(_replay(one) for one in told.get("replays", ()))
    run_of = told["probable_run_of"]
    return Execution(
        id=told["id"],
        function=FunctionArn.parse(told["function_arn"]),
        # The current one is asked about; without replays in the entry it is the only one.
        first_failure=_failure(told.get("first_failure", told["failure"])),
        stored_at=_time(told["stored_at"]),
        expires_at=_time(told["expires_at"]),
        payload=None,
        unreplayable=None if told["unreplayable"] is None else Reason(told["unreplayable"]),
        origin=Origin(told["origin"]),
        contests=tuple(
            Contest(other=one["other"], differs=tuple(Difference(name) for name in one["differs"]))
            for one in told["contested"]
        ),
        probable_run_of=None if run_of is None else RunOf(**run_of),
        replays=replays,
        decisions=tuple(
            Decision(verb=Verb(one["verb"]), at=_time(one["at"]), by=one["by"]) for one in told["decisions"]
        ),
    )


def _exceptions(told: Mapping[str, Any] | None, rule: RetryRule) -> dict[str, RetryRule | None]:
    return {key: None if one is None else _rule(one, rule) for key, one in (told or {}).items()}


def _rule(told: Mapping[str, Any], default: RetryRule) -> RetryRule:
    fields: dict[str, Any] = {name: told[name] for name in _PLAIN if told.get(name) is not None}
    for name, field in _RULE.items():
        if told.get(name) is not None:
            fields[field] = timedelta(seconds=told[name])
    # A qualifier of null is one: the record's own.
    return replace(default, **fields, qualifier=told.get("qualifier", default.qualifier))


def _replay(told: Mapping[str, Any]) -> Replay:
    failure, ended_at = told["failure"], told["ended_at"]
    return Replay(
        number=told["number"],
        claim_id="",
        mode=ReplayMode(told["mode"]),
        target=FunctionArn.parse(told["target"]),
        by=told["by"],
        reason=None,
        idempotency_key=None,
        claimed_at=_time(told["claimed_at"]),
        lease_expires_at=_time(told["claimed_at"]),
        trigger=Trigger(told["trigger"]),
        status=ReplayStatus(told["status"]),
        ended_at=None if ended_at is None else _time(ended_at),
        failure=None if failure is None else _failure(failure),
    )


def _failure(told: Mapping[str, Any]) -> Failure:
    return Failure(
        condition=told["condition"],
        invoke_count=told["invoke_count"],
        executed_version=told["executed_version"],
        at=_time(told["at"]),
        error_type=told["error_type"],
        title=told["title"],
        category=told["category"],
        verdict=told["verdict"],
        rule=told["rule"],
        confidence=told["confidence"],
        group=told["group"],
    )


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)
