"""What the API gives about failures over time."""

from datetime import datetime

from pydantic import Field

from api.models import Read
from lambda_replay.domain.groups.count_batch import HOURS_KEPT
from lambda_replay.use_cases.groups.stats import MOST_FUNCTIONS, MOST_GROUPS, MOST_HOURS, Interval


class BucketView(Read):
    at: datetime = Field(description="When the hour or day begins (UTC)")
    failures: int
    by_category: dict[str, int]
    by_function: dict[str, int] = Field(
        description=f"The {MOST_FUNCTIONS} functions that failed most in the whole range; the others are in "
        "`failures` alone"
    )


class StatsView(Read):
    """Failed runs: original invocations, and replays that failed again."""

    since: datetime = Field(serialization_alias="from", description="The range that was used; included")
    until: datetime = Field(serialization_alias="to", description="The range that was used; excluded")
    interval: Interval
    total: int
    buckets: list[BucketView] = Field(
        description="Every hour or day of the range, also without failures, the oldest first"
    )
    by_category: dict[str, int]
    by_function: dict[str, int]
    groups: int = Field(description="Groups that failed in the range; merged ones are one")
    complete: bool = Field(
        description="False when there was more than is read: the "
        f"{MOST_GROUPS} groups last active since `from`, merged ones included, and {MOST_HOURS} of their "
        f"hours. Also when the range begins {HOURS_KEPT.days} days ago or earlier: hours are forgotten "
        "after that"
    )
