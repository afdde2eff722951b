"""Durable executions as Lambda's API tells of them, and their records on the way to triage."""

from datetime import UTC, datetime
from typing import Any, cast

import boto3
import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from lambda_replay.adapters.aws.clients import lazy
from lambda_replay.adapters.aws.durable_runs import LambdaDurableRuns
from lambda_replay.adapters.aws.failure_queue import FailureQueue
from lambda_replay.domain.executions.durable_run import DurableRun, RunStatus
from lambda_replay.domain.intake.execution_record import parse_record
from tests.integration.aws.test_lambda_config import DELETED, DENIED

ARN = "arn:aws:lambda:eu-west-1:123456789012:function:orders:3/durable-execution/event-1-1-claim/7"
ENDED = datetime(2026, 1, 31, 9, 3, 11, 482_000, tzinfo=UTC)


def asked(answer: Any) -> DurableRun | None:
    class Lambda:
        def get_durable_execution(self, *, DurableExecutionArn: str) -> Any:
            assert DurableExecutionArn == ARN
            if isinstance(answer, Exception):
                raise answer
            return answer

    return LambdaDurableRuns(lambda region: cast("Any", {"eu-west-1": Lambda()}[region])).run(ARN)


def test_a_failure_with_all_that_is_known() -> None:
    error = {"ErrorType": "KeyError", "ErrorMessage": "'id'", "StackTrace": ["at one"], "ErrorData": "x"}
    found = asked({"Status": "FAILED", "EndTimestamp": ENDED, "Version": "3", "Error": error})
    assert found == DurableRun(
        status=RunStatus.FAILED,
        ended_at=ENDED,
        version="3",
        error_type="KeyError",
        error_message="'id'",
        stack_trace=("at one",),
    )


def test_a_run_under_way() -> None:
    assert asked({"Status": "RUNNING"}) == DurableRun(status=RunStatus.RUNNING)


@pytest.mark.parametrize(
    "answer",
    [DELETED, DENIED, EndpointConnectionError(endpoint_url="x"), {}, {"Status": "OF_TOMORROW"}],
)
def test_what_cannot_be_read(answer: Any) -> None:
    assert asked(answer) is None


def test_what_is_no_arn() -> None:
    assert LambdaDurableRuns().run("nonsense") is None


@pytest.mark.parametrize("status", [one for one in RunStatus if one is not RunStatus.RUNNING])
def test_its_record_is_read_as_any_other(status: RunStatus) -> None:
    run = DurableRun(status=status, ended_at=ENDED, version="3")
    record = parse_record(run.record("run-1", ARN.partition("/")[0]), fallback_id="none")
    assert (record.request_id, str(record.function)) == ("run-1", ARN.partition("/")[0])
    assert record.succeeded == (status is RunStatus.SUCCEEDED)
    assert (record.timestamp, record.executed_version, record.payload) == (ENDED, "3", None)
    assert record.succeeded or status in (record.response or "")


def test_a_record_reaches_the_queue(aws: None) -> None:
    sqs = boto3.client("sqs", region_name="us-east-1")
    url = sqs.create_queue(QueueName="failures")["QueueUrl"]
    queue = FailureQueue(lazy("sqs", region_name="us-east-1"), url)
    queue('{"version":"1.0"}')
    [message] = sqs.receive_message(QueueUrl=url)["Messages"]
    assert message["Body"] == '{"version":"1.0"}'
    with pytest.raises(ClientError):
        FailureQueue(queue.client, url + "-gone")("{}")
