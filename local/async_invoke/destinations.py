"""Sends records and dead letters through the public APIs, signed as the source function's role.

A role that may not send does not send: the refusal is logged in one line and the event is gone, as on
Lambda (metrics DestinationDeliveryFailures and DeadLetterErrors).
"""

import logging
import threading
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import botocore.session
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from local.async_invoke.model import DeadLetter, Event
from local.errors import LocalError

logger = logging.getLogger("local.async_invoke")

_MAX_ERROR_MESSAGE = 1024
_CLIENT_CONFIG = Config(
    retries={"total_max_attempts": 2},
    connect_timeout=2,
    read_timeout=30,
    max_pool_connections=32,
    s3={"addressing_style": "path"},
)


@dataclass(frozen=True)
class Credentials:
    """The session of an execution role."""

    access_key_id: str
    secret_access_key: str
    session_token: str

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> "Credentials":
        """As functions find them in their environment."""
        return cls(
            environment["AWS_ACCESS_KEY_ID"],
            environment["AWS_SECRET_ACCESS_KEY"],
            environment["AWS_SESSION_TOKEN"],
        )


class Destinations:
    """Delivers to one endpoint. Safe to use from many threads."""

    def __init__(self, endpoint: str) -> None:
        self._endpoint = endpoint
        self._session = botocore.session.Session()
        self._lock = threading.Lock()
        self._clients: dict[tuple[str, str, Credentials], Any] = {}

    def deliver(
        self, arn: str, event: Event, record: bytes, now: datetime, credentials: Credentials, *, success: bool
    ) -> None:
        """Send `record` to a destination of any type (docs/reference/lambda.md#destinations)."""
        service = arn.split(":")[2]
        try:
            if service == "events":
                client = self._client(service, arn.split(":")[3], credentials)
                self._put_event(client, arn, event, record.decode(), success=success)
            else:
                key = object_key(f"async/{event.name}", now)
                self._send(arn, record, key, event.function_arn.split(":")[3], credentials)
        except (ClientError, BotoCoreError, _RefusedError) as error:
            _log_failure(event.qualified_arn, event.request_id, arn, error)

    def deliver_batch(
        self, arn: str, record: bytes, key: str, function_arn: str, request_id: str, credentials: Credentials
    ) -> None:
        """Send the report of a batch that failed (docs/reference/lambda.md#event-source-mappings)."""
        try:
            self._send(arn, record, key, function_arn.split(":")[3], credentials)
        except (ClientError, BotoCoreError, _RefusedError) as error:
            _log_failure(function_arn, request_id, arn, error)

    def _send(self, arn: str, body: bytes, key: str, region: str, credentials: Credentials) -> None:
        service = arn.split(":")[2]
        client = self._client(service, arn.split(":")[3] or region, credentials)
        match service:
            case "sqs":
                client.send_message(QueueUrl=self._queue_url(arn), MessageBody=body.decode())
            case "sns":
                client.publish(TopicArn=arn, Message=body.decode())
            case "lambda":
                client.invoke(FunctionName=arn, InvocationType="Event", Payload=body)
            case "s3":
                bucket = arn.split(":::", 1)[1]
                client.put_object(Bucket=bucket, Key=key, Body=body, ContentType="application/octet-stream")
            case _:
                raise _RefusedError(f"no destination of type {service}")

    def bury(self, arn: str, event: Event, letter: DeadLetter, credentials: Credentials) -> None:
        """Send the event as it came to a queue or topic (docs/reference/lambda.md#dead-letters)."""
        attributes = dead_letter_attributes(event.request_id, letter)
        service, region = arn.split(":")[2:4]
        client = self._client(service, region, credentials)
        body = event.payload.decode()
        try:
            if service == "sns":
                client.publish(TopicArn=arn, Message=body, MessageAttributes=attributes)
            else:
                client.send_message(
                    QueueUrl=self._queue_url(arn), MessageBody=body, MessageAttributes=attributes
                )
        except (ClientError, BotoCoreError) as error:
            logger.warning(
                "dead letter delivery failed: function=%s requestId=%s target=%s error=%s",
                event.qualified_arn,
                event.request_id,
                arn,
                error,
            )

    @staticmethod
    def _put_event(client: Any, arn: str, event: Event, detail: str, *, success: bool) -> None:
        entry = {
            "Source": "lambda",
            "DetailType": f"Lambda Function Invocation Result - {'Success' if success else 'Failure'}",
            "Resources": [arn, event.qualified_arn],
            "Detail": detail,
            "EventBusName": arn,
        }
        answer = client.put_events(Entries=[entry])
        if answer["FailedEntryCount"]:
            raise _RefusedError(answer["Entries"][0].get("ErrorMessage", "entry refused"))

    def _queue_url(self, arn: str) -> str:
        # Lambda needs no GetQueueUrl permission, so the URL is made from the ARN.
        account, name = arn.split(":")[4:6]
        return f"{self._endpoint}/{account}/{name}"

    def _client(self, service: str, region: str, credentials: Credentials) -> Any:
        key = (service, region, credentials)
        with self._lock:
            if key not in self._clients:
                self._clients[key] = self._session.create_client(
                    service,
                    region_name=region,
                    endpoint_url=self._endpoint,
                    aws_access_key_id=credentials.access_key_id,
                    aws_secret_access_key=credentials.secret_access_key,
                    aws_session_token=credentials.session_token,
                    config=_CLIENT_CONFIG,
                )
            return self._clients[key]


def object_key(place: str, now: datetime) -> str:
    """The key of a record in S3 (docs/reference/lambda.md#destinations)."""
    return f"aws/lambda/{place}/{now:%Y/%m/%d/%Y-%m-%dT%H.%M.%S}-{uuid.uuid4()}"


def dead_letter_attributes(request_id: str, letter: DeadLetter) -> Mapping[str, Mapping[str, str]]:
    """RequestID, ErrorCode and the first kilobyte of the message; an empty value is no attribute."""
    message = letter.message.encode()[:_MAX_ERROR_MESSAGE].decode(errors="ignore")
    attributes = {"RequestID": {"DataType": "String", "StringValue": request_id}}
    if letter.code is not None:
        attributes["ErrorCode"] = {"DataType": "Number", "StringValue": str(letter.code)}
    if message:
        attributes["ErrorMessage"] = {"DataType": "String", "StringValue": message}
    return attributes


def _log_failure(function: str, request_id: str, destination: str, error: Exception) -> None:
    logger.warning(
        "destination delivery failed: function=%s requestId=%s destination=%s error=%s",
        function,
        request_id,
        destination,
        error,
    )


class _RefusedError(LocalError):
    """The service took the request but not its content."""
