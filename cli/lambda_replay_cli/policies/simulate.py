"""What a policy would do with failures that are there: replay them, when, or why not."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from lambda_replay.domain.executions.execution import Execution
from lambda_replay.domain.executions.replay import ReplayStatus, Trigger
from lambda_replay.domain.executions.retry_rule import RetryRule
from lambda_replay.domain.functions.allow_list import AllowList
from lambda_replay.domain.intake.origin import Origin
from lambda_replay.domain.policies.policy import Policy
from lambda_replay_cli.policies.from_api import execution

ApiResponse = dict[str, Any]
_TOO_LATE = "its wait would end when it is older than the policy allows"


@dataclass(frozen=True, slots=True)
class SimulatedReplay:
    """Of one execution: `at` when it would be replayed, or `why` it would not."""

    reported: ApiResponse
    at: datetime | None
    why: str | None

    def as_row(self) -> dict[str, object]:
        failure = self.reported["failure"]
        return {
            "id": self.reported["id"],
            "would_replay": self.at is not None,
            "at": None if self.at is None else self.at.isoformat(),
            "why": self.why,
            "failed_at": self.reported["failed_at"],
            "status": self.reported["status"],
            "category": failure["category"],
            "group": failure["group"],
            "title": failure["title"],
        }


def tried(
    policy: Policy,
    executions: Iterable[ApiResponse],
    detail: Callable[[str], ApiResponse],
    allowed: AllowList,
) -> Iterator[SimulatedReplay]:
    """As if it had been in effect when they failed. `detail` gives one execution with its replays; it is
    asked for those alone that depend on them."""
    for reported in executions:
        found = execution(reported)
        rule = policy.rule_for(found.failure)
        if rule is None:
            yield SimulatedReplay(reported, None, _no_rule(policy, found))
            continue
        if reported["replay_count"]:
            found = execution(detail(reported["id"]))
        yield _verdict(reported, found.planned(rule), rule, allowed)


def _verdict(
    reported: ApiResponse, planned: Execution, rule: RetryRule, allowed: AllowList
) -> SimulatedReplay:
    why = next((why for why, is_so in _obstacles(reported, planned, rule, allowed).items() if is_so), None)
    at = planned.retry_at if why is None else None
    return SimulatedReplay(reported, at, why or (_TOO_LATE if at is None else None))


def _no_rule(policy: Policy, found: Execution) -> str:
    failure = found.failure
    if not policy.enabled:
        return "the policy is off"
    if failure.group in policy.by_group:
        return f"group {failure.group[:8]}: never"
    if failure.category in policy.by_category:
        return f"category {failure.category}: never"
    return f"category {failure.category} is not among {', '.join(policy.categories) or 'those of the policy'}"


def _obstacles(
    reported: ApiResponse, planned: Execution, rule: RetryRule, allowed: AllowList
) -> dict[str, bool]:
    """The first that is so is named: the same that `Execution.retry_at` asks, and what the replay would be
    rejected for."""
    replays, status = planned.replays, reported["status"]
    automatic = [one for one in replays if one.trigger is Trigger.AUTOMATIC]
    by_itself = any(one.status is ReplayStatus.SUCCEEDED for one in automatic)
    target = planned.function.with_qualifier(rule.qualifier or planned.function.qualifier)
    uncertain = any(one.status is ReplayStatus.UNCERTAIN for one in replays)
    return {
        f"{reported['unreplayable']}: nothing to send": planned.unreplayable is not None,
        "its origin is not verified": planned.origin is not Origin.VERIFIED and not rule.unverified_origin,
        "contested: another record has the same request id": bool(planned.contests),
        "it is probably the run of an uncertain replay": planned.probable_run_of is not None,
        "poisoned: its replays failed with different versions of the code": bool(reported["poisoned"]),
        "recovered already, by an automatic replay": status == "recovered" and by_itself,
        f"{status} already": status in ("recovered", "unconfirmed"),
        f"it is {status}": status != "failed",
        "a replay is under way": any(one.in_flight for one in replays),
        "a replay is uncertain, and the function not idempotent": uncertain and not rule.idempotent,
        f"has had its automatic replays: {len(automatic)}": len(automatic) >= rule.attempts,
        "ReplayableFunctions does not cover it": not allowed.allows(target),
    }
