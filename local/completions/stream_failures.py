"""A batch of a Kinesis stream that failed for good (docs/reference/lambda.md#event-source-mappings).

ministack tries such a batch again for ever. Here it is tried as often as the mapping says, its record goes to
the mapping's on-failure destination, signed as the function's role, and the shard goes on behind it.
"""

import importlib
import json
import threading
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from local.async_invoke.destinations import Credentials, Destinations, object_key
from local.async_invoke.record import timestamp
from local.async_invoke.workers import RawEvent

_FOREVER = -1


@dataclass(frozen=True)
class Failure:
    """One batch, after its last try."""

    request_id: str
    function_arn: str
    version: str
    tries: int
    records: list[Any]

    @property
    def shard(self) -> str:
        """An event id is the shard's and the record's."""
        shard: str = self.records[0]["eventID"].split(":")[0]
        return shard


def install(endpoint: str) -> None:
    """Complete the imported ministack."""
    svc: Any = importlib.import_module("ministack.services.lambda_svc")
    runtime: Any = importlib.import_module("ministack.core.lambda_runtime")
    destinations = Destinations(endpoint)
    polling = threading.local()
    tries: dict[tuple[str, str], int] = {}
    poll, mappings, execute, dispatch = (
        svc._poll_kinesis,
        svc._iter_all_esms,
        svc._execute_function,
        svc._execute_function_dispatch,
    )

    def poll_noted() -> Any:
        polling.is_kinesis = True
        try:
            return poll()
        finally:
            polling.is_kinesis = False

    def mappings_noted() -> Any:
        for account, region, mapping in mappings():
            polling.mapping = mapping
            yield account, region, mapping

    def dispatch_noted(func: Any, config: Any, event: Any, request_id: str, *rest: Any) -> Any:
        polling.request_id = request_id
        return dispatch(func, config, event, request_id, *rest)

    def execute_batch(func: Any, event: Any) -> Any:
        if not getattr(polling, "is_kinesis", False):
            return execute(func, event)
        # The record's payload is what the function was given, to the byte.
        text = json.dumps(event, separators=(",", ":"), ensure_ascii=False)
        polling.is_kinesis = False  # whatever it calls is no batch
        try:
            result = execute(func, RawEvent(text.encode()))
        finally:
            polling.is_kinesis = True
        mapping = polling.mapping
        batch = (mapping["UUID"], event["Records"][0]["eventID"])
        if not result.get("error") or result.get("throttle"):
            tries.pop(batch, None)
            return result
        tries[batch] = tries.get(batch, 0) + 1
        limit = int(mapping.get("MaximumRetryAttempts", _FOREVER))
        if limit == _FOREVER or tries[batch] <= limit:
            return result
        config = func["config"]
        version = config.get("Version", "$LATEST")
        arn = mapping["FunctionArn"]
        report(Failure(polling.request_id, arn, version, tries.pop(batch), event["Records"]), text, config)
        return {"body": None}  # the shard goes on

    def report(failure: Failure, text: str, config: Any) -> None:
        mapping = polling.mapping
        failed = (mapping.get("DestinationConfig") or {}).get("OnFailure") or {}
        arn = failed.get("Destination")
        if not arn:
            return
        now = datetime.now(UTC)
        body = batch_record(failure, now, mapping["EventSourceArn"], text if ":s3:" in arn else None)
        key = object_key(f"{mapping['UUID']}/{failure.shard}", now)
        credentials = Credentials.of(runtime.execution_credentials(config))
        destinations.deliver_batch(arn, body, key, failure.function_arn, failure.request_id, credentials)

    svc._poll_kinesis, svc._iter_all_esms = poll_noted, mappings_noted
    svc._execute_function, svc._execute_function_dispatch = execute_batch, dispatch_noted


def batch_record(failure: Failure, now: datetime, stream_arn: str, payload: str | None) -> bytes:
    """The record; with the batch itself only where its size is no matter, which is in a bucket."""
    first, last = failure.records[0]["kinesis"], failure.records[-1]["kinesis"]
    record: dict[str, Any] = {
        "requestContext": {
            "requestId": failure.request_id,
            "functionArn": failure.function_arn,
            "condition": "RetryAttemptsExhausted",
            "approximateInvokeCount": failure.tries,
        },
        "responseContext": {
            "statusCode": 200,
            "executedVersion": failure.version,
            "functionError": "Unhandled",
        },
        "version": "1.0",
        "timestamp": timestamp(now),
        "KinesisBatchInfo": {
            "shardId": failure.shard,
            "startSequenceNumber": first["sequenceNumber"],
            "endSequenceNumber": last["sequenceNumber"],
            "approximateArrivalOfFirstRecord": _arrival(first),
            "approximateArrivalOfLastRecord": _arrival(last),
            "batchSize": len(failure.records),
            "streamArn": stream_arn,
        },
    }
    if payload is not None:
        record["payload"] = payload
    return json.dumps(record, separators=(",", ":"), ensure_ascii=False).encode()


def _arrival(record: Any) -> str:
    return timestamp(datetime.fromtimestamp(record["approximateArrivalTimestamp"], UTC))
