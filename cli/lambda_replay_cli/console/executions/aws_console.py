"""Where the AWS console shows the log and the traces of an execution's last run.

Traces: "Console deep linking" of the X-Ray developer guide; a range of time is six hours at most. The format
of the logs' page is not documented: this is what the page itself shows as its address, where names behind
the # are encoded twice, with $ in place of %. Hosts are those of each partition's console.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from starlette.responses import RedirectResponse, Response

from lambda_replay_cli.console.backend.page_request import PageRequest
from lambda_replay_cli.console.backend.service import Missing, if_possible
from lambda_replay_cli.console.client import UsageError, segment

_HOSTS = {
    "aws": "console.aws.amazon.com",
    "aws-cn": "console.amazonaws.cn",
    "aws-us-gov": "console.amazonaws-us-gov.com",
    "aws-eusc": "console.amazonaws-eusc.eu",
}
# An asynchronous event lives for six hours; lines and segments come in some minutes later.
_EVENT_AGE, _LATER, _LONGEST = timedelta(hours=6), timedelta(minutes=10), timedelta(hours=6)


@dataclass(frozen=True, slots=True)
class Run:
    """The last one, and between which times it was under way. `partition` has a console."""

    partition: str
    region: str
    function: str
    arn: str
    request_id: str
    since: datetime
    until: datetime

    def log(self, group: str | None) -> str:
        """Lines with its request id, in this log group or in the function's own."""
        name = _twice(group or f"/aws/lambda/{self.function}")
        pattern = _twice(f'"{self.request_id}"')
        times = f"$3Fstart$3D{_milliseconds(self.since)}$26end$3D{_milliseconds(self.until)}"
        path = f"#logsV2:log-groups/log-group/{name}/log-events{times}$26filterPattern$3D{pattern}"
        return f"{self._page('cloudwatch')}{path}"

    def traces(self) -> str:
        """Those of the function at this time: X-Ray finds none by a request id."""
        since = max(self.since, self.until - _LONGEST)
        times = "~".join(f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%S}" for at in (since, self.until))
        wanted = quote(f'service("{self.function}")', safe="()")
        return f"{self._page('xray')}#/traces?timeRange={times}&filter={wanted}"

    def _page(self, service: str) -> str:
        region = quote(self.region, safe="")
        return f"https://{region}.{_HOSTS[self.partition]}/{service}/home?region={region}"


def last_run(execution: dict[str, Any], now: datetime) -> Run | None:
    """None where the AWS console has no page for the function."""
    parts = execution["function_arn"].split(":")
    if len(parts) < 7 or parts[1] not in _HOSTS:
        return None
    sent = [one for one in execution["replays"] if one["request_id"]]
    if sent:
        request_id, since = sent[-1]["request_id"], datetime.fromisoformat(sent[-1]["claimed_at"])
        until = datetime.fromisoformat(sent[-1]["ended_at"]) if sent[-1]["ended_at"] else now
    else:
        request_id, until = execution["id"], datetime.fromisoformat(execution["first_failure"]["at"])
        since = until - _EVENT_AGE
    arn = ":".join(parts[:7])
    return Run(parts[1], parts[3], parts[6], arn, request_id, since, until + _LATER)


def log(visit: PageRequest) -> Response:
    """Leads to the log, wherever the function writes it. Raises `UsageError` where there is no such page."""
    execution = visit.backend.get(f"/executions/{segment(visit.part('id'))}")
    run = last_run(execution, visit.now)
    if run is None:
        raise UsageError(f"{execution['function_arn'][:200]}: the AWS console has no page for its log")
    group = if_possible(lambda: _log_group(visit, run))()
    return RedirectResponse(run.log(None if isinstance(group, Missing) else group), HTTPStatus.SEE_OTHER)


def _log_group(visit: PageRequest, run: Run) -> str | None:
    configuration = visit.backend.service.client("lambda").get_function_configuration(FunctionName=run.arn)
    found: str | None = configuration.get("LoggingConfig", {}).get("LogGroup")
    return found


def _milliseconds(at: datetime) -> int:
    return int(at.timestamp() * 1000)


def _twice(text: str) -> str:
    return quote(quote(text, safe=""), safe="").replace("%", "$")
