"""`doctor`: each thing that can be wrong is found, and nothing is said of what is right."""

import shlex
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from lambda_replay.domain.functions.function_arn import FunctionArn
from lambda_replay_cli.attachments.invoke_config import LATEST, InvokeConfig
from lambda_replay_cli.attachments.roles import Permission
from lambda_replay_cli.client.stack_addresses import Addresses
from lambda_replay_cli.doctor.findings import Deployment, Finding, Function, Severity
from lambda_replay_cli.doctor.run_checks import audit
from tests.cli.attachments.test_attachments import ADDRESSES, BUS, OTHER, QUEUE
from tests.cli.support.account import Account, refusal, signed_in
from tests.cli.support.api_server import served
from tests.cli.support.objects import execution
from tests.cli.support.run import run

ORDERS = FunctionArn.parse("arn:aws:lambda:eu-west-1:123456789012:function:orders")
BILLING = FunctionArn.parse("arn:aws:lambda:eu-west-1:123456789012:function:billing")
FAR = OTHER.replace("123456789012", "210987654321")
LATELY = datetime(2026, 1, 31, 9, tzinfo=UTC)
OURS = {LATEST: InvokeConfig(failure=QUEUE)}
READING = Addresses(
    stack="stack",
    region="eu-west-1",
    account="123456789012",
    outputs={},
    parameters={
        "ReplayableFunctions": f"{ORDERS}",
        "DeadLetterQueues": f"{OTHER}={ORDERS}",
        "SourceTopics": "arn:aws:sns:eu-west-1:123456789012:shop-*",
    },
)


def found(function: Function, **stack: Any) -> list[tuple[str, str]]:
    stack.setdefault("addresses", ADDRESSES)
    return [(each.severity.value, each.check) for each in audit([function], Deployment(**stack))]


def test_a_durable_functions_only_net_is_a_dead_letter_queue() -> None:
    durable = Function(arn=ORDERS, durable=True)
    [finding] = audit([durable], Deployment(addresses=READING))
    assert "neither retries" in finding.what
    assert finding.fix == (
        "aws sqs create-queue --queue-name orders-dead-letters && aws lambda update-function-configuration "
        "--function-name orders --dead-letter-config "
        "TargetArn=arn:aws:sqs:eu-west-1:123456789012:orders-dead-letters"
    )
    unread = replace(durable, dead_letter=QUEUE)
    [finding] = audit([unread], Deployment(addresses=READING))
    assert finding.fix == (
        f"sam deploy --parameter-overrides DeadLetterQueues={OTHER}={ORDERS},{QUEUE}={ORDERS}"
    )
    assert not audit([replace(durable, dead_letter=OTHER)], Deployment(addresses=READING))


@pytest.mark.parametrize(
    ("function", "findings"),
    [
        (Function(arn=ORDERS), []),
        (Function(arn=ORDERS, evidence="s3 may call it"), [("error", "no-destination")]),
        (Function(arn=BILLING, evidence="s3 may call it"), [("warning", "no-destination")]),
        (Function(arn=BILLING, evidence="s3 may call it", dropped=3), [("error", "no-destination")]),
        (Function(arn=BILLING, failed_at=LATELY), [("error", "no-destination")]),
        (Function(arn=BILLING, failed_at=LATELY, configs=OURS), [("warning", "not-replayable")]),
        (Function(arn=ORDERS, failed_at=LATELY, dead_letter=OTHER), [("warning", "dead-letter-only")]),
        (Function(arn=ORDERS, durable=True), [("warning", "durable-without-net")]),
        (Function(arn=ORDERS, failed_at=LATELY, durable=True), [("error", "durable-without-net")]),
        (Function(arn=ORDERS, evidence="s3 may call it", durable=True), [("error", "durable-without-net")]),
        (Function(arn=ORDERS, durable=True, dead_letter=OTHER), [("warning", "durable-without-net")]),
        (Function(arn=ORDERS, durable=True, configs=OURS), [("warning", "durable-without-net")]),
        (Function(arn=ORDERS, evidence="s3 may call it", configs=OURS), []),
        (Function(arn=ORDERS, configs=OURS, dropped=7), []),  # handed over, and counted as dropped
        (Function(arn=ORDERS, evidence="7 events", dead_letter=OTHER), [("warning", "dead-letter-only")]),
        (Function(arn=ORDERS, dead_letter=OTHER, configs=OURS), []),
        (Function(arn=ORDERS, configs=OURS, may={QUEUE: Permission.yes}), []),
        (Function(arn=ORDERS, configs=OURS, may={QUEUE: Permission.unknown}), [("info", "not-checked")]),
        (Function(arn=ORDERS, configs=OURS, may={QUEUE: Permission.no}), [("error", "no-permission")]),
        (Function(arn=ORDERS, configs=OURS, may={QUEUE: Permission.denied}), [("error", "no-permission")]),
        (Function(arn=ORDERS, configs=OURS, aliases=["live"]), [("warning", "alias-without-destination")]),
        (
            Function(arn=ORDERS, configs=OURS, aliases=["live"], used=frozenset({"live"})),
            [("error", "alias-without-destination")],
        ),
        (Function(arn=ORDERS, configs=OURS, aliases=["replay"]), []),
        (Function(arn=ORDERS, configs={"live": OURS[LATEST]}, aliases=["live"]), []),
        (
            Function(
                arn=ORDERS, configs={"live": OURS[LATEST]}, aliases=["live"], used=frozenset({LATEST, "live"})
            ),
            [("error", "alias-without-destination")],
        ),
        (Function(arn=ORDERS, configs=OURS, undelivered=2), [("error", "undelivered")]),
        (
            Function(arn=ORDERS, dead_letter=OTHER, dead_letter_errors=2, configs=OURS),
            [("error", "dead-letters-undelivered")],
        ),
        (Function(arn=BILLING, configs=OURS), [("warning", "not-replayable")]),
        (Function(arn=ORDERS, configs={LATEST: InvokeConfig(failure=OTHER)}), [("info", "elsewhere")]),
        (Function(arn=BILLING, configs={LATEST: InvokeConfig(failure=OTHER)}), []),
        (
            Function(arn=ORDERS, configs={LATEST: InvokeConfig(failure=QUEUE, success=f"{OTHER}.fifo")}),
            [("error", "impossible-destination")],
        ),
        # Attached by the event bus, which everybody may send to.
        (Function(arn=BILLING, configs={LATEST: InvokeConfig(failure=BUS)}), [("warning", "not-replayable")]),
        # In another account: on purpose, or not.
        (Function(arn=ORDERS, configs={LATEST: InvokeConfig(failure=FAR)}), [("info", "far-destination")]),
    ],
)
def test_a_function(function: Function, findings: list[tuple[str, str]]) -> None:
    assert found(function) == findings


def test_a_dead_letter_queue_that_is_read_is_only_a_note() -> None:
    assert found(Function(arn=ORDERS, dead_letter=OTHER), addresses=READING) == [("info", "dead-letter-only")]


@pytest.mark.parametrize(("topic", "findings"), [("shop-failed", []), ("other", [("info", "elsewhere")])])
def test_a_topic_that_delivers_to_the_queue_is_not_elsewhere(
    topic: str, findings: list[tuple[str, str]]
) -> None:
    config = InvokeConfig(failure=f"arn:aws:sns:eu-west-1:123456789012:{topic}")
    assert found(Function(arn=ORDERS, configs={LATEST: config}), addresses=READING) == findings


@pytest.mark.parametrize(
    ("stack", "findings"),
    [
        ({}, []),
        ({"refused": 3}, [("error", "dlq-not-empty")]),
        ({"triage": "Disabled"}, [("error", "triage-stopped")]),
        ({"triage": None}, [("error", "triage-stopped")]),
        ({"expiring": datetime(2026, 1, 1, tzinfo=UTC)}, [("warning", "forgotten-soon")]),
        ({"subscribers": 0}, [("info", "no-alert-subscriber")]),
        ({"subscribers": 1}, []),
    ],
)
def test_the_stack(stack: dict[str, Any], findings: list[tuple[str, str]]) -> None:
    assert found(Function(arn=ORDERS), **stack) == findings


def test_a_dead_letter_queue_whose_name_begins_another_ones_is_not_that_one() -> None:
    reading = replace(READING, parameters={"DeadLetterQueues": f"{OTHER}-two={ORDERS}"})
    found_ones = found(Function(arn=ORDERS, dead_letter=OTHER), addresses=reading)
    assert found_ones == [("warning", "dead-letter-only")]


LIVE = {"live": InvokeConfig(failure=OTHER), "blue": InvokeConfig(failure=OTHER)}
FIFO = InvokeConfig(failure=QUEUE, success=f"{OTHER}.fifo")
PUT = f"""'{{"OnFailure": {{"Destination": "{QUEUE}"}}}}'"""


@pytest.mark.parametrize(
    ("function", "fix"),
    [
        (Function(arn=ORDERS, configs=LIVE), "lambda-replay attach orders:live orders:blue --replace"),
        (
            Function(arn=ORDERS, configs={"live": OURS[LATEST]}, undelivered=1),
            "lambda-replay attach orders:live --to bucket --replace",
        ),
        (
            Function(arn=ORDERS, configs={LATEST: FIFO}),
            f"aws lambda put-function-event-invoke-config --function-name orders --destination-config {PUT}",
        ),
        (
            Function(arn=ORDERS, configs={"live": replace(FIFO, failure=None)}),
            "aws lambda delete-function-event-invoke-config --function-name orders --qualifier live",
        ),
        (
            Function(arn=ORDERS, configs={"live": InvokeConfig(failure=f"{OTHER}.fifo")}),
            "lambda-replay attach orders:live --replace",
        ),
        (
            Function(arn=ORDERS, configs={"live": InvokeConfig(failure=FAR)}),
            "aws lambda get-function-event-invoke-config --function-name orders --qualifier live",
        ),
        (
            Function(arn=ORDERS, configs={LATEST: InvokeConfig(failure=BUS)}, may={BUS: Permission.no}),
            "lambda-replay attach orders --to bus",
        ),
    ],
)
def test_the_fix_repairs_what_is_wrong(function: Function, fix: str) -> None:
    fixes = [each.fix for each in audit([function], Deployment(addresses=ADDRESSES))]
    assert fix in fixes


def test_functions_outside_the_allow_list_are_let_in_at_once() -> None:
    functions = [Function(arn=replace(BILLING, name=name), configs=OURS) for name in ("billing", "bills")]
    [finding] = audit(functions, Deployment(addresses=ADDRESSES))
    assert "billing, bills" in finding.what
    words = shlex.split(finding.fix)
    assert words[:3] == ["sam", "deploy", "--parameter-overrides"]
    patterns = ADDRESSES.parameters["ReplayableFunctions"]
    assert words[3:] == [
        f"ReplayableFunctions={patterns},{functions[0].arn.unqualified},{functions[1].arn.unqualified}"
    ]


def test_a_mapping_that_is_disabled_is_enabled_again() -> None:
    stopped = Deployment(addresses=ADDRESSES, triage="Disabled", mapping="8f9c1c0e")
    [finding] = audit([], stopped)
    assert finding.fix == "aws lambda update-event-source-mapping --uuid 8f9c1c0e --enabled"


def test_the_worst_comes_first() -> None:
    functions = [
        Function(arn=BILLING, configs=OURS),
        Function(arn=ORDERS, configs=OURS, may={QUEUE: Permission.no}),
    ]
    findings = audit(functions, Deployment(addresses=ADDRESSES, subscribers=0, refused=1))
    assert [each.severity for each in findings] == [
        Severity.error, Severity.error, Severity.warning, Severity.info,
    ]  # fmt: skip


def test_every_finding_names_a_command() -> None:
    functions = [
        Function(arn=BILLING, configs=OURS, undelivered=1, may={QUEUE: Permission.no}, aliases=["live"]),
        Function(arn=ORDERS, evidence="x"),
    ]
    findings: list[Finding] = audit(functions, Deployment(addresses=ADDRESSES, refused=1, triage=None))
    assert len(findings) == 7
    assert all(each.fix.split()[0] in ("lambda-replay", "aws", "sam") for each in findings)


@pytest.fixture
def account(aws: None) -> Iterator[Account]:
    with served() as api, signed_in(Account(api=api)) as account:
        api.says("GET", "/executions", {"executions": [], "cursor": None})
        api.says("GET", "/functions", {"functions": [], "cursor": None})
        account.function("stack-triage")
        account.client("lambda").create_event_source_mapping(
            FunctionName="stack-triage", EventSourceArn=account.queue
        )
        yield account


def measured(account: Account, name: str, value: float, **dimensions: str) -> None:
    account.client("cloudwatch").put_metric_data(
        Namespace="AWS/Lambda",
        MetricData=[
            {
                "MetricName": name,
                "Value": value,
                "Timestamp": datetime.now(UTC) - timedelta(hours=2),
                "Dimensions": [{"Name": key, "Value": text} for key, text in dimensions.items()],
            }
        ],
    )


def test_a_healthy_account_ends_with_0(account: Account) -> None:
    account.function("orders", role=account.role("sender", sends=True))
    account.configure("orders", DestinationConfig={"OnFailure": {"Destination": account.queue}})
    outcome = run("doctor", "--strict", "--output", "json")
    assert (outcome.code, outcome.out.strip()) == (0, "[]"), outcome.out


def test_an_account_with_faults(account: Account) -> None:
    account.function("orders")  # invoked by S3, and nobody hears of its failures
    account.client("lambda").add_permission(
        FunctionName="orders", StatementId="s3", Action="lambda:InvokeFunction", Principal="s3.amazonaws.com"
    )
    account.function("orders-lost", role=account.role("silent"))
    account.configure("orders-lost", DestinationConfig={"OnFailure": {"Destination": account.queue}})
    measured(account, "DestinationDeliveryFailures", 4, FunctionName="orders-lost")
    account.function("orders-quiet")  # nobody calls it
    account.function("billing")
    measured(account, "AsyncEventsReceived", 9, FunctionName="billing")
    account.client("sqs").send_message(QueueUrl=account.outputs["FailureQueueDlqUrl"], MessageBody="x")
    outcome = run("doctor", "--output", "jsonl")
    assert outcome.code == 1
    assert [(each["severity"], each["check"], each["subject"]) for each in outcome.objects] == [
        ("error", "dlq-not-empty", "stack"),
        ("error", "no-destination", "orders"),
        ("error", "no-permission", "orders-lost"),
        ("error", "undelivered", "orders-lost"),
        ("warning", "no-destination", "billing"),
    ]
    assert "s3 may call it" in outcome.objects[1]["what"]
    assert "9 events in 14 days" in outcome.objects[4]["what"]


def test_warnings_count_when_it_is_strict(account: Account) -> None:
    account.function("billing")
    measured(account, "AsyncEventsReceived", 9, FunctionName="billing")
    assert run("doctor").code == 0
    assert run("doctor", "--strict").code == 1


def failed(account: Account, *functions: tuple[str, timedelta]) -> None:
    """What the service's own table knows: the function, and how long ago it failed; one on each page."""

    def answer(asked: Any) -> tuple[int, object]:
        number = int(asked.query.get("cursor", 0))
        arn, age = functions[number]
        seen = {"function_arn": arn, "last_failed_at": (datetime.now(UTC) - age).isoformat()}
        following = str(number + 1) if number + 1 < len(functions) else None
        return 200, {"functions": [seen], "cursor": following}

    account.api.answers["GET", "/functions"] = answer


def test_a_function_that_failed_lately_and_sends_nowhere_is_found(account: Account) -> None:
    """As after `detach`: there may be no metrics yet, and nothing else says that it is invoked at all."""
    for name in ("orders", "orders-long-ago", "orders-attached", "orders-elsewhere"):
        account.function(name, role=account.role(f"{name}-sends", sends=True))
    account.configure("orders-attached", DestinationConfig={"OnFailure": {"Destination": account.queue}})
    ours = f"{ORDERS}"
    failed(
        account,
        (f"{ours}-attached", timedelta(hours=1)),
        (f"{ours}-elsewhere".replace("eu-west-1", "us-east-1"), timedelta(hours=2)),
        (f"{ours}:live", timedelta(hours=3)),
        (f"{ours}-long-ago", timedelta(days=15)),
    )
    outcome = run("doctor")
    assert outcome.code == 1
    [finding] = outcome.objects
    assert (finding["severity"], finding["check"], finding["subject"]) == (
        "error", "no-destination", "orders",
    )  # fmt: skip
    assert "its failures go nowhere: it failed 3 h ago, which this service still received" in finding["what"]
    assert finding["fix"] == "lambda-replay attach orders"


def test_all_that_is_known_of_its_calls_is_said(account: Account) -> None:
    account.function("orders")
    measured(account, "AsyncEventsReceived", 9, FunctionName="orders")
    failed(account, (f"{ORDERS}", timedelta(minutes=5)))
    [finding] = run("doctor").objects
    assert "it is invoked asynchronously (9 events in 14 days), and failed 5 min ago" in finding["what"]


def test_some_functions_alone(account: Account) -> None:
    for name in ("orders", "billing"):
        account.function(name)
        measured(account, "AsyncEventsReceived", 9, FunctionName=name)
    outcome = run("doctor", "--function", "billing")
    assert [each["subject"] for each in outcome.objects] == ["billing"]
    assert run("doctor", "--function", "nobody").code == 2


def test_calls_of_an_alias_are_known_by_its_own_metric(account: Account) -> None:
    account.function("orders", role=account.role("sender", sends=True))
    account.configure("orders", DestinationConfig={"OnFailure": {"Destination": account.queue}})
    account.client("lambda").create_alias(FunctionName="orders", Name="live", FunctionVersion="$LATEST")
    assert [each["severity"] for each in run("doctor").objects] == ["warning"]
    measured(account, "AsyncEventsReceived", 1, FunctionName="orders", Resource="orders:live")
    assert [each["severity"] for each in run("doctor").objects] == ["error"]


def test_failures_that_are_forgotten_soon(account: Account) -> None:
    account.parameters["RetentionDays"] = "10"
    at = (datetime.now(UTC) - timedelta(days=9)).isoformat()
    account.api.says("GET", "/executions", {"executions": [execution(failed_at=at)], "cursor": None})
    outcome = run("doctor")
    assert [each["check"] for each in outcome.objects] == ["forgotten-soon"]
    [asked] = [each for each in account.api.asked if each.path == "/executions"]
    assert asked.query["status"] == "failed"
    until = datetime.fromisoformat(asked.query["to"])
    assert timedelta(days=7.9) < datetime.now(UTC) - until < timedelta(days=8.1)


def test_what_may_not_be_read_is_named_with_the_permission(account: Account) -> None:
    account.function("orders")
    account.function("orders-two")
    account.configure("orders-two", DestinationConfig={"OnFailure": {"Destination": account.queue}})
    account.outputs["AlertTopicArn"] = account.outputs["FailureTopicArn"]
    denied = refusal("AccessDeniedException")
    account.instead["lambda"] |= {"get_policy": denied, "list_event_source_mappings": denied}
    account.instead["iam"]["list_role_policies"] = refusal("AccessDenied")
    account.instead["sns"] = {"get_topic_attributes": refusal("AuthorizationError")}
    account.instead["cloudwatch"] = {"get_metric_data": refusal("AccessDenied")}
    account.instead["sqs"] = {"get_queue_attributes": refusal("AccessDenied")}
    for path in ("/executions", "/functions"):
        account.api.refuses("GET", path, 403, "AccessDeniedException")
    outcome = run("doctor")
    assert outcome.code == 0
    assert {(each["severity"], each["check"]) for each in outcome.objects} == {("info", "not-checked")}
    said = " ".join(each["what"] for each in outcome.objects)
    for permission in (
        "lambda:GetPolicy", "lambda:ListEventSourceMappings", "iam:SimulatePrincipalPolicy",
        "sns:GetTopicAttributes", "cloudwatch:GetMetricData", "sqs:GetQueueAttributes", "execute-api:Invoke",
    ):  # fmt: skip
        assert permission in said


def test_a_function_that_is_deleted_in_between_is_left_out(account: Account) -> None:
    account.function("orders")
    account.function("orders-two")
    for name in ("orders", "orders-two"):
        measured(account, "AsyncEventsReceived", 9, FunctionName=name)
    listed = account.configs.operations()["list_function_event_invoke_configs"]

    def gone(FunctionName: str) -> Any:  # Lambda's name of it
        if FunctionName == "orders":
            raise refusal("ResourceNotFoundException")
        return listed(FunctionName=FunctionName)

    account.instead["lambda"]["list_function_event_invoke_configs"] = gone
    assert [each["subject"] for each in run("doctor").objects] == ["orders-two"]


def test_a_role_that_is_gone_may_send_nothing(account: Account) -> None:
    account.function("orders", role=account.role("gone"))
    account.configure("orders", DestinationConfig={"OnFailure": {"Destination": account.queue}})
    account.client("iam").delete_role(RoleName="gone")
    assert [each["check"] for each in run("doctor").objects] == ["no-permission"]


def waiting_on_page(account: Account, page: int) -> None:
    """The API looks at some executions for a page, and tells those that failed."""
    at = (datetime.now(UTC) - timedelta(days=29)).isoformat()

    def answer(asked: Any) -> tuple[int, object]:
        number = int(asked.query.get("cursor", 0))
        found = [execution(failed_at=at)] if number == page else []
        return 200, {"executions": found, "cursor": str(number + 1)}

    account.api.answers["GET", "/executions"] = answer


def test_a_failure_behind_a_large_recovery_is_found(account: Account) -> None:
    waiting_on_page(account, 40)
    assert [each["check"] for each in run("doctor").objects] == ["forgotten-soon"]


def test_looking_for_such_a_failure_ends_and_says_so(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lambda_replay_cli.doctor.collect._PAGES", 3)
    waiting_on_page(account, 40)
    [finding] = run("doctor").objects
    assert finding["check"] == "not-checked"
    assert finding["fix"].startswith("lambda-replay list --status failed --to ")


def test_for_people(account: Account) -> None:
    account.function("orders")
    measured(account, "AsyncEventsReceived", 9, FunctionName="orders")
    out = run("doctor", "--output", "table").out
    assert "error   orders: its failures go nowhere" in out
    assert "        lambda-replay attach orders\n" in out
    assert "1 errors" not in out
