"""What closes the template's doors: TLS, keys, boundaries, the API's sources, and policies by destination."""

import json
import re
from itertools import chain
from typing import Any

import pytest
import yaml

from lambda_replay_cli.attachments.roles import SENT_BY_LAMBDA
from lambda_replay_cli.client.stack_addresses import EVERY_WAY, POLICIES, Addresses, needs
from tests.support.template import ROOT, load_template, resolved
from tools.findings import translated

TEMPLATE = load_template()
RESOURCES: dict[str, dict[str, Any]] = TEMPLATE["Resources"]
KEY = "arn:aws:kms:eu-west-1:123456789012:key/1b2c3d4e-5f60-4a55-9d5c-1f6c7f6f2f10"
HAS_KEY = {"Ref": "KmsKeyArn"}
NO_VALUE = {"Ref": "AWS::NoValue"}
ENDPOINT, BLOCK = "vpce-0123456789abcdef0", "203.0.113.0/24"

# The policy of each kind of resource that others can be let at, and what a request without TLS is denied.
_TLS = {
    "AWS::SQS::Queue": ("AWS::SQS::QueuePolicy", "Queues", "sqs:*"),
    "AWS::SNS::Topic": ("AWS::SNS::TopicPolicy", "Topics", "sns:Publish"),
    "AWS::S3::Bucket": ("AWS::S3::BucketPolicy", "Bucket", "s3:*"),
}


def named(kind: str) -> dict[str, dict[str, Any]]:
    return {name: r["Properties"] for name, r in RESOURCES.items() if r["Type"] == kind}


@pytest.mark.parametrize("name", [name for name, r in RESOURCES.items() if r["Type"] in _TLS])
def test_no_one_gets_in_without_tls(name: str) -> None:
    kind, member, action = _TLS[RESOURCES[name]["Type"]]
    [policy] = [each for each in named(kind).values() if {"Ref": name} in _listed(each[member])]
    [denied] = [s for s in policy["PolicyDocument"]["Statement"] if s.get("Effect") == "Deny"]
    assert (denied["Principal"], denied["Action"]) == ("*", action)
    assert denied["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    arn = {"Ref": name} if kind == "AWS::SNS::TopicPolicy" else {"Fn::GetAtt": [name, "Arn"]}
    assert arn in _listed(denied["Resource"])
    if action == "s3:*":
        assert {"Fn::Sub": f"${{{name}.Arn}}/*"} in denied["Resource"]


def test_alarms_may_publish_which_a_topics_own_policy_has_to_say() -> None:
    statements = RESOURCES["AlertTopicPolicy"]["Properties"]["PolicyDocument"]["Statement"]
    [allowed] = [s for s in statements if s["Effect"] == "Allow"]
    assert allowed["Principal"] == {"Service": "cloudwatch.amazonaws.com"}
    assert allowed["Condition"]["ArnLike"]["aws:SourceArn"]["Fn::Sub"].endswith("${AWS::AccountId}:alarm:*")
    assert not [
        s
        for s in RESOURCES["FailureTopicPolicy"]["Properties"]["PolicyDocument"]["Statement"]
        if s["Effect"] == "Allow"
    ]


@pytest.mark.parametrize("has_key", [True, False])
def test_everything_that_is_stored_is_under_the_key_if_there_is_one(has_key: bool) -> None:
    parameters = {"KmsKeyArn": KEY, "AWS::NoValue": None}

    def found(value: Any) -> Any:
        return resolved(value, parameters, {"HasKmsKey": has_key})

    wanted = KEY if has_key else None
    for queue in named("AWS::SQS::Queue").values():
        assert found(queue["KmsMasterKeyId"]) == wanted
        assert found(queue["SqsManagedSseEnabled"]) is (None if has_key else True)
    for topic in named("AWS::SNS::Topic").values():
        assert found(topic["KmsMasterKeyId"]) == wanted
    for group in named("AWS::Logs::LogGroup").values():
        assert found(group["KmsKeyId"]) == wanted
    for bucket in named("AWS::S3::Bucket").values():
        [rule] = found(bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"])
        default = rule["ServerSideEncryptionByDefault"]
        assert default == (
            {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": KEY} if has_key else {"SSEAlgorithm": "AES256"}
        )
    [table] = named("AWS::DynamoDB::Table").values()
    under = {"SSEEnabled": True, "SSEType": "KMS", "KMSMasterKeyId": KEY}
    assert found(table["SSESpecification"]) == (under if has_key else None)


def key_statements() -> dict[str, dict[str, Any]]:
    """By the role or managed policy that holds it; `SourcePolicy`, which repeats others, left out."""
    owners = {
        name: [policy["PolicyDocument"] for policy in role["Policies"]]
        for name, role in named("AWS::IAM::Role").items()
    } | {name: [p["PolicyDocument"]] for name, p in named("AWS::IAM::ManagedPolicy").items()}
    owners.pop("SourcePolicy")
    return {
        name: statement["Fn::If"][1]
        for name, documents in owners.items()
        for statement in chain.from_iterable(document["Statement"] for document in documents)
        if "kms:" in str(statement)
    }


READS, WRITES = {"kms:Decrypt"}, {"kms:Decrypt", "kms:GenerateDataKey"}


@pytest.mark.parametrize(
    ("owner", "actions", "services"),
    [
        ("TriageRole", WRITES, {"sqs", "dynamodb", "s3"}),
        ("ReplayRole", WRITES, {"dynamodb", "s3", "sns", "sqs"}),
        ("ApiRole", READS, {"dynamodb", "s3"}),
        ("QueueSourcePolicy", WRITES, {"sqs"}),
        ("TopicSourcePolicy", WRITES, {"sns"}),
        ("BucketSourcePolicy", {"kms:GenerateDataKey"}, {"s3"}),
    ],
)
def test_each_may_use_the_key_by_the_services_that_it_uses(
    owner: str, actions: set[str], services: set[str]
) -> None:
    statement = key_statements()[owner]
    assert (set(_listed(statement["Action"])), statement["Resource"]) == (actions, HAS_KEY)
    via = _listed(statement["Condition"]["StringEquals"]["kms:ViaService"])
    assert {each["Fn::Sub"].partition(".")[0] for each in via} == services


def test_no_other_may_use_the_key() -> None:
    assert set(key_statements()) == {
        "TriageRole", "ReplayRole", "ApiRole", "QueueSourcePolicy", "TopicSourcePolicy", "BucketSourcePolicy",
    }  # fmt: skip


def test_the_key_that_the_documents_show_lets_every_service_that_needs_it() -> None:
    """Those that act by themselves: a role's calls are allowed by its own policy."""
    key = load_template("docs/examples/key.yaml")["Resources"]["Key"]["Properties"]
    text = json.dumps(key["KeyPolicy"])
    for service in ("sns", "events", "s3", "cloudwatch", "logs.${AWS::Region}"):
        assert f"{service}.amazonaws.com" in text, service
    assert key["EnableKeyRotation"] is True


def test_every_role_has_the_boundary() -> None:
    """The one that SAM makes for the schedule too."""
    bounded = {"Fn::If": ["HasPermissionsBoundary", {"Ref": "PermissionsBoundary"}, NO_VALUE]}
    resources = translated(ROOT / "template.yaml")["Resources"]
    roles = {name: r["Properties"] for name, r in resources.items() if r["Type"] == "AWS::IAM::Role"}
    assert roles.keys() > named("AWS::IAM::Role").keys()
    for name, role in roles.items():
        assert role["PermissionsBoundary"] == bounded, name


def api_policy(endpoints: list[str], blocks: list[str]) -> Any:
    return resolved(
        RESOURCES["Api"]["Properties"]["Policy"],
        {"AllowedSourceVpce": endpoints, "AllowedSourceCidrs": blocks, "AWS::NoValue": None},
        {
            "LimitsSources": bool(endpoints or blocks),
            "HasSourceVpce": bool(endpoints),
            "HasSourceCidrs": bool(blocks),
        },
    )


@pytest.mark.parametrize(
    ("endpoints", "blocks", "conditions"),
    [
        ([ENDPOINT], [], [{"StringNotEquals": {"aws:SourceVpce": [ENDPOINT]}}]),
        ([], [BLOCK], [{"NotIpAddress": {"aws:SourceIp": [BLOCK]}}]),
        (
            [ENDPOINT],
            [BLOCK],
            [
                {"StringNotEquals": {"aws:SourceVpce": [ENDPOINT]}},
                {"NotIpAddress": {"aws:VpcSourceIp": [BLOCK]}},
            ],
        ),
    ],
)
def test_the_api_is_reached_from_there_alone(
    endpoints: list[str], blocks: list[str], conditions: list[object]
) -> None:
    """By denials: an allowance of a resource policy needs no policy of the caller's any more."""
    found = [each for each in api_policy(endpoints, blocks)["Statement"] if each is not None]
    assert [each["Condition"] for each in found] == conditions
    for each in found:
        assert (each["Effect"], each["Principal"], each["Resource"]) == ("Deny", "*", "execute-api:/*")


def test_without_a_limit_the_api_is_regional_and_has_no_policy() -> None:
    assert api_policy([], []) is None
    kind = RESOURCES["Api"]["Properties"]["EndpointConfiguration"]
    for has, expected in ((False, ("REGIONAL", None)), (True, ("PRIVATE", [ENDPOINT]))):
        parameters = {"AllowedSourceVpce": [ENDPOINT], "AWS::NoValue": None}
        found = resolved(kind, parameters, {"HasSourceVpce": has})
        assert (found["Type"], found["VPCEndpointIds"]) == expected
    assert RESOURCES["Api"]["Properties"]["AlwaysDeploy"] is True


@pytest.mark.parametrize(
    ("parameter", "value", "good"),
    [
        ("KmsKeyArn", KEY, True),
        ("KmsKeyArn", "", True),
        ("KmsKeyArn", KEY.replace("key/", "alias/"), False),
        ("KmsKeyArn", "*", False),
        ("PermissionsBoundary", "arn:aws:iam::123456789012:policy/team/bounds", True),
        ("PermissionsBoundary", "arn:aws:iam::aws:policy/PowerUserAccess", True),
        ("PermissionsBoundary", "arn:aws:iam::123456789012:role/bounds", False),
        ("AllowedSourceVpce", ENDPOINT, True),
        ("AllowedSourceVpce", "vpc-0123456789abcdef0", False),
        ("AllowedSourceCidrs", BLOCK, True),
        ("AllowedSourceCidrs", "2001:db8::/32", True),
        ("AllowedSourceCidrs", "203.0.113.7", False),
        ("AllowedSourceCidrs", "anywhere", False),
    ],
)
def test_parameters_of_the_doors(parameter: str, value: str, good: bool) -> None:
    allowed = TEMPLATE["Parameters"][parameter]["AllowedPattern"]
    assert (re.fullmatch(allowed, value) is not None) is good
    assert TEMPLATE["Parameters"][parameter]["Default"] == ""


def test_the_access_log_has_who_what_and_how_long_and_nothing_that_a_sender_wrote() -> None:
    setting = RESOURCES["Api"]["Properties"]["AccessLogSetting"]["Fn::If"]
    assert setting[0] == RESOURCES["ApiAccessLogGroup"]["Condition"] == "LogsApiAccess"
    line = json.loads(setting[1]["Format"])
    assert {line[each] for each in ("caller", "route", "status", "latency_ms")} == {
        "$context.identity.userArn", "$context.resourcePath", "$context.status", "$context.responseLatency",
    }  # fmt: skip
    assert "$context.path" not in line.values()


def test_tracing_is_of_everything_or_of_nothing() -> None:
    assert TEMPLATE["Globals"]["Function"]["Tracing"] == {"Ref": "Tracing"}
    on = {"Fn::If": ["Traces", True, False]}
    assert RESOURCES["Api"]["Properties"]["TracingEnabled"] == on
    assert RESOURCES["ReplayJob"]["Properties"]["Tracing"] == {"Enabled": on}
    policy = RESOURCES["TracingPolicy"]
    assert policy["Condition"] == "Traces"
    assert policy["Properties"]["Roles"] == [{"Ref": name} for name in named("AWS::IAM::Role")]
    [statement] = policy["Properties"]["PolicyDocument"]["Statement"]
    assert all(action.startswith("xray:") for action in statement["Action"])


def test_a_source_gets_what_its_destination_needs() -> None:
    """No more and no less than what `attach` asks IAM about."""
    addresses = Addresses(stack="s", region="eu-west-1", account="123456789012", outputs={})
    arns = {
        "Queue": "arn:aws:sqs:::q",
        "Topic": "arn:aws:sns:::t",
        "Bus": "arn:aws:events:::event-bus/b",
        "Bucket": "arn:aws:s3:::b",
        "Triage": "arn:aws:lambda:::function:t",
    }
    everything = set()
    for kind, arn in arns.items():
        document = RESOURCES[f"{kind}SourcePolicy"]["Properties"]["PolicyDocument"]
        found = {s["Action"] for s in document["Statement"] if "Action" in s}
        assert found == {action for action, _ in needs(arn)}, kind
        everything |= found
    union = RESOURCES["SourcePolicy"]["Properties"]["PolicyDocument"]["Statement"]
    assert {s["Action"] for s in union if "Action" in s} == everything
    assert {*POLICIES.values(), EVERY_WAY} <= set(TEMPLATE["Outputs"])
    assert addresses.source_policy(arns["Queue"]) == EVERY_WAY, "not an address of this stack"


def test_events_are_put_as_lambdas_alone() -> None:
    [statement] = RESOURCES["BusSourcePolicy"]["Properties"]["PolicyDocument"]["Statement"]
    assert statement["Condition"] == SENT_BY_LAMBDA


def test_the_examples_have_no_index_or_account_of_anyones() -> None:
    for example in (ROOT / "docs/examples").glob("*.yaml"):
        assert not re.search(r"\b\d{12}\b", example.read_text()), example
        assert yaml.compose(example.read_text())


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
