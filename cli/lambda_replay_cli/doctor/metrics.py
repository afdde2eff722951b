"""Sums of Lambda's metrics, for many functions in few requests. CloudWatch charges for each metric."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import batched
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lambda_replay_cli.client.service import Service

RECEIVED = "AsyncEventsReceived"
_MOST_QUERIES = 500  # of one request
_FORTNIGHT, _DAY, _HOUR = timedelta(days=14), timedelta(days=1), timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Metric:
    """Of one function, or of one alias of it; `qualifier` `$LATEST` is what names none."""

    name: str
    function: str
    qualifier: str | None = None

    def dimensions(self) -> list[dict[str, str]]:
        found = [{"Name": "FunctionName", "Value": self.function}]
        if self.qualifier is not None:
            resource = self.function if self.qualifier == "$LATEST" else f"{self.function}:{self.qualifier}"
            found.append({"Name": "Resource", "Value": resource})
        return found


@dataclass(frozen=True, slots=True)
class Window:
    """How far back, in which steps: hours are kept for longer than any window here."""

    length: timedelta
    step: timedelta


FORTNIGHT = Window(_FORTNIGHT, _DAY)
DAY = Window(_DAY, _HOUR)


def sums(
    service: "Service",
    wanted: Iterable[Metric],
    window: Window,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> dict[Metric, float]:
    """What came to nothing is left out."""
    client, end = service.client("cloudwatch"), now()
    found: dict[Metric, float] = {}
    for some in batched(wanted, _MOST_QUERIES, strict=False):
        for number, values in _asked(client, some, end - window.length, end, window.step):
            if total := sum(values):
                found[some[number]] = found.get(some[number], 0.0) + total
    return found


def with_events(service: "Service", names: Sequence[str]) -> set[str]:
    """Those that had asynchronous events in the last 14 days."""
    return {
        metric.function for metric in sums(service, [Metric(RECEIVED, name) for name in names], FORTNIGHT)
    }


def _asked(
    client: Any, some: Sequence[Metric], start: datetime, end: datetime, step: timedelta
) -> Iterable[tuple[int, list[float]]]:
    queries = [
        {
            "Id": f"m{number}",
            "MetricStat": {
                "Metric": {
                    "Namespace": "AWS/Lambda",
                    "MetricName": metric.name,
                    "Dimensions": metric.dimensions(),
                },
                "Period": int(step.total_seconds()),
                "Stat": "Sum",
            },
        }
        for number, metric in enumerate(some)
    ]
    token: dict[str, str] = {}
    while True:
        page = client.get_metric_data(MetricDataQueries=queries, StartTime=start, EndTime=end, **token)
        for result in page["MetricDataResults"]:
            yield int(result["Id"].removeprefix("m")), result["Values"]
        if not page.get("NextToken"):
            return
        token = {"NextToken": page["NextToken"]}
