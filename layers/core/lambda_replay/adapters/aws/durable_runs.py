"""`DurableRuns` on Lambda's API (docs/reference/lambda.md#durable-functions)."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from lambda_replay.adapters.aws.lambda_config import reading_client
from lambda_replay.domain.executions.durable_run import DurableRun, RunStatus

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient


@dataclass(frozen=True, slots=True)
class LambdaDurableRuns:
    client_for: Callable[[str], "LambdaClient"] = field(default_factory=lambda: cache(reading_client))

    def run(self, arn: str) -> DurableRun | None:
        """None whatever the reason is (denied, throttled, not reached, forgotten): it is asked again."""
        try:
            client: Any = self.client_for(arn.split(":")[3])  # the types know nothing of durable functions
            answer = client.get_durable_execution(DurableExecutionArn=arn)
            error = answer.get("Error", {})
            return DurableRun(
                status=RunStatus(answer["Status"]),
                ended_at=answer.get("EndTimestamp"),
                version=answer.get("Version"),
                error_type=error.get("ErrorType"),
                error_message=error.get("ErrorMessage"),
                stack_trace=tuple(error.get("StackTrace", ())),
            )
        # The last three: an answer that broke off, a status of tomorrow, no ARN.
        except (BotoCoreError, ClientError, KeyError, ValueError, IndexError):
            return None
