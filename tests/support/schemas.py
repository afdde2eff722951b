"""What the table's items look like, version by version: `tests/schemas/NNNN.json`.

Each file holds the models of one version of the service, and items as that version wrote them, with every
attribute. Items outlive the version that wrote them, so the files stay for good and none is ever changed.
`python -m tests.support.schemas` writes the next one when a model has changed.
"""

import base64
import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import boto3
from moto import mock_aws
from pynamodb.attributes import Attribute, ListAttribute, MapAttribute
from pynamodb.models import Model

from lambda_replay.adapters.dynamodb.executions.items import MODELS
from lambda_replay.adapters.dynamodb.groups.items import GROUP_MODELS
from lambda_replay.adapters.dynamodb.jobs.items import JOB_MODELS
from lambda_replay.adapters.dynamodb.policies.history import PolicyVersionItem
from lambda_replay.adapters.dynamodb.policies.items import POLICY_MODELS
from lambda_replay.domain.executions.execution import Forgotten
from lambda_replay.domain.executions.id_slot import EarlySuccess, Link, UncertainReplay, UncertainReplays
from lambda_replay.domain.executions.outcome_counts import Increment
from lambda_replay.domain.executions.replay import Fact, ReplayStatus
from lambda_replay.domain.executions.stored_record import StoredRecord
from lambda_replay.domain.functions.function_arn import FunctionArn
from lambda_replay.domain.groups.group import AlertKind, GroupExplanation, GroupVerb
from lambda_replay.domain.intake.channel import SourceObject
from lambda_replay.domain.policies.circuit_breaker import Breaker, BreakerState, Totals
from lambda_replay.domain.policies.policy import Policy
from lambda_replay.domain.team_rules import RuleSet
from lambda_replay.ports.groups import GroupEvent
from lambda_replay.ports.jobs import Running
from tests.conftest import REGION
from tests.integration.stores.test_bulk_writes import RULE, attempt
from tests.integration.stores.test_executions import EXPIRES, START, execution, failure, full_execution
from tests.integration.stores.test_jobs import full_job
from tests.support.table import TABLE, create_storage
from tests.support.template import ROOT
from tests.support.world.groups import OWNED, A, B, count_batch, decision, group
from tests.support.world.service import FUNCTION

FILES = ROOT / "tests" / "schemas"
_KEPT: dict[str, Any] = {
    "rule": RULE,
    "by_category": {"timeout": RULE, "network": None},
    "by_group": {"f" * 32: RULE},
}


def described() -> dict[str, Any]:
    """Every model with its attributes, and the maps inside."""
    models: tuple[type[Model], ...] = (*MODELS, *GROUP_MODELS, *JOB_MODELS, *POLICY_MODELS, PolicyVersionItem)
    return {model.__name__: _attributes(model.get_attributes()) for model in models}


def _attributes(attributes: dict[str, Attribute[Any]]) -> dict[str, Any]:
    return {attribute.attr_name: _type(attribute) for attribute in attributes.values()}


def _type(attribute: Attribute[Any]) -> Any:
    if isinstance(attribute, ListAttribute) and attribute.element_type is not None:
        return [_type(attribute.element_type())]
    if isinstance(attribute, MapAttribute):
        return _attributes(attribute.get_attributes())
    return attribute.attr_type


def files() -> list[Path]:
    """The oldest first."""
    return sorted(FILES.glob("*.json"))


def read(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.read_text(), object_hook=_binary)
    return found


def _binary(value: dict[str, Any]) -> dict[str, Any]:
    return {"B": base64.b64decode(value["B"])} if set(value) == {"B"} else value


def written() -> list[dict[str, Any]]:
    """Items of every kind, as this version writes them."""
    with mock_aws():
        storage = create_storage()
        arn = FunctionArn.parse(FUNCTION)
        fact = Fact(status=ReplayStatus.FAILED, at=START, failure=failure(retry=RULE))
        attempts = (replace(attempt(1), failure=failure(retry=RULE)), *full_execution().replays[1:])
        whole = replace(full_execution(), first_failure=failure(retry=RULE, rules=3), replays=attempts)
        for entry in (
            replace(whole, postponed_to=START, forgotten=Forgotten(at=START, by="me", reason="r")),
            execution("event-2"),
            Link(id="run-1", execution_id="event-1", number=1, expires_at=EXPIRES, fact=fact),
            EarlySuccess(id="run-2", at=START, expires_at=EXPIRES),
            UncertainReplays(
                id="uncertain:event",
                replays=(UncertainReplay(execution_id="event-1", number=2, since=START, until=EXPIRES),),
                expires_at=EXPIRES,
            ),
        ):
            storage.entries.add(entry)
        counted = [Increment("job:job-1", "succeeded", 1)]
        storage.entries.save(replace(execution("event-2"), version=1), counted)
        storage.entries.mark_replaying(arn.unqualified, START)
        storage.records.put(
            StoredRecord(
                request_id="event-1", function=arn, condition="RetriesExhausted", status_code=200,
                function_error="Unhandled", payload=b"{}", response=b"null", expires_at=EXPIRES,
                count_batch="t", source=SourceObject("aws/lambda/async/orders/key", "v1"),
            )
        )  # fmt: skip
        resolved = decision(GroupVerb.IGNORED, reason="r", until=START, until_count=9, other=B)
        heads = [
            group(A, decision=resolved, alert=AlertKind.NEW, members=(B,), ownership=OWNED),
            group(B, head=A),
        ]
        storage.groups.save(heads, [GroupEvent(A, resolved)])
        storage.groups.explain(
            GroupExplanation(
                fingerprint=A, parts="{}", algorithm=1, rule="rule", reasons=("because",), example="event-1",
                expires_at=EXPIRES,
            )
        )  # fmt: skip
        storage.groups.open(count_batch(("run-1", A)))
        storage.groups.open(count_batch(("run-2", A), id_="count_batch-2"))
        storage.groups.commit(count_batch(("run-2", A), id_="count_batch-2"), [], [])
        storage.groups.ask(A, START)
        (check,) = storage.groups.checks(START)
        storage.groups.save_check(replace(check, since=START, group_version=1, recovered=3))
        storage.rules.add(RuleSet(version=1, rows="[]", at=START, by="me", reason="r"))
        storage.jobs.save(full_job(), Running(jobs={"job-1": ("orders",)}))
        storage.jobs.put_page("job-1", 0, ["event-1", "event-2"], version=1, expires_at=EXPIRES)
        about: dict[str, Any] = {"at": START, "by": "me", "reason": "r"}
        storage.policies.save(Policy(function=policy_key(arn), **_KEPT, **about, removed=True))
        storage.policies.save_breaker(
            Breaker(
                function=policy_key(arn), state=BreakerState.OPEN, since=START, reason="r", retry_at=START,
                pauses=2, trial="event-1", judged=Totals(1, 2), judged_at=START, sent=3, sent_at=START,
                booked_to=START, alert_pending=True,
            )
        )  # fmt: skip
        storage.functions.seen(arn, START)
        items: list[dict[str, Any]] = boto3.client("dynamodb").scan(TableName=TABLE)["Items"]
    return sorted(items, key=lambda item: (item["id"]["S"], item["part"]["S"]))


def policy_key(arn: FunctionArn) -> str:
    """What a function's policy and breaker stand under."""
    return arn.unqualified


def write_next() -> Path | None:
    """The file; None when the last one is of this version already."""
    known = files()
    if known and read(known[-1])["models"] == described():
        return None
    path = FILES / f"{len(known) + 1:04}.json"
    found = {"models": described(), "items": written()}
    path.write_text(json.dumps(found, indent=1, default=lambda b: base64.b64encode(b).decode()) + "\n")
    return path


if __name__ == "__main__":
    os.environ |= {"AWS_DEFAULT_REGION": REGION, "AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x"}
    print(write_next() or "nothing has changed")
