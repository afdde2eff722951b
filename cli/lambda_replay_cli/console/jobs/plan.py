"""What a job would do, with its controls; and its start."""

import re
import uuid
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

from starlette.responses import Response

from lambda_replay.domain.category import Category, Verdict
from lambda_replay.domain.executions.execution import ExecutionStatus
from lambda_replay_cli.console.backend.page_request import PageRequest, address
from lambda_replay_cli.console.client import UsageError, segment, start_job
from lambda_replay_cli.console.jobs.form import FIELDS, SELECTION, JobForm, wanted

TYPED_ABOVE = 1000
"""A job of more executions is started only by anyone who types how many they are."""


def plan(visit: PageRequest) -> Response:
    """Looks only. What is planned now is what a start means: the end of the selection is written down."""
    asked = wanted(visit.query)
    if not any(asked.fields[name] for name in SELECTION):
        return _drawn(visit, asked, None)
    return _drawn(visit, _bounded(visit, asked), _planned(visit, _bounded(visit, asked)))


def change(visit: PageRequest) -> Response:
    """The form with other controls, as an address that says them."""
    asked = wanted(visit.form)
    pairs = [("drawn", "1"), *((name, value) for name, value in asked.fields.items() if value)]
    return visit.go(address("/plan", pairs))


def start(visit: PageRequest) -> Response:
    """Once for each form that was drawn: its key goes with it, however often it is sent."""
    asked = wanted(visit.form)
    fault = _typed_wrong(visit)
    if fault:
        return _drawn(visit, asked, _planned(visit, asked), fault, HTTPStatus.BAD_REQUEST)
    job = start_job(visit.backend.service, asked.request(), visit.form.get("key"))
    return visit.go(f"/jobs/{segment(job['id'])}")


def _bounded(visit: PageRequest, asked: JobForm) -> JobForm:
    """What fails later is not in it, whenever the form is sent."""
    if asked.options.ids or asked.options.until:
        return asked
    now = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    return wanted(_with(visit.query, "to", now))


def _with(given: Any, name: str, value: str) -> Any:
    return type(given)({**given.values_by_name, name: [value]})


def _planned(visit: PageRequest, asked: JobForm) -> Any:
    return visit.backend.call("POST", "/jobs/plan", body=_without_words(asked.request()))


def _without_words(request: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in request.items() if name not in ("name", "reason")}


def _drawn(
    visit: PageRequest, asked: JobForm, found: Any, fault: str = "", status: HTTPStatus = HTTPStatus.OK
) -> Response:
    return visit.page(
        "plan.html",
        status,
        plan=found,
        fields=asked.fields,
        names=FIELDS,
        options=asked.options,
        key=visit.form.get("key") or str(uuid.uuid4()),
        fault=fault,
        typed=found is not None and found["eligible"] > TYPED_ABOVE,
        ids=asked.options.ids or [],
        choices={"category": list(Category), "verdict": list(Verdict), "status": list(ExecutionStatus)},
    )


def _typed_wrong(visit: PageRequest) -> str:
    """Why the count that was typed does not do; empty where it does, or none was needed."""
    shown = visit.form.get("eligible", "0")
    if not shown.isdecimal():
        raise UsageError("the form is not complete: load the plan again")
    if int(shown) <= TYPED_ABOVE:
        return ""
    typed = re.sub(r"\D", "", visit.form.get("typed", ""))
    return "" if typed == shown else f"Type {shown} to start a job of so many; nothing was started."
