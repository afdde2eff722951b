"""What `status` and `doctor` say."""

from typing import Any

from starlette.responses import Response

from lambda_replay_cli.console.backend.page_request import PageRequest
from lambda_replay_cli.console.backend.service import Missing, if_possible
from lambda_replay_cli.console.client import Addresses, Collector, audit, gathered_status


def health(visit: PageRequest) -> Response:
    """The audit asks Lambda about each function, which takes seconds: it is done on demand."""
    service = visit.backend.service
    looks: dict[str, Any] = {"status": lambda: gathered_status(service, visit.now)}
    if "doctor" in visit.query:
        looks["doctor"] = if_possible(lambda: _audit(visit))
    found = visit.backend.together(**looks)
    findings = found.get("doctor")
    return visit.page(
        "health.html",
        state=found["status"],
        findings=None if isinstance(findings, Missing) else findings,
        findings_refused=findings.why if isinstance(findings, Missing) else "",
    )


def _audit(visit: PageRequest) -> list[dict[str, Any]]:
    service = visit.backend.service
    gathering = Collector(service, Addresses.of(service))
    functions, deployment = gathering.functions(), gathering.deployment()
    return [finding.as_json() for finding in audit(functions, deployment)]
