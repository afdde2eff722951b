"""A Python function can have the event's own bytes: awslambdaric lets it replace the marshaller."""

import base64
import importlib
import json
from typing import Any

import pytest

from tests.contract.destinations.test_records import AWKWARD
from tests.contract.embedded import Embedded, function_arn, number, wait_until

# Lambda's own package, which has no types.
BOOTSTRAP: Any = importlib.import_module("awslambdaric.bootstrap")
CLIENT: Any = importlib.import_module("awslambdaric.lambda_runtime_client")

KEEPS_BYTES = """
import base64
from awslambdaric.lambda_runtime_client import LambdaRuntimeClient

class Marshaller:
    def __init__(self, default):
        self._default = default
    def unmarshal_request(self, request, content_type="application/json"):
        self._default.unmarshal_request(b"{}", content_type)
        return request
    def marshal_response(self, response):
        return self._default.marshal_response(response)

LambdaRuntimeClient.marshaller = Marshaller(LambdaRuntimeClient.marshaller)

def handler(event, context):
    print("ran")
    return base64.b64encode(event).decode()
"""
PAYLOADS = [
    AWKWARD,
    b' {"n":1.10, "n":1e400}\n',
    b"\r\n null\t",
    '"\u03bb \U0001f600 \\ud800"'.encode(),
    b'"' + b"x" * 400_000 + b'" ',
]
IDS = ["awkward", "numbers", "white space", "UTF-8", "400 KB"]


@pytest.fixture(scope="module")
def keeps_bytes(aws: Embedded) -> str:
    return aws.function(KEEPS_BYTES)


@pytest.mark.parametrize("payload", PAYLOADS, ids=IDS)
def test_an_asynchronous_event_arrives_byte_for_byte(aws: Embedded, keeps_bytes: str, payload: bytes) -> None:
    """What the marshaller is given is what Invoke was given."""
    url, arn = aws.queue()
    aws.configure(keeps_bytes, success=arn)

    aws.invoke(keeps_bytes, payload)

    record = json.loads(aws.receive(url)[0]["Body"], parse_int=number)
    assert base64.b64decode(record["responsePayload"]) == payload


@pytest.mark.parametrize("payload", [*PAYLOADS, b""], ids=[*IDS, "none"])
def test_a_synchronous_event_arrives_byte_for_byte(aws: Embedded, keeps_bytes: str, payload: bytes) -> None:
    """The same for RequestResponse; no payload at all is an empty object."""
    answer = aws.client("lambda").invoke(FunctionName=keeps_bytes, Payload=payload)

    assert base64.b64decode(json.loads(answer["Payload"].read())) == (payload or b"{}")


def test_a_destinations_record_arrives_byte_for_byte(aws: Embedded, keeps_bytes: str) -> None:
    """The event is the record, with the original event's text (docs/reference/lambda.md#destinations)."""
    url, arn = aws.queue()
    aws.configure(keeps_bytes, success=arn)
    name = aws.function(
        "def handler(event, context):\n    raise ValueError\n",
        invoke={"failure": function_arn(keeps_bytes), "MaximumRetryAttempts": 0},
    )

    aws.invoke(name, AWKWARD.replace(b"9" * 5000, b"9"))

    answer = json.loads(aws.receive(url)[0]["Body"])["responsePayload"]
    assert b'"requestPayload":' + AWKWARD.replace(b"9" * 5000, b"9") + b"," in base64.b64decode(answer)


def test_messages_of_a_queue_arrive_as_text(aws: Embedded, keeps_bytes: str) -> None:
    """Event source mappings go through the marshaller too, with the event that they made."""
    url, arn = aws.queue()
    name = aws.function(KEEPS_BYTES.replace('print("ran")', "print(event.decode())"))
    aws.client("lambda").create_event_source_mapping(FunctionName=name, EventSourceArn=arn)

    aws.client("sqs").send_message(QueueUrl=url, MessageBody=' {"n":1.10, "\u03bb":1e400}')

    wait_until(lambda: any(line.startswith('{"Records"') for line in aws.logs(name)))
    event = json.loads(next(line for line in aws.logs(name) if line.startswith('{"Records"')))
    assert event["Records"][0]["body"] == ' {"n":1.10, "\u03bb":1e400}'


def test_a_marshaller_that_fails_fails_the_invocation(aws: Embedded) -> None:
    """As on Lambda: what it raises is the function's error, and its frames are in the trace."""
    url, arn = aws.queue()
    source = KEEPS_BYTES.replace("return request", "raise LookupError(len(request))")
    name = aws.function(source, invoke={"failure": arn, "MaximumRetryAttempts": 0})

    aws.invoke(name, b" {} ")

    error = aws.record(url)["responsePayload"]
    assert (error["errorType"], error["errorMessage"]) == ("LookupError", "4")
    assert error["stackTrace"][0].startswith('  File "/var/task/app.py", line 10, in unmarshal_request\n')


@pytest.mark.parametrize("payload", [b"{", b"NaN", b"\xff"])
def test_a_synchronous_payload_that_is_no_json_is_refused(
    aws: Embedded, keeps_bytes: str, payload: bytes
) -> None:
    """400 for every invocation type (docs/reference/lambda.md#missing-and-odd-members)."""
    lambda_ = aws.client("lambda")
    with pytest.raises(
        lambda_.exceptions.InvalidRequestContentException, match="Could not parse request body"
    ):
        lambda_.invoke(FunctionName=keeps_bytes, Payload=payload)


def test_lambdas_own_package_has_this_extension_point() -> None:
    """What the embedded AWS stands in for: the class attribute, its two methods, bytes in, text out."""
    marshaller = CLIENT.LambdaRuntimeClient.marshaller

    assert marshaller.unmarshal_request(b' {"a":1} ', "application/json") == {"a": 1}
    assert marshaller.unmarshal_request(b"[1]") == [1]
    assert marshaller.marshal_response({"a": 1}) == ('{"a": 1}', "application/json")
    assert "marshaller" not in vars(CLIENT.LambdaRuntimeClient(""))


def test_lambdas_own_package_hands_the_bytes_to_the_marshaller_of_the_class(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Its event loop asks the client for `marshaller` at each event, so a class attribute set late counts."""
    given: list[Any] = []

    class Marshaller:
        def unmarshal_request(self, request: bytes, content_type: str = "application/json") -> Any:
            given.append((request, content_type))
            return request

        def marshal_response(self, response: Any) -> tuple[Any, str]:
            return "null", "application/json"

    class Client(CLIENT.LambdaRuntimeClient):  # type: ignore[misc]
        def post_invocation_result(self, *answer: Any, **_options: Any) -> None:
            given.append(answer)

    client = Client("")
    monkeypatch.setattr(CLIENT.LambdaRuntimeClient, "marshaller", Marshaller())
    BOOTSTRAP.handle_event_request(
        client, lambda event, _context: given.append(event), "id", b' {"n":1.10}\n', "application/json",
        None, None, "arn", 0, None, None,
    )  # fmt: skip

    assert given == [
        (b' {"n":1.10}\n', "application/json"), b' {"n":1.10}\n', ("id", "null", "application/json", None)
    ]  # fmt: skip
