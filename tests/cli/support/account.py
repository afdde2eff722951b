"""An account with the service and functions in it, in moto's AWS, for commands that look at it."""

import io
import json
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import boto3
from botocore.exceptions import ClientError

from lambda_replay_cli.client import connection
from lambda_replay_cli.client.config import ConnectionOptions
from lambda_replay_cli.client.connection import Connection
from lambda_replay_cli.client.stack_addresses import Addresses
from tests.cli.support.api_server import Api

REGION, ACCOUNT = "eu-west-1", "123456789012"
FUNCTIONS = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function"
ORDERS = f"{FUNCTIONS}:orders*"


def policy(**statement: Any) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **statement}]})


_TRUST = policy(Principal={"Service": "lambda.amazonaws.com"}, Action="sts:AssumeRole")


def refusal(code: str, message: str = "no") -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}}, "Operation")


class Instead:
    """A client that answers some operations in its own way: a function, or what is raised."""

    def __init__(self, client: Any, **others: Any) -> None:
        self._client, self._others = client, others

    def __getattr__(self, name: str) -> Any:
        if name not in self._others:
            return getattr(self._client, name)
        other = self._others[name]
        if isinstance(other, Exception):
            return self._raising(other)
        return other

    @staticmethod
    def _raising(error: Exception) -> Any:
        def call(**_given: Any) -> Any:
            raise error

        return call


class InvokeConfigs:
    """Lambda's event invoke configurations (docs/reference/lambda.md#destination-settings): moto keeps
    one for each function."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], dict[str, Any]] = {}

    def operations(self) -> dict[str, Any]:
        return {
            "put_function_event_invoke_config": self._put,
            "get_function_event_invoke_config": self._get,
            "delete_function_event_invoke_config": self._delete,
            "list_function_event_invoke_configs": self._list,
        }

    def _put(self, FunctionName: str, Qualifier: str = "$LATEST", **config: Any) -> dict[str, Any]:
        assert config, "You must specify at least one of error handling or destination setting."
        arn = f"{FUNCTIONS}:{FunctionName}:{Qualifier}"
        self.kept[FunctionName, Qualifier] = {"FunctionArn": arn, **config}
        return self.kept[FunctionName, Qualifier]

    def _get(self, FunctionName: str, Qualifier: str = "$LATEST") -> dict[str, Any]:
        return self._known(FunctionName, Qualifier)

    def _delete(self, FunctionName: str, Qualifier: str = "$LATEST") -> None:
        self._known(FunctionName, Qualifier)
        del self.kept[FunctionName, Qualifier]

    def _list(self, FunctionName: str) -> dict[str, Any]:
        found = [config for (name, _qualifier), config in self.kept.items() if name == FunctionName]
        return {"FunctionEventInvokeConfigs": found}

    def _known(self, name: str, qualifier: str) -> dict[str, Any]:
        if (name, qualifier) not in self.kept:
            raise refusal("ResourceNotFoundException", "doesn't have an EventInvokeConfig")
        return self.kept[name, qualifier]


@dataclass
class Account:
    """Made in moto. `parameters` are the stack's; `instead` are operations that moto has not, or that are to
    go wrong, by client."""

    parameters: dict[str, str] = field(default_factory=lambda: {"ReplayableFunctions": ORDERS})
    instead: dict[str, dict[str, Any]] = field(default_factory=dict)
    api: Api = field(default_factory=Api)
    outputs: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.session: Any = boto3.Session()
        # Nobody may ask IAM what it would decide, here: moto could not say. The policies are read.
        self.instead.setdefault("iam", {}).setdefault("simulate_principal_policy", refusal("AccessDenied"))
        self.configs = InvokeConfigs()
        self.instead["lambda"] = self.configs.operations() | self.instead.get("lambda", {})
        self.instead.setdefault("cloudformation", {})["describe_stacks"] = self._stack
        sqs = self.client("sqs")
        urls = {name: sqs.create_queue(QueueName=name)["QueueUrl"] for name in ("failures", "refused")}
        queue = f"arn:aws:sqs:{REGION}:{ACCOUNT}:failures"
        bus = f"arn:aws:events:{REGION}:{ACCOUNT}:event-bus/default"
        by_lambda = {"ForAllValues:StringEquals": {"events:source": "lambda"}}
        policies = {
            "QueueSourcePolicyArn": ("source", policy(Action="sqs:SendMessage", Resource=queue)),
            "BusSourcePolicyArn": (
                "bus-source",
                policy(Action="events:PutEvents", Resource=bus, Condition=by_lambda),
            ),
            "SourcePolicyArn": ("every-source", policy(Action="sqs:SendMessage", Resource=queue)),
        }
        iam = self.client("iam")
        self.outputs |= {
            output: iam.create_policy(PolicyName=name, PolicyDocument=text)["Policy"]["Arn"]
            for output, (name, text) in policies.items()
        }
        self.outputs |= {
            "FailureQueueArn": queue,
            "FailureQueueUrl": urls["failures"],
            "FailureQueueDlqUrl": urls["refused"],
            "FailureTopicArn": f"arn:aws:sns:{REGION}:{ACCOUNT}:failures",
            "EventBusArn": bus,
            "FailureBucketArn": "arn:aws:s3:::failures",
            "FailureBucketName": "failures",
            "TriageFunctionArn": f"{FUNCTIONS}:stack-triage",
            "TriageFunctionName": "stack-triage",
            "ReplayFunctionName": "stack-replay",
            "ApiFunctionName": "stack-api",
            "ApiUrl": "https://example.invalid/v1",
        }

    @property
    def queue(self) -> str:
        return self.outputs["FailureQueueArn"]

    @property
    def addresses(self) -> Addresses:
        return Addresses.of(self.service())

    def client(self, name: str) -> Any:
        return Instead(self.session.client(name, region_name=REGION), **self.instead.get(name, {}))

    def service(self) -> Connection:
        service = Connection(
            stack="stack",
            region=REGION,
            account=ACCOUNT,
            outputs=self.outputs,
            api_url=self.api.url or "http://127.0.0.1:9",
            session=self.session,
            pause=lambda _seconds: None,
        )
        service.client = self.client  # type: ignore[method-assign]
        return service

    def role(self, name: str, *, sends: bool = False) -> str:
        iam = self.client("iam")
        role: str = iam.create_role(RoleName=name, AssumeRolePolicyDocument=_TRUST)["Role"]["Arn"]
        if sends:
            own = policy(Action="sqs:Send*", Resource="*")
            iam.put_role_policy(RoleName=name, PolicyName="own", PolicyDocument=own)
        return role

    def function(self, name: str, *, role: str | None = None, **more: Any) -> None:
        code = io.BytesIO()
        with zipfile.ZipFile(code, "w") as archive:
            archive.writestr("app.py", "handler = print")
        self.client("lambda").create_function(
            FunctionName=name,
            Runtime="python3.13",
            Handler="app.handler",
            Role=role or self.role(f"{name}-role"),
            Code={"ZipFile": code.getvalue()},
            **more,
        )

    def configure(self, name: str, qualifier: str | None = None, **config: Any) -> None:
        given = {"Qualifier": qualifier} if qualifier else {}
        self.client("lambda").put_function_event_invoke_config(FunctionName=name, **given, **config)

    def config(self, name: str, qualifier: str | None = None) -> dict[str, Any]:
        """Without what is not ours to set; empty when there is none."""
        found = self.configs.kept.get((name, qualifier or "$LATEST"), {})
        return {key: value for key, value in found.items() if key != "FunctionArn"}

    def tags(self, name: str) -> dict[str, str]:
        found: dict[str, str] = self.client("lambda").list_tags(Resource=f"{FUNCTIONS}:{name}")["Tags"]
        return found

    def policies(self, role: str) -> list[str]:
        found = self.client("iam").list_attached_role_policies(RoleName=role)["AttachedPolicies"]
        return [each["PolicyName"] for each in found]

    def _stack(self, **_given: Any) -> dict[str, Any]:
        pairs = self.parameters.items()
        return {"Stacks": [{"Parameters": [{"ParameterKey": k, "ParameterValue": v} for k, v in pairs]}]}


@contextmanager
def signed_in(account: Account) -> Iterator[Account]:
    """Whatever stack a command asks for, it is this account's."""
    before = connection.connect

    def connect(options: ConnectionOptions) -> Connection:
        return account.service()

    connection.connect = connect
    try:
        yield account
    finally:
        connection.connect = before
