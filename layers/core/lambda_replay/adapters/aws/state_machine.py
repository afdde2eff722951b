"""`Runner` on Step Functions: the state machine `statemachines/replay_job.asl.yaml`."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from lambda_replay.domain.jobs.job import Job
from lambda_replay.ports.jobs import NotStartedError

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient


@dataclass(frozen=True, slots=True)
class StepFunctionsRunner:
    """`client` is made at the first use."""

    client: Callable[[], "SFNClient"]

    def start(self, job: Job) -> None:
        # The name makes it idempotent: of a name there is one execution in 90 days (API reference,
        # StartExecution).
        name = f"{job.id}-{job.generation}"
        wanted = {"job_id": job.id, "generation": job.generation, "sequence": 0, "turns": 0}
        try:
            self.client().start_execution(stateMachineArn=job.runner, name=name, input=json.dumps(wanted))
        except (BotoCoreError, ClientError) as error:
            if _code(error) != "ExecutionAlreadyExists":
                raise NotStartedError(f"state machine {job.runner}: {error}") from error


def _code(error: Exception) -> str | None:
    return error.response["Error"]["Code"] if isinstance(error, ClientError) else None
