"""The team's own rules: those in effect, and others tried on recent failures before they are."""

import json
from typing import Any

from starlette.responses import Response

from lambda_replay.domain.diagnosis import (
    DEFAULT_RULES,
    Evidence,
    Rule,
    RuleError,
    check_examples,
    diagnose,
    load_rules,
)
from lambda_replay_cli.console.backend.page_request import PageRequest
from lambda_replay_cli.console.client import UsageError, segment

_TRIED = 20


def rules(visit: PageRequest) -> Response:
    found = visit.backend.get("/rules")
    return _drawn(visit, found, json.dumps(found["rules"], indent=2, ensure_ascii=False))


def try_rules(visit: PageRequest) -> Response:
    """The rules are sent, for addresses are too short for them; nothing is changed by that."""
    text = visit.form.get("rules", "")
    found = visit.backend.get("/rules")
    try:
        tried = _rules(text)
    except UsageError as error:
        return _drawn(visit, found, text, fault=str(error))
    return _drawn(visit, found, text, trial=_trial(visit, tried))


def save_rules(visit: PageRequest) -> Response:
    text = visit.form.get("rules", "")
    try:
        _rules(text)
    except UsageError as error:
        return _drawn(visit, visit.backend.get("/rules"), text, fault=str(error))
    reason = {"reason": visit.form["reason"]} if "reason" in visit.form else {}
    answer = visit.backend.call("PUT", "/rules", body={"rules": _listed(text), **reason})
    return visit.go(
        "/health/rules", f"Version {answer['version']} is in effect: triage uses it within a minute"
    )


def _drawn(visit: PageRequest, found: Any, text: str, *, fault: str = "", trial: Any = None) -> Response:
    return visit.page("rules.html", rules=found, text=text, fault=fault, trial=trial)


def _listed(text: str) -> Any:
    """Raises `UsageError`."""
    try:
        given = json.loads(text or "[]")
    except json.JSONDecodeError as error:
        raise UsageError(f"no JSON: {error.msg} (line {error.lineno}, column {error.colno})") from None
    except (ValueError, RecursionError):
        raise UsageError("no JSON: nested too deeply, or a number is too long") from None
    return given.get("rules") if isinstance(given, dict) else given


def _rules(text: str) -> tuple[Rule, ...]:
    try:
        found = load_rules(_listed(text))
        check_examples(found)
    except RuleError as error:
        raise UsageError(str(error)) from None
    return found


def _trial(visit: PageRequest, own: tuple[Rule, ...]) -> list[dict[str, Any]]:
    """The newest failures with what the rules would say of them. Of a record, the API tells the error but not
    the payload, so a rule about payloads finds nothing here."""
    recent = visit.backend.get("/executions", limit=str(_TRIED))["executions"]
    details = visit.backend.each(lambda one: visit.backend.get(f"/executions/{segment(one['id'])}"), recent)
    return [_tried(one, own) for one in details if one["error"] is not None]


def _tried(one: dict[str, Any], own: tuple[Rule, ...]) -> dict[str, Any]:
    failure, error = one["failure"], one["error"]
    trace = [
        f'  File "{frame["file"]}", line {frame["line"]}, in {frame["function"]}\n    {frame["code"] or ""}\n'
        for frame in error["frames"]
    ]
    reported = {"errorType": error["error_type"], "errorMessage": error["message"], "stackTrace": trace}
    evidence = Evidence(
        function=one["function"],
        condition=failure["condition"],
        status_code=200,
        response=json.dumps(reported),
        payload=None,
    )
    decided = diagnose(evidence, own + DEFAULT_RULES)
    mine = decided.rule in {rule.id for rule in own}
    return {
        "id": one["id"],
        "title": failure["title"],
        "failed_at": one["failed_at"],
        "function": one["function"],
        "before": {name: failure[name] for name in ("category", "verdict", "rule")},
        "after": {"category": decided.category.value, "verdict": decided.verdict.value, "rule": decided.rule}
        if mine
        else None,
    }
