"""Dead-letter queues under a customer's key: what triage's role lacks is said, with the command."""

from collections.abc import Iterator
from typing import Any

import pytest

from lambda_replay_cli.attachments.kms_keys import missing_key
from tests.cli.support.account import FUNCTIONS, Account, refusal, signed_in
from tests.cli.support.api_server import served
from tests.cli.support.attaching import attach
from tests.cli.support.run import run

pytestmark = pytest.mark.usefixtures("aws")
QUEUE = "arn:aws:sqs:eu-west-1:123456789012:orders-dead"


@pytest.fixture
def account(aws: None) -> Iterator[Account]:
    with served() as api, signed_in(Account(api=api)) as account:
        api.says("GET", "/executions", {"executions": [], "cursor": None})
        api.says("GET", "/functions", {"functions": [], "cursor": None})
        account.parameters["DeadLetterQueues"] = f"{QUEUE}={FUNCTIONS}:orders"
        account.function("stack-triage")
        account.client("lambda").create_event_source_mapping(
            FunctionName="stack-triage", EventSourceArn=account.queue
        )
        account.function("orders")
        read = account.client("lambda").get_function_configuration

        def with_queue(**given: Any) -> dict[str, Any]:
            """Moto keeps no dead-letter configuration."""
            return {**read(**given), "DeadLetterConfig": {"TargetArn": QUEUE}}

        account.instead["lambda"]["get_function_configuration"] = with_queue
        yield account


def key_of(account: Account) -> dict[str, Any]:
    found: dict[str, Any] = account.client("kms").create_key()["KeyMetadata"]
    return found


def queue(account: Account, key: str | None) -> None:
    attributes = {} if key is None else {"KmsMasterKeyId": key}
    account.client("sqs").create_queue(QueueName="orders-dead", Attributes=attributes)


def found(account: Account) -> list[dict[str, Any]]:
    return [each for each in run("doctor").objects if each["check"] == "dead-letters-locked"]


@pytest.mark.parametrize("named", ["Arn", "KeyId"])
def test_a_key_that_triage_may_not_use_is_an_error_and_the_fix_names_it(account: Account, named: str) -> None:
    account.parameters["DeadLetterKeys"] = "arn:aws:kms:eu-west-1:123456789012:key/other"
    key = key_of(account)
    queue(account, key[named])
    [finding] = found(account)
    assert finding["severity"] == "error"
    assert f"triage can't read sqs orders-dead: it is encrypted under {key['Arn']}" in finding["what"]
    assert finding["fix"] == (
        "sam deploy --parameter-overrides DeadLetterKeys="
        f"arn:aws:kms:eu-west-1:123456789012:key/other,{key['Arn']}"
    )
    [row] = attach("orders", "--dry-run").objects
    [note] = [each for each in row["notes"] if "dead-letter queue" in each]
    assert key["Arn"] in note
    assert finding["fix"] in note


@pytest.mark.parametrize("kind", ["granted", "granted by id", "none", "alias/aws/sqs"])
@pytest.mark.parametrize("parameter", ["DeadLetterKeys", "KmsKeyArn"])
def test_what_triage_can_read_is_not_mentioned(account: Account, kind: str, parameter: str) -> None:
    key = key_of(account)
    account.parameters[parameter] = key["Arn"]
    queue(account, {"granted": key["Arn"], "granted by id": key["KeyId"], "none": None}.get(kind, kind))
    assert found(account) == []
    [row] = attach("orders", "--dry-run").objects
    assert not [each for each in row["notes"] if "dead-letter queue" in each]


def test_what_may_not_be_looked_at_is_said(account: Account) -> None:
    queue(account, key_of(account)["Arn"])
    account.instead["kms"] = {"describe_key": refusal("AccessDeniedException")}
    [finding] = [each for each in run("doctor").objects if "orders-dead" in each["what"]]
    assert (finding["check"], "kms:DescribeKey" in finding["what"]) == ("not-checked", True)
    [row] = attach("orders", "--dry-run").objects
    assert [each for each in row["notes"] if "whether triage can read its dead-letter queue" in each]


def test_a_key_of_aws_itself_is_open_to_all_of_the_account(account: Account) -> None:
    queue(account, "arn:aws:kms:eu-west-1:123456789012:key/managed")
    managed = {"Arn": "arn:aws:kms:eu-west-1:123456789012:key/managed", "KeyManager": "AWS"}
    account.instead["kms"] = {"describe_key": lambda KeyId: {"KeyMetadata": managed}}  # noqa: ARG005
    assert missing_key(account.service(), account.addresses, QUEUE) is None
