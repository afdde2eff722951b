"""The real API on a local port, with its functions around moto's tables, and an account around it: for pages
that are to be looked at and clicked through without the embedded AWS."""

import json
import random
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import batched
from typing import Any

import pytest
from moto import mock_aws

from lambda_replay.adapters.aws import clients
from tests.cli.support.account import Account
from tests.cli.support.api_server import Api, Asked, served
from tests.integration.conftest import Stack, build_stack
from tests.support.partiql import complete_moto
from tests.support.template import ROOT
from tests.support.world.service import record_text

SOURCES = "arn:aws:lambda:us-east-1:123456789012:function:lambda-replay-sources-"


class RealApi(Api):
    """Answers as the deployed API does, one call after the other. `denied` are routes that IAM refuses."""

    stack: Stack
    denied: tuple[str, ...] = ()
    lock: threading.Lock

    def answer(self, asked: Asked) -> tuple[int, object]:
        self.asked.append(asked)
        del self.asked[:-1000]
        route = f"{asked.method} {asked.path}"
        if any(route.startswith(one) for one in self.denied):
            arn = f"arn:aws:execute-api:eu-west-1:123456789012:a/v1/{asked.method}{asked.path}"
            said = f"User: viewer is not authorized to perform: execute-api:Invoke on resource: {arn}"
            return 403, {"Message": said}
        if (asked.method, asked.path) in self.answers:
            return self.answers[asked.method, asked.path](asked)
        body = None if asked.body in ("", None) else json.dumps(asked.body)
        key = asked.headers.get("idempotency-key")
        with self.lock:
            import api.app
            from tests.support.events import Context, api_event

            event = api_event(
                asked.method, asked.path, query=asked.query or None, body=body,
                headers={"Idempotency-Key": key} if key else None,
            )  # fmt: skip
            answer = api.app.handler(event, Context())
        return answer["statusCode"], answer["body"].encode()


@dataclass
class Live:
    api: RealApi
    stack: Stack
    account: Account
    numbers: random.Random = field(default_factory=lambda: random.Random(7))  # noqa: S311

    def fails(
        self, function: str, response: str, *, ago: timedelta = timedelta(), payload: str = '{"order": 1.10}'
    ) -> str:
        return self.all_fail(function, response, [ago], [payload])[0]

    def all_fail(self, function: str, response: str, agos: list[timedelta], payloads: list[str]) -> list[str]:
        """Ids of executions with this error, each so long ago."""
        now, arn = datetime.now(UTC), f"{SOURCES}{function}:$LATEST"
        ids = [str(uuid.UUID(int=self.numbers.getrandbits(128), version=4)) for _ in agos]
        texts = [
            record_text(identity, payload=payload, arn=arn, response=response, at=now - ago)
            for identity, ago, payload in zip(ids, agos, payloads, strict=True)
        ]
        with self.api.lock:
            for some in batched(texts, 10, strict=False):
                assert self.stack.triage(*some) == []
        return ids

    def outcome(self, run: str, function: str, response: str | None = None) -> None:
        """A replayed run has ended: well, or with this error."""
        arn = f"{SOURCES}{function}:$LATEST"
        sent: bytes = self.stack.aws.sent[int(run.removeprefix("run-")) - 1]["Payload"]
        condition = "Success" if response is None else "RetriesExhausted"
        text = record_text(
            run,
            payload=sent.decode(),
            condition=condition,
            response=response or "null",
            arn=arn,
            at=datetime.now(UTC),
        )
        with self.api.lock:
            assert self.stack.triage(text) == []


class _Resources:
    """Moto reads no templates of ours."""

    def paginate(self, **_stack: str) -> list[dict[str, Any]]:
        kind = "AWS::CloudWatch::Alarm"
        rows = [
            {
                "PhysicalResourceId": one["AlarmName"],
                "LogicalResourceId": one["AlarmName"],
                "ResourceType": kind,
            }
            for one in _ALARMS
        ]
        return [{"StackResourceSummaries": rows}]


_ALARMS: list[dict[str, Any]] = [
    {
        "AlarmName": name, "StateValue": state, "AlarmDescription": description,
        "StateUpdatedTimestamp": datetime.now(UTC) - timedelta(hours=3),
    }
    for name, state, description in (
        ("RefusedMessagesAlarm", "ALARM", "Messages that could not be understood are in the queue's DLQ"),
        ("OldFailuresAlarm", "OK", "Failures wait for triage for over 20 minutes"),
        ("JobsAlarm", "INSUFFICIENT_DATA", "A job's driver failed"),
    )
]  # fmt: skip


@contextmanager
def live() -> Iterator[Live]:
    with pytest.MonkeyPatch.context() as patched, mock_aws():
        for name, value in {
            "AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing",
            "AWS_DEFAULT_REGION": "eu-west-1", "AWS_REGION": "eu-west-1", "AWS_EC2_METADATA_DISABLED": "true",
        }.items():  # fmt: skip
            patched.setenv(name, value)
        complete_moto(patched)
        clients._session.cache_clear()
        stack = build_stack(patched)
        with served(RealApi) as api:
            assert isinstance(api, RealApi)
            api.stack, api.lock = stack, threading.Lock()
            account = Account(
                parameters={"ReplayableFunctions": SOURCES + "*"},
                instead={
                    "cloudformation": {"get_paginator": lambda _name: _Resources()},
                    "cloudwatch": {"describe_alarms": lambda **_names: {"MetricAlarms": _ALARMS}},
                },
                api=api,
            )
            yield Live(api, stack, account)
    clients._session.cache_clear()


def corpus(name: str) -> str:
    """The response payload of a labelled failure."""
    for line in (ROOT / "tests" / "corpus" / "failures.jsonl").read_text().splitlines():
        row = json.loads(line)
        if row["id"] == name:
            return json.dumps(row["responsePayload"])
    raise KeyError(name)
