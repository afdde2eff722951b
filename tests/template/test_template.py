"""What must hold of template.yaml whatever is added to it."""

import json
import re
from datetime import UTC, datetime
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from lambda_replay.adapters.aws.metrics import NAMESPACE
from lambda_replay.domain.category import Category
from lambda_replay.domain.executions.execution import MAY_BE_A_REPLAYS
from lambda_replay.domain.functions.allow_list import AllowList
from lambda_replay.domain.functions.function_arn import FunctionArn
from lambda_replay.domain.functions.wildcards import matches
from lambda_replay.domain.jobs.job import TURN
from lambda_replay.ports.alerts import Count
from lambda_replay.settings import STACK_VARIABLE
from lambda_replay.use_cases.intake.batch import LEFT
from lambda_replay.use_cases.intake.keep import LONGEST, OVERDUE
from local.async_invoke.destinations import object_key
from replay.job_commands import JOB_COMMANDS
from tests.support.template import ROOT, load_template, resolved

TEMPLATE = load_template()
RESOURCES: dict[str, dict[str, Any]] = TEMPLATE["Resources"]


def of_type(kind: str) -> dict[str, dict[str, Any]]:
    found = {name: r["Properties"] for name, r in RESOURCES.items() if r["Type"] == kind}
    assert found, f"the template has no {kind}"
    return found


FUNCTIONS = of_type("AWS::Serverless::Function")
ROLES = of_type("AWS::IAM::Role")
QUEUES = of_type("AWS::SQS::Queue")
ALARMS = of_type("AWS::CloudWatch::Alarm")
POLICIES = of_type("AWS::IAM::ManagedPolicy")
SOURCE_POLICIES = ("Queue", "Topic", "Bus", "Bucket", "Triage")
"""By the kind of the destination; `SourcePolicy` holds all of them."""
QUEUE = "arn:aws:sqs:eu-west-1:123456789012:orders-dlq"
KEY = "arn:aws:kms:eu-west-1:123456789012:key/1b2c3d4e-5f60-4a55-9d5c-1f6c7f6f2f10"
TOPIC = "arn:aws:sns:eu-west-1:123456789012:orders-dead"
FUNCTION = "arn:aws:lambda:eu-west-1:123456789012:function:orders"


def statements() -> list[tuple[str, dict[str, Any]]]:
    """Every statement of every role and managed policy, with its owner's name; those that a parameter brings
    too."""
    documents = [(name, policy) for name, role in ROLES.items() for policy in role["Policies"]]
    return [
        (name, statement)
        for name, policy in [*documents, *POLICIES.items()]
        for statement in always(policy["PolicyDocument"]["Statement"])
    ]


def always(found: list[Any]) -> list[dict[str, Any]]:
    """Statements with what stands in an `If`."""
    return [each["Fn::If"][1] if "Fn::If" in each else each for each in found]


def without_key() -> list[tuple[str, dict[str, Any]]]:
    return [(owner, s) for owner, s in statements() if "kms:" not in str(s["Action"])]


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def actions_of(role: str) -> set[str]:
    return {action for name, s in without_key() if name == role for action in as_list(s["Action"])}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_each_function_has_a_log_group_and_a_role_of_its_own(name: str) -> None:
    part = name.removesuffix("Function")
    function = FUNCTIONS[name]
    assert function["LoggingConfig"]["LogGroup"] == {"Ref": f"{part}LogGroup"}
    assert function["Role"] == {"Fn::GetAtt": [f"{part}Role", "Arn"]}
    assert "Policies" not in function
    assert RESOURCES[f"{part}LogGroup"]["Properties"]["RetentionInDays"] == {"Ref": "LogRetentionDays"}
    logs = [s for owner, s in statements() if owner == f"{part}Role" and "logs:PutLogEvents" in s["Action"]]
    assert [s["Resource"] for s in logs] == [{"Fn::GetAtt": [f"{part}LogGroup", "Arn"]}]


def test_only_the_sweep_and_a_job_itself_drive_jobs_on() -> None:
    policy = RESOURCES["StartReplayJob"]["Properties"]
    assert policy["Roles"] == [{"Ref": "ReplayRole"}, {"Ref": "ReplayJobRole"}]
    [statement] = policy["PolicyDocument"]["Statement"]
    assert statement == {
        "Effect": "Allow",
        "Action": "states:StartExecution",
        "Resource": {"Ref": "ReplayJob"},
    }
    assert not [s for _, s in statements() if "states" in str(s["Action"])]


def test_the_job_machine_is_the_one_in_its_folder() -> None:
    machine = RESOURCES["ReplayJob"]["Properties"]
    definition = yaml.safe_load((ROOT / machine["DefinitionUri"]).read_text())
    text = str(definition)
    assert set(re.findall(r"\$\{(\w+)\}", text)) == set(machine["DefinitionSubstitutions"])
    assert definition["States"]["Turn"]["Parameters"]["Payload"]["command"] in JOB_COMMANDS
    # What the next turn gets is what this one answered.
    assert definition["States"]["Turn"]["OutputPath"] == "$.Payload"
    # Ten events a turn, and an execution's history holds 25 000 (Step Functions quotas).
    turns = definition["States"]["Look"]["Choices"][1]["NumericGreaterThanEquals"]
    assert turns * 12 < 25_000


@pytest.mark.parametrize("name", FUNCTIONS)
def test_each_handler_exists(name: str) -> None:
    module, function = FUNCTIONS[name]["Handler"].rsplit(".", 1)
    assert callable(getattr(__import__(module, fromlist=[function]), function))


def test_no_statement_is_wider_than_it_must_be() -> None:
    for owner, statement in statements():
        if statement["Effect"] == "Deny":
            continue
        for action in as_list(statement["Action"]):
            assert "*" not in action, (owner, action)
        for resource in as_list(statement["Resource"]):
            assert resource != "*", owner
            assert "ManagedPolicyArns" not in ROLES.get(owner, {})


def test_only_replay_may_invoke_source_functions() -> None:
    granted = {
        owner: [r for o, s in statements() if o == owner for r in as_list(s["Resource"])]
        for owner, s in statements()
        if "lambda:InvokeFunction" in as_list(s["Action"])
    }
    sources = {"TriageSourcePolicy", "SourcePolicy"}
    assert set(granted) == {"ReplayRole", "ReplayJobRole", "ApiRole"} | sources
    assert granted["ReplayJobRole"] == [{"Fn::GetAtt": ["ReplayFunction", "Arn"]}]
    # A source function hands its record to triage, as its Lambda destination.
    assert {"Fn::GetAtt": ["TriageFunction", "Arn"]} in granted["SourcePolicy"]
    api = [
        s["Resource"] for o, s in statements() if o == "ApiRole" and s["Action"] == "lambda:InvokeFunction"
    ]
    assert api == [{"Fn::GetAtt": ["ReplayFunction", "Arn"]}]
    replay = [
        s for o, s in statements() if o == "ReplayRole" and "lambda:InvokeFunction" in as_list(s["Action"])
    ]
    allowed = replay
    assert all("ReplayableFunctions" in str(s["Resource"]) for s in allowed)
    assert len(allowed) == 2
    # Whatever may be replayed may be looked at, and nothing else.
    assert [s["Action"] for s in allowed] == [
        ["lambda:InvokeFunction", "lambda:GetFunctionConfiguration", "lambda:GetFunctionEventInvokeConfig"]
    ] * 2


def test_the_service_may_not_invoke_itself_whatever_it_is_called() -> None:
    """CloudFormation shortens a long stack's name in the functions' names: only their ARNs are certain."""
    policy = RESOURCES["NeverItself"]["Properties"]
    assert policy["Roles"] == [{"Ref": "ReplayRole"}]
    this, any_ = policy["PolicyDocument"]["Statement"]
    assert [(s["Effect"], s["Action"]) for s in (this, any_)] == [("Deny", "lambda:InvokeFunction")] * 2
    for name in FUNCTIONS:
        assert {"Fn::GetAtt": [name, "Arn"]} in this["Resource"]
        assert {"Fn::Sub": f"${{{name}.Arn}}:*"} in this["Resource"]
    # Another stack's functions: by the tag that all of them have.
    [tag] = TEMPLATE["Globals"]["Function"]["Tags"]
    assert any_["Resource"] == "*"
    assert any_["Condition"] == {"Null": {f"aws:ResourceTag/{tag}": "false"}}
    # The code goes by a variable, for reading tags would take another permission.
    assert STACK_VARIABLE in TEMPLATE["Globals"]["Function"]["Environment"]["Variables"]


def test_the_api_writes_nothing() -> None:
    assert actions_of("ApiRole") == {
        "logs:CreateLogStream", "logs:PutLogEvents", "dynamodb:GetItem", "dynamodb:BatchGetItem",
        "dynamodb:Query", "s3:GetObject", "s3:ListBucket", "lambda:InvokeFunction",
    }  # fmt: skip


def test_replay_alone_deletes_objects_and_only_those_of_executions() -> None:
    deletes = {"s3:DeleteObject", "s3:DeleteObjectVersion"}
    found = {owner: s["Resource"] for owner, s in statements() if deletes & set(s["Action"])}
    assert found == {
        "ReplayRole": [
            {"Fn::Sub": "${PayloadBucket.Arn}/payloads/*"},
            {"Fn::Sub": "${PayloadBucket.Arn}/responses/*"},
            {"Fn::Sub": "${FailureBucket.Arn}/aws/lambda/*"},
        ]
    }


def test_triage_can_read_no_payload_of_the_bucket_and_invoke_nothing() -> None:
    assert actions_of("TriageRole").isdisjoint({"lambda:InvokeFunction", "dynamodb:DeleteItem"})
    reads = ["s3:GetObject", "s3:GetObjectVersion"]
    read = [s["Resource"] for o, s in statements() if o == "TriageRole" and s["Action"] == reads]
    assert read == [{"Fn::Sub": "${FailureBucket.Arn}/aws/lambda/*"}]
    assert RESOURCES["FailureBucket"]["Properties"]["VersioningConfiguration"] == {"Status": "Enabled"}


MAPPING = "8c0d3a1e-1b5c-4f3e-9d0a-2b7f6c5d4e3f"


@pytest.mark.parametrize(
    ("key", "good"),
    [
        (object_key("async/orders", datetime(2026, 1, 31, 9, tzinfo=UTC)), True),
        (object_key(f"{MAPPING}/shardId-000000000000", datetime(2026, 1, 31, 9, tzinfo=UTC)), True),
        ("aws/lambda/async/orders/2026/01/31/anything", False),
        (object_key("orders", datetime(2026, 1, 31, 9, tzinfo=UTC)), False),
        ("aws/lambda/anything", False),
        ("anything", False),
    ],
    ids=["asynchronous", "stream", "no time", "no function", "flat", "elsewhere"],
)
def test_a_source_may_write_under_the_keys_that_lambda_makes(key: str, good: bool) -> None:
    [patterns] = [
        s["Resource"] for o, s in statements() if o == "BucketSourcePolicy" and s["Action"] == "s3:PutObject"
    ]
    found = [pattern["Fn::Sub"].removeprefix("${FailureBucket.Arn}/") for pattern in patterns]
    assert any(matches(pattern, key) for pattern in found) is good


def test_only_the_failure_queue_and_its_dlq_can_be_sent_to() -> None:
    for owner, statement in statements():
        if "sqs:SendMessage" in as_list(statement["Action"]):
            wanted = "FailureQueueDlq" if owner == "TriageRole" else "FailureQueue"
            assert statement["Resource"] == {"Fn::GetAtt": [wanted, "Arn"]}, owner


@pytest.mark.parametrize("name", of_type("AWS::SQS::QueuePolicy"))
def test_services_may_send_for_our_own_resources_only(name: str) -> None:
    """A service sends for any caller, so each is bound to a source, or at least to this account."""
    for statement in queue_policy(name):
        if statement["Effect"] == "Deny":
            continue
        assert set(statement["Principal"]) == {"Service"}
        assert statement["Action"] == "sqs:SendMessage"
        [condition] = statement["Condition"].values()
        [(key, value)] = condition.items()
        assert key in ("aws:SourceArn", "aws:SourceAccount")
        assert "*" not in str(value)


def queue_policy(name: str) -> list[dict[str, Any]]:
    return always(of_type("AWS::SQS::QueuePolicy")[name]["PolicyDocument"]["Statement"])


def test_what_can_not_be_delivered_to_the_failure_queue_is_kept() -> None:
    dlq = {"Fn::GetAtt": ["FailureQueueDlq", "Arn"]}
    subscription = RESOURCES["FailureTopicSubscription"]["Properties"]
    assert subscription["RedrivePolicy"]["deadLetterTargetArn"] == dlq
    [target] = RESOURCES["FailureRule"]["Properties"]["Targets"]
    assert target["DeadLetterConfig"]["Arn"] == dlq
    destination = FUNCTIONS["TriageFunction"]["EventInvokeConfig"]["DestinationConfig"]["OnFailure"]
    assert destination == {"Type": "SQS", "Destination": dlq}


def test_the_rule_takes_what_lambda_sends_to_a_bus() -> None:
    for filters in (True, False):
        pattern = rule_pattern([FUNCTION], filters=filters)
        assert pattern["source"] == ["lambda", "aws.lambda"]
        kind = "Lambda Function Invocation Result - "
        assert pattern["detail-type"] == [kind + "Failure", kind + "Success"]
        assert ("detail" in pattern) is filters


def rule_pattern(functions: list[str], *, filters: bool = True) -> dict[str, Any]:
    """For these patterns of `ReplayableFunctions`."""
    properties = RESOURCES["FailureRule"]["Properties"]
    text = resolved(
        properties["EventPattern"], {"ReplayableFunctions": functions}, {"FiltersEventBus": filters}
    )
    found: dict[str, Any] = json.loads(text)
    return found


PATTERNS = st.lists(
    st.builds(
        lambda parts, alias: FUNCTION.removesuffix("orders") + "".join(parts) + alias,
        st.lists(st.sampled_from(["a", "b", "?", "*", "orders"]), min_size=1, max_size=4),
        st.sampled_from(["", ":live"]),
    ),
    min_size=1,
    max_size=3,
)
NAMES = st.text("ab", min_size=1, max_size=5) | st.just("orders")


@given(patterns=PATTERNS, name=NAMES, qualifier=st.sampled_from(["$LATEST", "live", "1"]))
def test_the_rule_lets_through_whatever_may_be_replayed(
    patterns: list[str], name: str, qualifier: str
) -> None:
    """And more only for a `?`, which EventBridge doesn't have."""
    arn = FunctionArn.parse(FUNCTION.replace("orders", name)).with_qualifier(qualifier)
    wildcards = rule_pattern(patterns)["detail"]["requestContext"]["functionArn"]
    texts = [wildcard["wildcard"] for wildcard in wildcards]
    assert not [text for text in texts if "**" in text or "?" in text]  # EventBridge takes neither
    passes = any(matches(text, str(arn)) for text in texts)
    allowed = AllowList(tuple(patterns)).allows(arn)
    assert passes or not allowed
    assert passes == allowed or "?" in "".join(patterns)


def test_only_mappings_invoke_triage_as_a_queue() -> None:
    """Its code believes batches that come by the alias alone, and no policy allows anyone to invoke that."""
    alias = RESOURCES["TriageAlias"]["Properties"]
    assert alias["FunctionName"] == {"Ref": "TriageFunction"}
    assert alias["Name"] == FUNCTIONS["TriageFunction"]["Environment"]["Variables"]["QUEUE_ALIAS"]
    for name, properties in of_type("AWS::Lambda::EventSourceMapping").items():
        assert properties["FunctionName"] == {"Ref": "TriageAlias"}, name
    assert "Events" not in FUNCTIONS["TriageFunction"]
    assert not [o for o, s in statements() if "TriageAlias" in str(s["Resource"])]
    invokes = POLICIES["TriageSourcePolicy"]["PolicyDocument"]["Statement"]
    assert [s["Resource"] for s in invokes] == [{"Fn::GetAtt": ["TriageFunction", "Arn"]}]


def test_dead_letter_queues_are_read_by_triage_and_no_other() -> None:
    mappings = of_type("AWS::Lambda::EventSourceMapping")
    mappings.pop("FailureQueueMapping")
    assert len(mappings) == 5
    readable = [s for o, s in statements() if o == "TriageRole" and "sqs:ReceiveMessage" in s["Action"]]
    [statement] = readable
    for name, properties in mappings.items():
        assert RESOURCES[name]["Condition"] == f"Has{name}"
        assert properties["FunctionName"] == {"Ref": "TriageAlias"}
        assert properties["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
        granted = {"Fn::If": [f"Has{name}", properties["EventSourceArn"], {"Ref": "AWS::NoValue"}]}
        assert granted in statement["Resource"]
    assert "sqs:ChangeMessageVisibility" in statement["Action"]


@pytest.mark.parametrize(
    ("parameter", "value", "good"),
    [
        ("DeadLetterQueues", "", True),
        ("DeadLetterQueues", QUEUE + "=" + FUNCTION, True),
        ("DeadLetterQueues", QUEUE + "=" + FUNCTION + ":live", True),
        ("DeadLetterQueues", ",".join([QUEUE + "=" + FUNCTION] * 5), True),
        ("DeadLetterQueues", ",".join([QUEUE + "=" + FUNCTION] * 6), False),
        ("DeadLetterQueues", QUEUE, False),
        ("DeadLetterQueues", QUEUE + "=orders", False),
        ("DeadLetterQueues", TOPIC + "=" + FUNCTION, False),
        ("DeadLetterKeys", "", True),
        ("DeadLetterKeys", KEY, True),
        ("DeadLetterKeys", KEY.replace("key/", "alias/"), False),
        ("DeadLetterKeys", "*", False),
        ("DeadLetterTopics", TOPIC + "=" + FUNCTION, True),
        ("DeadLetterTopics", QUEUE + "=" + FUNCTION, False),
        ("SourceTopics", "", True),
        ("SourceTopics", TOPIC, True),
        ("SourceTopics", TOPIC + "-*", True),
        ("SourceTopics", "*", False),
        ("EventBusName", "default", True),
        ("EventBusName", "arn:aws:events:eu-west-1:123456789012:event-bus/default", False),
    ],
)
def test_parameters_of_the_ways_in(parameter: str, value: str, good: bool) -> None:
    allowed = TEMPLATE["Parameters"][parameter]["AllowedPattern"]
    assert (re.fullmatch(allowed, value) is not None) is good


def test_triage_may_decrypt_what_queues_of_the_user_hold_and_nothing_else() -> None:
    name, policy = "DeadLetterKeysPolicy", RESOURCES["DeadLetterKeysPolicy"]["Properties"]
    assert RESOURCES[name]["Condition"] == "HasDeadLetterKeys"
    assert policy["Roles"] == [{"Ref": "TriageRole"}]
    [statement] = policy["PolicyDocument"]["Statement"]
    assert (statement["Action"], statement["Resource"]) == ("kms:Decrypt", {"Ref": "DeadLetterKeys"})
    via = {"kms:ViaService": {"Fn::Sub": "sqs.${AWS::Region}.${AWS::URLSuffix}"}}
    assert statement["Condition"] == {"StringEquals": via}


@pytest.mark.parametrize("value", ["", *Category])
def test_categories_that_may_be_replayed_automatically(value: str) -> None:
    parameter = TEMPLATE["Parameters"]["AutomaticReplayCategories"]
    assert parameter["Default"] == ""
    assert re.fullmatch(parameter["AllowedPattern"], value)
    assert not re.fullmatch(parameter["AllowedPattern"], value + "s")


def test_the_queues_visibility_and_receives() -> None:
    consumer = FUNCTIONS["TriageFunction"]
    source = RESOURCES["FailureQueueMapping"]["Properties"]
    queue = QUEUES["FailureQueue"]
    assert source["EventSourceArn"] == {"Fn::GetAtt": ["FailureQueue", "Arn"]}
    assert queue["VisibilityTimeout"] >= 6 * consumer["Timeout"] + source.get(
        "MaximumBatchingWindowInSeconds", 0
    )
    # Neither a deployment of triage that crashes at once nor a table that refuses everything uses up receives
    # before the message's time is over; on average a message waits for three quarters of the longest wait.
    receives = queue["RedrivePolicy"]["maxReceiveCount"]
    assert receives <= 1000, "SQS takes no more"
    for wait in (queue["VisibilityTimeout"], LONGEST * 3 / 4):
        assert receives * wait > queue["MessageRetentionPeriod"]
    assert queue["RedrivePolicy"]["deadLetterTargetArn"] == {"Fn::GetAtt": ["FailureQueueDlq", "Arn"]}
    assert source["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    for name in QUEUES:
        assert QUEUES[name]["MessageRetentionPeriod"] == 14 * 24 * 3600, name


def test_the_age_alarms_say_the_same_time() -> None:
    """And the service's own looks at a time in which each waiting message has come by."""
    assert ALARMS["OldFailuresAlarm"]["Threshold"] == OVERDUE.total_seconds()
    assert ALARMS["OverdueMessagesAlarm"]["Period"] >= LONGEST


def test_the_sweep_counts_what_was_left_only_when_triage_has_ended() -> None:
    assert LEFT.total_seconds() >= 2 * FUNCTIONS["TriageFunction"]["Timeout"]


def test_a_lease_outlives_its_process() -> None:
    replay = FUNCTIONS["ReplayFunction"]
    lease = int(replay["Environment"]["Variables"]["LEASE_SECONDS"])
    assert lease >= 2 * replay["Timeout"]
    assert TURN.total_seconds() >= replay["Timeout"], "how long a driver that was replaced is waited for"
    # By then it is known whether a failed run is a replay's.
    assert MAY_BE_A_REPLAYS.total_seconds() >= lease


def test_the_table_is_safe_and_forgets() -> None:
    table = RESOURCES["RecordsTable"]
    properties = table["Properties"]
    assert properties["BillingMode"] == "PAY_PER_REQUEST"
    assert properties["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    assert properties["TimeToLiveSpecification"] == {"AttributeName": "expires_at", "Enabled": True}
    for resource in (table, RESOURCES["PayloadBucket"], RESOURCES["FailureBucket"]):
        assert resource["DeletionPolicy"] == "RetainExceptOnCreate"
        assert resource["UpdateReplacePolicy"] == "Retain"
    assert all(RESOURCES["PayloadBucket"]["Properties"]["PublicAccessBlockConfiguration"].values())


# Every dimension that the namespace's metric is published with (AWS's metric references).
DIMENSIONS = {
    ("AWS/SQS", "ApproximateNumberOfMessagesVisible"): {"QueueName"},
    ("AWS/SQS", "ApproximateAgeOfOldestMessage"): {"QueueName"},
    ("AWS/Lambda", "Errors"): {"FunctionName"},
    ("AWS/States", "ExecutionsFailed"): {"StateMachineArn"},
    **{(NAMESPACE, count.value): {"service", "stack"} for count in Count},
}


@pytest.mark.parametrize("name", ALARMS)
def test_each_alarm_can_fire_and_be_heard(name: str) -> None:
    alarm = ALARMS[name]
    dimensions = {d["Name"] for d in alarm["Dimensions"]}
    assert DIMENSIONS[alarm["Namespace"], alarm["MetricName"]] == dimensions
    assert alarm["AlarmActions"] == [{"Ref": "AlertTopic"}]
    assert alarm["AlarmDescription"]
    for dimension in alarm["Dimensions"]:
        target = dimension["Value"]
        referred = (
            target.get("Ref") or target.get("Fn::GetAtt", [None])[0] if isinstance(target, dict) else None
        )
        assert referred is None or referred in RESOURCES or referred == "AWS::StackName"


def test_the_alarms_of_the_design() -> None:
    watched = {(a["MetricName"], str(a["Dimensions"][0]["Value"])) for a in ALARMS.values()}
    assert (
        "ApproximateNumberOfMessagesVisible",
        str({"Fn::GetAtt": ["FailureQueueDlq", "QueueName"]}),
    ) in watched
    assert ("ApproximateAgeOfOldestMessage", str({"Fn::GetAtt": ["FailureQueue", "QueueName"]})) in watched
    assert ("Errors", str({"Ref": "TriageFunction"})) in watched
    assert ("MessageRefused", "triage") in watched
    assert ("MessageOverdue", "triage") in watched
    assert ("ReplayRejected", "replay") in watched


def test_every_route_is_signed() -> None:
    api = RESOURCES["Api"]["Properties"]
    assert api["Auth"] == {"DefaultAuthorizer": "AWS_IAM", "InvokeRole": "NONE"}
    for event in FUNCTIONS["ApiFunction"]["Events"].values():
        assert event["Properties"]["RestApiId"] == {"Ref": "Api"}
        assert "Auth" not in event["Properties"]


def test_the_viewer_policy_does_not_reach_payloads() -> None:
    resources = [r for s in POLICIES["ViewerPolicy"]["PolicyDocument"]["Statement"] for r in s["Resource"]]
    paths = [resource["Fn::Sub"].rsplit("${Api.Stage}/", 1)[1] for resource in resources]
    assert sorted(paths) == [
        "GET/executions", "GET/executions/" + "?" * 36, "GET/functions", "GET/functions/*", "GET/groups",
        "GET/groups/*", "GET/jobs", "GET/jobs/*", "GET/rules", "GET/stats",
    ]  # fmt: skip


# A policy's name is one within its role, and an alias's within its function.
NO_NAMES = ("StageName", "MetricName", "EventBusName", "FunctionName", "PolicyName")


def test_several_stacks_fit_into_one_account() -> None:
    """Nothing has a name of its own but what carries the stack's."""
    for name, resource in RESOURCES.items():
        if resource["Type"] == "AWS::Lambda::Alias":
            continue
        named = [
            value
            for key, value in resource.get("Properties", {}).items()
            if key.endswith("Name") and key not in NO_NAMES
        ]
        assert all("AWS::StackName" in str(value) for value in named), name
    for function in FUNCTIONS.values():
        for event in function.get("Events", {}).values():
            if event["Type"] == "ScheduleV2":
                assert event["Properties"]["OmitName"] is True


def test_parameters() -> None:
    parameters = TEMPLATE["Parameters"]
    assert "Default" not in parameters["ReplayableFunctions"]
    assert parameters["Architecture"]["Default"] == "arm64"
    for name in ("AlertEmail", "RetentionDays", "OutcomeWindowSeconds", "LogLevel"):
        assert "Default" in parameters[name], name
    assert all("Description" in parameter for parameter in parameters.values())


@pytest.mark.parametrize(
    ("pattern", "good"),
    [
        ("arn:aws:lambda:eu-west-1:123456789012:function:orders", True),
        ("arn:aws:lambda:eu-west-1:123456789012:function:orders-*", True),
        ("arn:aws:lambda:eu-west-1:123456789012:function:orders:live", True),
        ("arn:aws-us-gov:lambda:us-gov-west-1:123456789012:function:a?", True),
        ("*", False),
        ("arn:aws:lambda:eu-west-1:123456789012:function:*", False),
        ("arn:aws:lambda:*:123456789012:function:orders", False),
        ("arn:aws:lambda:eu-west-1:*:function:orders", False),
        ("arn:aws:sqs:eu-west-1:123456789012:orders", False),
        ("orders", False),
        ("", False),
    ],
)
def test_what_may_be_allow_listed(pattern: str, good: bool) -> None:
    allowed = TEMPLATE["Parameters"]["ReplayableFunctions"]["AllowedPattern"]
    assert (re.fullmatch(allowed, pattern) is not None) is good


def test_everything_a_user_needs_is_an_output() -> None:
    assert {
        "ApiUrl", "FailureQueueArn", "FailureQueueUrl", "FailureQueueDlqUrl", "SourcePolicyArn",
        "ViewerPolicyArn", "OperatorPolicyArn", "RecordsTableName", "PayloadBucketName", "AlertTopicArn",
        "FailureTopicArn", "EventBusArn", "FailureBucketArn", "TriageFunctionArn",
        *(f"{kind}SourcePolicyArn" for kind in SOURCE_POLICIES),
    } <= set(TEMPLATE["Outputs"])  # fmt: skip


# What the stacks of source functions, of people and of alarms name.
WIRING = (
    "FailureQueueArn", "FailureTopicArn", "EventBusArn", "FailureBucketArn", "FailureBucketName",
    "TriageFunctionArn", "SourcePolicyArn", "ViewerPolicyArn", "OperatorPolicyArn", "AlertTopicArn",
    *(f"{kind}SourcePolicyArn" for kind in SOURCE_POLICIES),
)  # fmt: skip


def test_other_stacks_can_import_what_they_are_wired_to() -> None:
    exported = {name: o["Export"]["Name"] for name, o in TEMPLATE["Outputs"].items() if "Export" in o}
    assert exported == {name: {"Fn::Sub": f"${{AWS::StackName}}-{name}"} for name in WIRING}


def test_the_console_groups_every_parameter_under_a_label() -> None:
    interface = TEMPLATE["Metadata"]["AWS::CloudFormation::Interface"]
    grouped = [name for group in interface["ParameterGroups"] for name in group["Parameters"]]
    assert sorted(grouped) == sorted(TEMPLATE["Parameters"])
    assert interface["ParameterLabels"].keys() == TEMPLATE["Parameters"].keys()
    assert all(group["Label"]["default"] for group in interface["ParameterGroups"])
