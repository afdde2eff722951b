"""Failures over time, for a status screen."""

from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Annotated

from aws_lambda_powertools.event_handler.api_gateway import Router
from aws_lambda_powertools.event_handler.openapi.params import Query

from api.composition_root import storage
from api.errors import ApiError
from api.models import ErrorCode, Time
from api.openapi_docs import documented
from api.stats.models import BucketView, StatsView
from lambda_replay.adapters.clock import now
from lambda_replay.use_cases.groups.stats import LONGEST, Interval, Stats, TimeRange, stats

router = Router()

_SHOWN = timedelta(hours=24)


@router.get(
    "/stats",
    summary="Failed runs over time, by category and function",
    responses=documented((HTTPStatus.OK, StatsView, "Every hour or day of the range")),
)
def get_stats(
    since: Annotated[
        Time | None, Query(alias="from", description="24 hours before `to` where it is not given")
    ] = None,
    until: Annotated[Time | None, Query(alias="to", description="Now where it is not given")] = None,
    interval: Annotated[
        Interval, Query(description="At most 31 days by hour, 90 days by day")
    ] = Interval.HOUR,
) -> StatsView:
    """The range is widened to full hours or days (UTC); the answer tells the one that was used. `GET /groups`
    of the same `from` has the causes."""
    present = now()
    try:
        end = until or present
        span = _span(since or end - _SHOWN, end, interval)
    except OverflowError:
        raise _bad("to: out of range") from None
    return _view(stats(storage().groups, span, present))


def _span(since: datetime, until: datetime, interval: Interval) -> TimeRange:
    if since >= until:
        raise _bad("from: must be before to, which is now where it is not given")
    if until - since > LONGEST[interval]:
        days = LONGEST[interval].days
        raise _bad(f"from: must be at most {days} days before to, with interval={interval}")
    return TimeRange.around(since, until, interval)


def _bad(message: str) -> ApiError:
    return ApiError(HTTPStatus.BAD_REQUEST, ErrorCode.INVALID_REQUEST, message)


def _view(found: Stats) -> StatsView:
    return StatsView(
        since=found.span.since,
        until=found.span.until,
        interval=found.span.interval,
        total=found.total.failures,
        buckets=[
            BucketView(
                at=at, failures=runs.failures, by_category=runs.by_category, by_function=runs.by_function
            )
            for at, runs in found.buckets.items()
        ],
        by_category=found.total.by_category,
        by_function=found.total.by_function,
        groups=found.groups,
        complete=found.complete,
    )
