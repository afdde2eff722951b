"""What *plain* ministack does not do, and `local/async_invoke` is there for.

Each test here fails on the day ministack closes that gap: then delete what its docstring names.
"""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.contract.embedded import Embedded, serving, wait_until
from tests.contract.test_custom_runtime import BOOTSTRAP

RAISES = "def handler(event, context):\n    raise ValueError('no')\n"


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Embedded]:
    with serving(tmp_path_factory.mktemp("plain") / "server.log", "--plain") as embedded:
        yield embedded


@pytest.fixture(scope="module")
def record(plain: Embedded) -> Any:
    """The record of one failure without retries."""
    url, arn = plain.queue()
    plain.invoke(plain.function(RAISES, invoke={"failure": arn, "MaximumRetryAttempts": 0}), b'{"a":1.10}')
    return plain.receive(url)[0]["Body"]


def test_the_record_is_thin(record: str) -> None:
    """When these keys and the true count appear: delete record.py, and the retry loop with it."""
    parsed = json.loads(record)
    assert "version" not in parsed
    assert "timestamp" not in parsed
    assert "requestId" not in parsed["requestContext"]
    assert "executedVersion" not in parsed["responseContext"]
    assert parsed["requestContext"]["approximateInvokeCount"] == 3
    assert not parsed["requestContext"]["functionArn"].endswith(":$LATEST")


def test_the_payload_is_written_anew(record: str) -> None:
    """When 1.10 survives: delete the raw payload of _accept_invocations."""
    assert '"requestPayload": {"a": 1.1}' in record


def test_the_error_is_thin(record: str) -> None:
    """When the class name and the frames appear: delete python_runtime.py and _report_python_failures."""
    assert json.loads(record)["responsePayload"] == {
        "errorMessage": "no",
        "errorType": "Runtime.HandlerError",
    }


def test_an_invalid_payload_is_accepted(plain: Embedded) -> None:
    """When this raises: delete _refusal."""
    assert plain.invoke(plain.function(RAISES), b"{")["StatusCode"] == 202


def test_the_dead_letter_is_a_record(plain: Embedded) -> None:
    """When the original event arrives: delete Destinations.bury."""
    url, arn = plain.queue()
    name = plain.function(RAISES, invoke={"MaximumRetryAttempts": 0}, DeadLetterConfig={"TargetArn": arn})
    plain.invoke(name)
    assert "requestContext" in plain.record(url)


def test_success_is_reported_to_nobody(plain: Embedded) -> None:
    """When a record arrives: delete the delivery to OnSuccess."""
    url, arn = plain.queue()
    name = plain.function("def handler(event, context):\n    print('ran')\n", invoke={"success": arn})
    plain.invoke(name)
    wait_until(lambda: "ran" in plain.logs(name))
    assert plain.client("sqs").receive_message(QueueUrl=url, WaitTimeSeconds=1).get("Messages") is None


def test_a_rule_does_not_retry(plain: Embedded) -> None:
    """When a record arrives: delete _accept_event_sources."""
    url, arn = plain.queue()
    name = plain.function(RAISES, invoke={"failure": arn, "MaximumRetryAttempts": 0})
    function = plain.client("lambda").get_function(FunctionName=name)["Configuration"]["FunctionArn"]
    events = plain.client("events")
    events.put_rule(Name="any", EventPattern='{"source":["shop"]}')
    events.put_targets(Rule="any", Targets=[{"Id": "f", "Arn": function}])
    events.put_events(Entries=[{"Source": "shop", "DetailType": "Sold", "Detail": "{}"}])
    wait_until(lambda: any(line.startswith("END") for line in plain.logs(name)))
    assert plain.client("sqs").receive_message(QueueUrl=url, WaitTimeSeconds=1).get("Messages") is None


def test_a_custom_runtime_gets_other_bytes(plain: Embedded) -> None:
    """When the white space survives: delete _keep_bytes_of_custom_runtimes."""
    url, arn = plain.queue()
    name = plain.function(
        {"bootstrap": BOOTSTRAP}, invoke={"failure": arn, "MaximumRetryAttempts": 0},
        Runtime="provided.al2023", Handler="bootstrap", Environment={"Variables": {"RESULT": "error"}},
    )  # fmt: skip
    plain.invoke(name, b'  {"a":1.10}')
    assert plain.record(url)["responsePayload"]["errorMessage"] == "eyJhIjogMS4xfQ=="  # {"a": 1.1}


def test_latest_is_a_configuration_of_its_own(plain: Embedded) -> None:
    """When this finds the configuration: delete the qualifier part of _complete_event_invoke_config."""
    lambda_ = plain.client("lambda")
    name = plain.function(RAISES)
    lambda_.put_function_event_invoke_config(FunctionName=name, Qualifier="$LATEST", MaximumRetryAttempts=1)
    with pytest.raises(lambda_.exceptions.ResourceNotFoundException):
        lambda_.get_function_event_invoke_config(FunctionName=name)
