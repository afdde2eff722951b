"""The embedded AWS for tests: a server process, and few-word helpers to set up and look at it."""

import io
import json
import os
import socket
import subprocess
import sys
import time
import uuid
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import botocore.session
from botocore.config import Config

from local.process import healthy
from local.server import ACCOUNT_ID, REGION, ROOT_KEY_ID, ROOT_SECRET

ROOT = Path(__file__).parents[2]
PATIENCE = 15.0


class Embedded:
    """One running server, seen as its root user."""

    def __init__(self, endpoint: str, pid: int) -> None:
        self.endpoint = endpoint
        self.pid = pid
        self._session = botocore.session.Session()
        self._clients: dict[str, Any] = {}

    def client(self, service: str) -> Any:
        if service not in self._clients:
            self._clients[service] = self.client_as(service, ROOT_KEY_ID, ROOT_SECRET)
        return self._clients[service]

    def client_as(self, service: str, key_id: str, secret: str, token: str | None = None) -> Any:
        config = Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"})
        return self._session.create_client(
            service, region_name=REGION, endpoint_url=self.endpoint, config=config,
            aws_access_key_id=key_id, aws_secret_access_key=secret, aws_session_token=token,
        )  # fmt: skip

    def queue(self) -> tuple[str, str]:
        """URL and ARN of a new queue."""
        name = f"q-{uuid.uuid4().hex[:12]}"
        url = self.client("sqs").create_queue(QueueName=name)["QueueUrl"]
        return url, f"arn:aws:sqs:{REGION}:{ACCOUNT_ID}:{name}"

    def allow(self, url: str, service: str, **condition: Any) -> None:
        """Let an AWS service send to a queue, under a condition such as `ArnLike={...}`."""
        queue = f"arn:aws:sqs:{REGION}:{ACCOUNT_ID}:{url.rsplit('/', 1)[1]}"
        allowed = {
            "Effect": "Allow", "Principal": {"Service": f"{service}.amazonaws.com"},
            "Action": "sqs:SendMessage", "Resource": queue, "Condition": condition,
        }  # fmt: skip
        self.client("sqs").set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy(allowed)})

    def receive(self, url: str, count: int = 1) -> list[Any]:
        """Exactly the next `count` messages, deleted as they come."""
        found: list[Any] = []

        def enough() -> bool:
            answer = self.client("sqs").receive_message(
                QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=1, MessageAttributeNames=["All"]
            )
            for message in answer.get("Messages", []):
                self.client("sqs").delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
                found.append(message)
            return len(found) >= count

        wait_until(enough)
        assert len(found) == count, found
        return found

    def record(self, url: str) -> Any:
        return json.loads(self.receive(url)[0]["Body"], parse_int=number)

    def role(self, *statements: dict[str, Any]) -> str:
        """A role for functions, with nothing but these statements."""
        name = f"role-{uuid.uuid4().hex[:12]}"
        trust = statement("sts:AssumeRole") | {"Principal": {"Service": "lambda.amazonaws.com"}}
        trust.pop("Resource")
        iam = self.client("iam")
        arn: str = iam.create_role(RoleName=name, AssumeRolePolicyDocument=policy(trust))["Role"]["Arn"]
        if statements:
            iam.put_role_policy(RoleName=name, PolicyName="test", PolicyDocument=policy(*statements))
        return arn

    def function(
        self,
        source: str | dict[str, str],
        *,
        role: str | None = None,
        invoke: dict[str, Any] | None = None,
        **options: Any,
    ) -> str:
        """A function's name; `source` is app.py, or all files by name. `invoke` is its EventInvokeConfig."""
        name = f"fn-{uuid.uuid4().hex[:12]}"
        files = {"app.py": source} if isinstance(source, str) else source
        settings = {"Runtime": "python3.13", "Handler": "app.handler", "Timeout": 3, **options}
        self.client("lambda").create_function(
            FunctionName=name,
            Role=role or self.role(statement("*")),
            Code={"ZipFile": zipped(files)},
            **settings,
        )
        if invoke is not None:
            self.configure(name, **invoke)
        return name

    def configure(self, name: str, *, failure: str = "", success: str = "", **settings: Any) -> None:
        destinations = {"OnFailure": {"Destination": failure}, "OnSuccess": {"Destination": success}}
        self.client("lambda").put_function_event_invoke_config(
            FunctionName=name,
            DestinationConfig={k: v for k, v in destinations.items() if v["Destination"]},
            **settings,
        )

    def invoke(self, name: str, payload: bytes | str = b"{}", **options: Any) -> Any:
        return self.client("lambda").invoke(
            FunctionName=name, InvocationType="Event", Payload=payload, **options
        )

    def logs(self, name: str) -> list[str]:
        logs = self.client("logs")
        try:
            events = logs.filter_log_events(logGroupName=f"/aws/lambda/{name}")["events"]
        except logs.exceptions.ResourceNotFoundException:
            return []
        return [event["message"] for event in events]


def statement(*actions: str, resource: str | list[str] = "*") -> dict[str, Any]:
    return {"Effect": "Allow", "Action": list(actions), "Resource": resource}


def policy(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def function_arn(name: str, qualifier: str | None = None) -> str:
    return f"arn:aws:lambda:{REGION}:{ACCOUNT_ID}:function:{name}" + (f":{qualifier}" if qualifier else "")


def number(digits: str) -> int | str:
    """Python refuses to read integers of more than 4300 digits; JSON allows them."""
    return int(digits) if len(digits) < 1000 else digits


def zipped(files: dict[str, str]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, text in files.items():
            entry = zipfile.ZipInfo(name)
            entry.external_attr = 0o755 << 16
            archive.writestr(entry, text)
    return buffer.getvalue()


def wait_until(condition: Callable[[], bool], patience: float = PATIENCE) -> None:
    deadline = time.monotonic() + patience
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)


@contextmanager
def serving(log: Path, *options: str) -> Iterator[Embedded]:
    """A server process on a free port, ended afterwards."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    endpoint = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "local.server", "--port", str(port), *options]
    environment = {**os.environ, "TMPDIR": str(log.parent)}
    with (
        log.open("w") as output,
        subprocess.Popen(command, cwd=ROOT, env=environment, stdout=output, stderr=output) as process,
    ):
        try:
            wait_until(lambda: healthy(endpoint), 30)
            yield Embedded(endpoint, process.pid)
        finally:
            process.terminate()
