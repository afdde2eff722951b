"""The source functions: their template, their code, and the Recorder against the embedded AWS."""

import importlib.util
import json
from types import ModuleType
from typing import Any

import pytest
import yaml

from local.settings import DEAD_LETTER_QUEUES, ROOT, SOURCES_STACK
from tests.contract.destinations.test_records import AWKWARD
from tests.contract.embedded import Embedded, statement, wait_until

SOURCES = ROOT / "local" / "sources"
MEBIBYTE = b'"' + b"x" * (1_048_576 - 2) + b'"'


def load(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, SOURCES / "functions" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Loader(yaml.SafeLoader):
    """Reads CloudFormation's short forms as plain mappings."""


def short_form(loader: Loader, tag: str, node: yaml.Node) -> Any:
    if isinstance(node, yaml.ScalarNode):
        return {tag: loader.construct_scalar(node)}
    assert isinstance(node, yaml.SequenceNode)
    return {tag: loader.construct_sequence(node, deep=True)}


Loader.add_multi_constructor("!", short_form)


@pytest.fixture(scope="module")
def resources() -> dict[str, Any]:
    found: dict[str, Any] = yaml.load((SOURCES / "template.yaml").read_text(), Loader)["Resources"]  # noqa: S506
    return found


@pytest.mark.parametrize("name", ["Switch", "Flaky", "Fixable", "Tenants", "Recorder"])
def test_each_source_reports_logs_and_has_a_role_of_its_own(resources: dict[str, Any], name: str) -> None:
    """Failures of $LATEST go to the queue too, so without an alias (docs/reference/lambda.md#sam)."""
    function = resources[f"{name}Function"]["Properties"]

    failure = function["EventInvokeConfig"]["DestinationConfig"]["OnFailure"]
    assert failure == {"Type": "SQS", "Destination": {"Ref": "FailureQueueArn"}}
    assert "AutoPublishAlias" not in function
    assert function["Role"] == {"GetAtt": f"{name}Role.Arn"}
    assert function["LoggingConfig"] == {"LogGroup": {"Ref": f"{name}LogGroup"}}
    assert "RetentionInDays" in resources[f"{name}LogGroup"]["Properties"]
    policies = json.dumps(resources[f"{name}Role"]["Properties"]["Policies"])
    assert '"Resource": "*"' not in policies
    assert f'{{"GetAtt": "{name}LogGroup.Arn"}}' in policies


def test_each_way_in_has_a_function_with_a_role_of_its_own() -> None:
    """Alike but for the way: what differs is the destination, and the permission for it."""
    via: dict[str, Any] = yaml.load((SOURCES / "via.yaml").read_text(), Loader)["Resources"]  # noqa: S506
    functions = {name: found["Properties"] for name, found in via.items() if name.endswith("Function")}
    assert len(functions) == 9
    for function, properties in functions.items():
        name = function.removesuffix("Function")
        assert properties["Role"] == {"GetAtt": f"{name}Role.Arn"}
        assert properties["LoggingConfig"] == {"LogGroup": {"Ref": f"{name}LogGroup"}}
        policies = json.dumps(via[f"{name}Role"]["Properties"]["Policies"])
        assert '"Resource": "*"' not in policies
        assert f'{{"GetAtt": "{name}LogGroup.Arn"}}' in policies


@pytest.mark.parametrize("payload", [AWKWARD, b"\r\n[]", MEBIBYTE], ids=["awkward", "white space", "1 MiB"])
def test_the_recorder_stores_what_it_receives(aws: Embedded, recorder: str, payload: bytes) -> None:
    """Up to the largest event (docs/reference/lambda.md#exact-bytes); its role may do nothing else."""
    url, arn = aws.queue()
    aws.configure(recorder, failure=arn, success=arn, MaximumRetryAttempts=0)

    request_id = aws.invoke(recorder, payload)["ResponseMetadata"]["RequestId"]

    if payload is not MEBIBYTE:  # with that, the record is larger than a message may be
        assert aws.record(url)["requestContext"]["condition"] == "Success"
    s3 = aws.client("s3")
    stored = eventually(lambda: s3.get_object(Bucket="received", Key=f"received/{request_id}"), s3)
    assert stored["Body"].read() == payload


def test_the_recorder_fails_when_the_event_asks_for_it(aws: Embedded, recorder: str) -> None:
    """It stores the event all the same, and the failure is its own JSON."""
    url, arn = aws.queue()
    aws.configure(recorder, failure=arn, MaximumRetryAttempts=0)
    variables = {"BUCKET": "received", "FAIL": "1"}
    aws.client("lambda").update_function_configuration(
        FunctionName=recorder, Environment={"Variables": variables}
    )

    request_id = aws.invoke(recorder, b" 1")["ResponseMetadata"]["RequestId"]

    assert aws.record(url)["responsePayload"]["errorType"] == "Recorder.ToldToFail"
    assert (
        aws.client("s3").get_object(Bucket="received", Key=f"received/{request_id}")["Body"].read() == b" 1"
    )


def test_the_recorder_fails_with_the_error_that_it_is_given(aws: Embedded, recorder: str) -> None:
    """Whatever ERROR holds is the error payload, as it stands."""
    url, arn = aws.queue()
    aws.configure(recorder, failure=arn, MaximumRetryAttempts=0)
    error = '{"errorType": "E",  "stackTrace": ["a\\nb"]}'
    variables = {"BUCKET": "received", "FAIL": "1", "ERROR": error}
    aws.client("lambda").update_function_configuration(
        FunctionName=recorder, Environment={"Variables": variables}
    )

    aws.invoke(recorder)

    assert f'"responsePayload":{error}' in aws.receive(url)[0]["Body"]


def test_switch() -> None:
    """It does what its event says, and says so when the event doesn't."""
    switch = load("switch")
    assert switch.handler({"Success": True}, None) == {"result": "succeeded as requested"}
    with pytest.raises(switch.SwitchedOffError):
        switch.handler({"Success": False}, None)
    events: list[Any] = [{}, [], None]
    for event in events:
        with pytest.raises(ValueError, match='key "Success"'):
            switch.handler(event, None)


def test_flaky(monkeypatch: pytest.MonkeyPatch) -> None:
    """The rate is the share that fails."""
    flaky = load("flaky")
    monkeypatch.setenv("FAILURE_RATE", "0")
    assert "result" in flaky.handler({}, None)
    monkeypatch.setenv("FAILURE_RATE", "1")
    with pytest.raises(TimeoutError):
        flaky.handler({}, None)


def test_fixable(monkeypatch: pytest.MonkeyPatch) -> None:
    """It works once it is configured; an empty table name is none."""
    fixable = load("fixable")
    for missing in (None, ""):
        if missing is None:
            monkeypatch.delenv("TABLE_NAME", raising=False)
        else:
            monkeypatch.setenv("TABLE_NAME", missing)
        with pytest.raises(KeyError, match="TABLE_NAME"):
            fixable.handler({}, None)
    monkeypatch.setenv("TABLE_NAME", "orders")
    assert fixable.handler({"id": 1}, None) == {"stored in": "orders"}


@pytest.fixture(scope="module")
def recorder(aws: Embedded) -> str:
    """The Recorder's own bootstrap and a role as narrow as the template's."""
    aws.client("s3").create_bucket(Bucket="received")
    role = aws.role(
        statement("sqs:SendMessage"), statement("s3:PutObject", resource="arn:aws:s3:::received/received/*")
    )
    return aws.function(
        {"bootstrap": (SOURCES / "recorder" / "bootstrap").read_text()}, role=role,
        Runtime="provided.al2023", Handler="bootstrap", Environment={"Variables": {"BUCKET": "received"}},
    )  # fmt: skip


def eventually(get: Any, s3: Any) -> Any:
    found: list[Any] = []

    def there() -> bool:
        try:
            found.append(get())
        except s3.exceptions.NoSuchKey:
            return False
        return True

    wait_until(there)
    return found[0]


def test_the_durable_source_has_dead_letters_alone(resources: dict[str, Any]) -> None:
    """It has no destination (docs/reference/lambda.md#durable-functions), and the queue is there before."""
    function = resources["DurableFunction"]["Properties"]
    assert "ExecutionTimeout" in function["DurableConfig"]
    queue = function["DeadLetterConfig"]["TargetArn"]["Sub"].replace("${AWS::StackName}", SOURCES_STACK)
    assert queue.rpartition(":")[2] in DEAD_LETTER_QUEUES
    policies = json.dumps(resources["DurableRole"]["Properties"]["Policies"])
    assert '"Resource": "*"' not in policies
