"""Which functions have failed lately, as the service's own table knows: also without metrics, and of
functions that have lost their destination since."""

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from lambda_replay.domain.functions.function_arn import FunctionArn

if TYPE_CHECKING:
    from lambda_replay_cli.client.service import Service


def last_failures(service: "Service", since: datetime) -> dict[str, datetime]:
    """When each last failed, by its ARN without a qualifier. Raises `ApiRefused`."""
    found: dict[str, datetime] = {}
    for arn, at in _newest_first(service):
        if at < since:
            break
        found.setdefault(FunctionArn.parse(arn).unqualified, at)
    return found


def _newest_first(service: "Service") -> Iterator[tuple[str, datetime]]:
    for each in service.pages("/functions", "functions", {"limit": "100"}):
        yield each["function_arn"], datetime.fromisoformat(each["last_failed_at"])
