"""What *plain* ministack does not do, and `local/async_invoke` and `local/completions` are there for.

Each test here fails on the day ministack closes that gap: then delete what its docstring names.
"""

import json
from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from botocore.exceptions import ClientError
from botocore.parsers import ResponseParserError

from local.server import ACCOUNT_ID
from tests.contract.destinations.test_channels import status
from tests.contract.destinations.test_sender_ids import sender
from tests.contract.destinations.test_stream_failures import reading, stream
from tests.contract.embedded import Embedded, function_arn, serving, statement, wait_until
from tests.contract.invoke.test_custom_runtime import BOOTSTRAP
from tests.contract.invoke.test_python_bytes import KEEPS_BYTES
from tests.contract.test_batch_actions import client as batch_client
from tests.contract.test_batch_actions import received
from tests.contract.test_conditions_of_policies import put_events, send_over_tls_only
from tests.contract.test_partiql_permissions import STATEMENTS, table
from tests.contract.test_partiql_permissions import client as partiql_client
from tests.contract.test_state_machines import ANSWERS, DEFINITION, machine, run

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


def test_the_payload_is_written_again(record: str) -> None:
    """When 1.10 survives: delete invoke_with_bytes in install.py, and RawEvent."""
    assert '"requestPayload": {"a": 1.1}' in record


def test_the_error_is_thin(record: str) -> None:
    """When the class name and the frames appear: delete call_handler's errors and load_handler."""
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


def test_success_is_reported_to_no_one(plain: Embedded) -> None:
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


def test_a_python_function_can_not_have_its_bytes(plain: Embedded) -> None:
    """When Lambda's own marshaller is asked: delete JsonMarshaller, LambdaRuntimeClient and _carried."""
    name = plain.function(KEEPS_BYTES)
    answer = plain.client("lambda").invoke(FunctionName=name, Payload=b"{}")
    assert b"a bytes-like object is required, not 'dict'" in answer["Payload"].read()


def test_a_synchronous_payload_that_is_no_json_is_accepted(plain: Embedded) -> None:
    """When this raises: let _refusal do Event invocations only."""
    name = plain.function("def handler(event, context):\n    return event\n")
    assert plain.client("lambda").invoke(FunctionName=name, Payload=b"{")["StatusCode"] == 200


def test_a_condition_can_not_split(plain: Embedded) -> None:
    """When this returns: delete local/completions/conditions.py."""
    part = {"Fn::Select": [0, {"Fn::Split": [",", {"Ref": "List"}]}]}
    template = {
        "Parameters": {"List": {"Type": "String", "Default": "a,b"}},
        "Conditions": {"IsA": {"Fn::Equals": ["a", part]}},
        "Resources": {"T": {"Type": "AWS::SNS::Topic"}},
    }
    with pytest.raises(ResponseParserError):  # the answer is not even an error in XML
        plain.client("cloudformation").create_stack(StackName="c", TemplateBody=json.dumps(template))


def test_a_template_sets_no_dead_letter_queue(plain: Embedded) -> None:
    """When it is there: delete it from local/completions/function_settings.py."""
    properties = {
        "FunctionName": "dead", "Runtime": "python3.13", "Handler": "index.handler", "Role": plain.role(),
        "Code": {"ZipFile": RAISES}, "DeadLetterConfig": {"TargetArn": plain.queue()[1]},
    }  # fmt: skip
    template = {"Resources": {"F": {"Type": "AWS::Lambda::Function", "Properties": properties}}}
    plain.client("cloudformation").create_stack(StackName="d", TemplateBody=json.dumps(template))
    wait_until(lambda: status(plain, "d") == "CREATE_COMPLETE")
    assert "DeadLetterConfig" not in plain.client("lambda").get_function_configuration(FunctionName="dead")


def test_a_rule_asks_no_queue_policy_and_writes_the_detail_again(plain: Embedded) -> None:
    """When nothing arrives, or 1e400 does: delete the one or the other in local/completions/event_bus.py."""
    url, queue = plain.queue()
    events = plain.client("events")
    events.put_rule(Name="to-queue", EventPattern='{"source":["bank"]}')
    events.put_targets(Rule="to-queue", Targets=[{"Id": "q", "Arn": queue}])
    events.put_events(Entries=[{"Source": "bank", "DetailType": "Paid", "Detail": '{"n":1e400}'}])
    assert '"detail": {"n": Infinity}' in plain.receive(url)[0]["Body"]


def test_a_mapping_needs_no_permission(plain: Embedded) -> None:
    """When this raises: delete local/completions/mapping_roles.py."""
    name = plain.function(RAISES, role=plain.role())
    plain.client("lambda").create_event_source_mapping(FunctionName=name, EventSourceArn=plain.queue()[1])


def test_a_mapping_to_an_alias_invokes_the_function(plain: Embedded) -> None:
    """When the alias is in the ARN: delete local/completions/mapping_aliases.py."""
    url, queue = plain.queue()
    name = plain.function(
        "def handler(event, context):\n    print('as', context.invoked_function_arn, '.')\n"
    )
    lambda_ = plain.client("lambda")
    lambda_.create_alias(FunctionName=name, Name="queues", FunctionVersion="$LATEST")
    lambda_.create_event_source_mapping(FunctionName=f"{name}:queues", EventSourceArn=queue)
    plain.client("sqs").send_message(QueueUrl=url, MessageBody="x")
    wait_until(lambda: any(f"as {function_arn(name)} ." in line for line in plain.logs(name)))


def test_a_batch_of_a_stream_is_tried_for_ever(plain: Embedded) -> None:
    """When a record arrives: delete local/completions/stream_failures.py."""
    url, queue = plain.queue()
    name, _id = reading(plain, stream(plain, b"1"), queue, RAISES, statement("sqs:SendMessage"),
                        MaximumRetryAttempts=0)  # fmt: skip
    wait_until(lambda: sum(line.startswith("END") for line in plain.logs(name)) >= 2)
    assert plain.client("sqs").receive_message(QueueUrl=url).get("Messages") is None


def test_a_state_machine_reads_no_yaml_and_asks_no_role(plain: Embedded) -> None:
    """When the one runs, or the other is refused: delete local/completions/state_machines.py."""
    ended = run(plain, machine(plain, "yaml"))
    assert (ended["status"], ended["error"]) == ("FAILED", "InvalidDefinition")
    arn = machine(plain, "json")
    definition = yaml.safe_load(DEFINITION % plain.function(ANSWERS))
    plain.client("stepfunctions").update_state_machine(stateMachineArn=arn, definition=json.dumps(definition))
    assert run(plain, arn)["status"] == "SUCCEEDED", "its role allows nothing"


def test_partiql_asks_for_an_action_that_there_is_not(plain: Embedded) -> None:
    """When this one is allowed: delete local/completions/partiql_permissions.py."""
    arn = f"arn:aws:dynamodb:us-east-1:123456789012:table/{table(plain, 'partiql')}"
    able = partiql_client(plain, "partiql", statement("dynamodb:PartiQLInsert", resource=arn))
    with pytest.raises(ClientError, match="not authorized to perform: dynamodb:BatchExecuteStatement"):
        able.batch_execute_statement(Statements=[{"Statement": STATEMENTS["PartiQLInsert"] % "partiql"}])


def test_a_batch_of_messages_asks_for_an_action_that_there_is_not(plain: Embedded) -> None:
    """When this one is allowed: delete local/completions/batch_actions.py."""
    able, call = batch_client(plain, "able", "sqs:ChangeMessageVisibility"), received(plain)
    with pytest.raises(ClientError, match="not authorized to perform: sqs:ChangeMessageVisibilityBatch"):
        able.change_message_visibility_batch(**call)


def test_messages_name_the_account_as_their_sender(plain: Embedded) -> None:
    """When this is the function's role: delete local/completions/sender_id.py."""
    url, arn = plain.queue()
    plain.invoke(plain.function(RAISES, invoke={"failure": arn, "MaximumRetryAttempts": 0}))
    assert sender(plain, url) == ACCOUNT_ID


def test_a_policy_that_wants_tls_lets_nothing_in(plain: Embedded) -> None:
    """When it lets a request in: delete local/completions/secure_transport.py."""
    with pytest.raises(ClientError, match="AccessDenied"):
        send_over_tls_only(plain, "tls")


def test_a_condition_on_the_source_of_events_is_not_looked_at(plain: Embedded) -> None:
    """When this is refused: delete local/completions/event_sources.py."""
    put_events(plain, "puts", "shop", **{"ForAllValues:StringEquals": {"events:source": "lambda"}})


def test_a_durable_execution_has_no_name(plain: Embedded) -> None:
    """When its ARN is answered: delete local/completions/durable_functions.py."""
    name = plain.function("def handler(e, c): return e", DurableConfig={"ExecutionTimeout": 60})
    answer = plain.invoke(function_arn(name, "$LATEST"), DurableExecutionName="order-1")
    assert "DurableExecutionArn" not in answer


def test_a_tenant_is_not_asked_for(plain: Embedded) -> None:
    """When it is: delete local/completions/tenants.py."""
    tenancy = {"TenantIsolationMode": "PER_TENANT"}
    name = plain.function("def handler(e, c): return e", TenancyConfig=tenancy)
    assert plain.invoke(name)["StatusCode"] == 202
