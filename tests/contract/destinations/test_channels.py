"""How a record comes to each destination, permissions enforced (docs/reference/lambda.md#destinations)."""

import json
import uuid
from pathlib import Path
from typing import Any

import pytest

from local.completions.event_bus import whole
from local.server import ACCOUNT_ID, REGION
from tests.contract.destinations.test_records import AWKWARD
from tests.contract.embedded import Embedded, function_arn, number, statement, wait_until

RAISES = "def handler(event, context):\n    raise ValueError('no')\n"
PRINTS = "def handler(event, context):\n    print(event)\n"
FAILURE = "Lambda Function Invocation Result - Failure"


def arn_of(url: str) -> str:
    return f"arn:aws:sqs:{REGION}:{ACCOUNT_ID}:{url.rsplit('/', 1)[1]}"


def failing(aws: Embedded, destination: str, *permissions: Any) -> str:
    """A function that fails at once, whose role may do this and nothing else."""
    invoke = {"failure": destination, "MaximumRetryAttempts": 0}
    return aws.function(RAISES, role=aws.role(*permissions), invoke=invoke)


@pytest.mark.parametrize("raw", ["true", "false"])
def test_a_topic_delivers_to_a_queue_whose_policy_allows_it(
    aws: Embedded, raw: str, server_log: Path
) -> None:
    """With and without raw delivery; a topic that the policy does not name delivers nothing."""
    url, queue = aws.queue()
    sns = aws.client("sns")
    name = f"mine-{uuid.uuid4().hex[:8]}"
    mine, other = (sns.create_topic(Name=topic)["TopicArn"] for topic in (name, f"other-{name}"))
    patterns = [f"arn:aws:sns:{REGION}:{ACCOUNT_ID}:mine-*", f"arn:aws:sns:{REGION}:{ACCOUNT_ID}:nobodys"]
    aws.allow(url, "sns", ArnLike={"aws:SourceArn": patterns})
    for topic in (mine, other):
        sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue, Attributes={"RawMessageDelivery": raw})

    aws.invoke(failing(aws, other, statement("sns:Publish", resource=other)))
    wait_until(lambda: f"denies delivery from {other}" in server_log.read_text())
    aws.invoke(failing(aws, mine, statement("sns:Publish", resource=mine)), AWKWARD)

    body = aws.receive(url)[0]["Body"]
    if raw == "false":
        envelope = json.loads(body)
        assert (envelope["Type"], envelope["TopicArn"]) == ("Notification", mine)
        body = envelope["Message"]
    assert f'"requestPayload":{AWKWARD.decode()},' in body


def test_a_rule_delivers_to_a_queue_whose_policy_allows_it(aws: Embedded, server_log: Path) -> None:
    """On the default bus, by a role that may put events there; another rule delivers nothing."""
    url, queue = aws.queue()
    events = aws.client("events")
    bus = f"arn:aws:events:{REGION}:{ACCOUNT_ID}:event-bus/default"
    name = failing(aws, bus, statement("events:PutEvents", resource=bus))
    pattern = json.dumps(
        {"source": ["lambda"], "detail-type": [FAILURE], "resources": [function_arn(name, "$LATEST")]}
    )
    mine, other = f"a-{name}", f"b-{name}"
    rules = {rule: events.put_rule(Name=rule, EventPattern=pattern)["RuleArn"] for rule in (mine, other)}
    aws.allow(url, "events", ArnEquals={"aws:SourceArn": rules[mine]})
    for rule in (mine, other):
        events.put_targets(Rule=rule, Targets=[{"Id": "q", "Arn": queue}])

    aws.invoke(name, AWKWARD)

    body = aws.receive(url)[0]["Body"]
    wait_until(lambda: f"refused by the queue's policy: rule={rules[other]}" in server_log.read_text())
    assert '"requestPayload":' + AWKWARD.decode() + "," in body
    event = json.loads(body, parse_int=number)
    assert event["detail-type"] == FAILURE
    assert event["detail"]["requestContext"]["functionArn"] == function_arn(name, "$LATEST")


def test_a_rules_own_input_takes_the_events_place(aws: Embedded) -> None:
    """The event's text is handed on only where the whole event is."""
    url, queue = aws.queue()
    aws.allow(url, "events")
    events, rule = aws.client("events"), f"input-{uuid.uuid4().hex[:8]}"
    events.put_rule(Name=rule, EventPattern=json.dumps({"source": [rule]}))
    events.put_targets(Rule=rule, Targets=[{"Id": "q", "Arn": queue, "InputPath": "$.detail"}])

    events.put_events(Entries=[{"Source": rule, "DetailType": "t", "Detail": '{"a": 1}'}])

    assert json.loads(aws.receive(url)[0]["Body"]) == {"a": 1}


@pytest.mark.parametrize("detail", [{"a": 1}, '{"a": NaN}', "no JSON"])
def test_a_detail_that_is_no_json_text_is_left_to_ministack(detail: object) -> None:
    """There is nothing to keep then."""
    assert whole({"version": "0"}, detail) is None


def test_a_bucket_notifies_a_queue_whose_policy_allows_it(aws: Embedded, server_log: Path) -> None:
    """For the account's buckets, asked when it is set up and at each delivery; the object is the record."""
    url, queue = aws.queue()
    s3, bucket = aws.client("s3"), f"b-{uuid.uuid4().hex[:8]}"
    s3.create_bucket(Bucket=bucket)
    only_records = {"Key": {"FilterRules": [{"Name": "prefix", "Value": "aws/lambda/"}]}}
    target = {"QueueArn": queue, "Events": ["s3:ObjectCreated:*"], "Filter": only_records}
    notification = {"QueueConfigurations": [target]}
    aws.allow(url, "s3", StringEquals={"aws:SourceAccount": "210987654321"})
    with pytest.raises(s3.exceptions.ClientError, match="Unable to validate the following destination"):
        s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration=notification)
    aws.allow(url, "s3", StringEquals={"aws:SourceAccount": ACCOUNT_ID})
    s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration=notification)
    assert aws.record(url)["Event"] == "s3:TestEvent"  # as S3 does when it is set up
    put = statement("s3:PutObject", resource=f"arn:aws:s3:::{bucket}/aws/lambda/*")
    name = failing(aws, f"arn:aws:s3:::{bucket}", put)

    s3.put_object(Bucket=bucket, Key="other", Body=b"{}")
    aws.invoke(name, AWKWARD)

    announced = aws.record(url)["Records"][0]
    assert (announced["eventSource"], announced["s3"]["bucket"]["name"]) == ("aws:s3", bucket)
    stored = s3.get_object(Bucket=bucket, Key=announced["s3"]["object"]["key"])["Body"].read()
    assert b'"requestPayload":' + AWKWARD + b"," in stored
    aws.allow(url, "s3", ArnLike={"aws:SourceArn": f"arn:aws:s3:::{bucket}-2"})
    aws.invoke(name)
    wait_until(lambda: f"queue policy denies delivery from {bucket} to" in server_log.read_text())


def test_a_function_is_invoked_by_a_role_that_may(aws: Embedded, server_log: Path) -> None:
    """lambda:InvokeFunction on the destination, and no more; without it, one line and no invocation."""
    url, queue = aws.queue()
    receiver = aws.function("def handler(event, context):\n    return event\n", invoke={"success": queue})
    arn = function_arn(receiver)
    able = failing(aws, arn, statement("lambda:InvokeFunction", resource=arn))
    unable = failing(aws, arn, statement("lambda:InvokeFunction", resource=f"{arn}-2"))

    lost = aws.invoke(unable)["ResponseMetadata"]["RequestId"]
    wait_until(lambda: f"requestId={lost} destination={arn} error=" in server_log.read_text())
    request_id = aws.invoke(able)["ResponseMetadata"]["RequestId"]

    assert aws.record(url)["requestPayload"]["requestContext"]["requestId"] == request_id


def test_dead_letters_reach_a_function_by_a_mapping_of_its_own(aws: Embedded) -> None:
    """A second queue for one function: the body is the event, the rest is in the message's attributes."""
    queues = [aws.queue()[1] for _ in range(2)]
    reads = statement("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes", resource=queues)
    logs = statement("logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents")
    reader = aws.function(
        "import json\ndef handler(event, context):\n    print(json.dumps(event['Records'][0]))\n",
        role=aws.role(reads, logs),
    )
    for queue in queues:
        aws.client("lambda").create_event_source_mapping(FunctionName=reader, EventSourceArn=queue)
    role = aws.role(statement("sqs:SendMessage", resource=queues[1]))
    name = aws.function(RAISES, role=role, invoke={"MaximumRetryAttempts": 0},
                        DeadLetterConfig={"TargetArn": queues[1]})  # fmt: skip

    request_id = aws.invoke(name, b' {"n":1.10} ')["ResponseMetadata"]["RequestId"]

    wait_until(lambda: any(request_id in line for line in aws.logs(reader)))
    message = json.loads(next(line for line in aws.logs(reader) if request_id in line))
    assert (message["body"], message["eventSourceARN"]) == (' {"n":1.10} ', queues[1])
    sent = message["messageAttributes"]
    assert {key: (value["dataType"], value["stringValue"]) for key, value in sent.items()} == {
        "RequestID": ("String", request_id), "ErrorCode": ("Number", "200"), "ErrorMessage": ("String", "no"),
    }  # fmt: skip


def test_a_mapping_to_an_alias_invokes_the_alias(aws: Embedded) -> None:
    url, queue = aws.queue()
    prints = "def handler(event, context):\n    print(context.invoked_function_arn, len(event['Records']))\n"
    name, lambda_ = aws.function(prints), aws.client("lambda")
    alias = lambda_.create_alias(FunctionName=name, Name="queues", FunctionVersion="$LATEST")["AliasArn"]
    lambda_.create_event_source_mapping(FunctionName=alias, EventSourceArn=queue)

    aws.client("sqs").send_message(QueueUrl=url, MessageBody="x")

    wait_until(lambda: any(f"{alias} 1" in line for line in aws.logs(name)))
    assert alias == function_arn(name, "queues")


@pytest.mark.parametrize("service", ["sqs", "kinesis"])
def test_a_mapping_needs_a_role_that_may_read_the_source(aws: Embedded, service: str) -> None:
    """Lambda asks when the mapping is made, and so does a template."""
    source = aws.queue()[1]
    if service == "kinesis":
        aws.client("kinesis").create_stream(StreamName=source.split(":")[-1], ShardCount=1)
        source = f"arn:aws:kinesis:{REGION}:{ACCOUNT_ID}:stream/{source.split(':')[-1]}"
    reads = ["ReceiveMessage", "GetQueueAttributes"] if service == "sqs" else ["GetRecords", "ListShards"]
    name = aws.function(RAISES, role=aws.role(statement(*(f"{service}:{read}" for read in reads))))
    mapping = {"FunctionName": name, "EventSourceArn": source, "StartingPosition": "LATEST"}
    lambda_ = aws.client("lambda")

    with pytest.raises(lambda_.exceptions.InvalidParameterValueException, match="permissions to call"):
        lambda_.create_event_source_mapping(**mapping)

    resource = {"Type": "AWS::Lambda::EventSourceMapping", "Properties": mapping}
    cloudformation = aws.client("cloudformation")
    cloudformation.create_stack(
        StackName=name, TemplateBody=json.dumps({"Resources": {"M": resource}}), OnFailure="DO_NOTHING"
    )
    wait_until(lambda: status(aws, name) in ("CREATE_FAILED", "ROLLBACK_COMPLETE"))
    events = cloudformation.describe_stack_events(StackName=name)["StackEvents"]
    assert any("permissions to call" in event.get("ResourceStatusReason", "") for event in events)


def test_a_template_sets_a_functions_dead_letter_queue(aws: Embedded) -> None:
    """DeadLetterConfig, when the function is made, when it changes, and when it goes."""
    lambda_, cloudformation = aws.client("lambda"), aws.client("cloudformation")
    name = f"dead-{uuid.uuid4().hex[:8]}"
    role = aws.role(statement("sqs:SendMessage"))

    def template(queue: str | None) -> str:
        properties = {
            "FunctionName": name, "Runtime": "python3.13", "Handler": "index.handler", "Role": role,
            "Code": {"ZipFile": PRINTS}, **({"DeadLetterConfig": {"TargetArn": queue}} if queue else {}),
        }  # fmt: skip
        resource = {"Type": "AWS::Lambda::Function", "Properties": properties}
        return json.dumps({"Resources": {"F": resource}})

    def configured() -> Any:
        return (
            lambda_.get_function_configuration(FunctionName=name).get("DeadLetterConfig", {}).get("TargetArn")
        )

    first, second = aws.queue()[1], aws.queue()[1]
    cloudformation.create_stack(StackName=name, TemplateBody=template(first))
    wait_until(lambda: status(aws, name) == "CREATE_COMPLETE")
    assert configured() == first
    for queue in (second, None):
        cloudformation.update_stack(StackName=name, TemplateBody=template(queue))
        wait_until(lambda: status(aws, name) == "UPDATE_COMPLETE")
        assert configured() == queue


@pytest.mark.parametrize(("pairs", "made"), [("a=1,b=2", ["First", "Second"]), ("a=1", ["First"]), ("", [])])
def test_a_condition_can_split_a_parameter(aws: Embedded, pairs: str, made: list[str]) -> None:
    """Fn::Select of Fn::Split of Fn::Sub of Fn::Join, as a list of unknown length needs it."""
    cloudformation, name = aws.client("cloudformation"), f"split-{uuid.uuid4().hex[:8]}"
    joined = {"Fn::Sub": ["${Pairs},,", {"Pairs": {"Fn::Join": [",", {"Ref": "Pairs"}]}}]}
    part = [{"Fn::Select": [index, {"Fn::Split": [",", joined]}]} for index in (0, 1)]
    template = {
        "Parameters": {"Pairs": {"Type": "CommaDelimitedList"}},
        "Conditions": {
            "HasFirst": {"Fn::Not": [{"Fn::Equals": ["", part[0]]}]},
            "HasSecond": {
                "Fn::And": [{"Condition": "HasFirst"}, {"Fn::Not": [{"Fn::Equals": ["", part[1]]}]}]
            },
            "Plain": {"Fn::Equals": [{"Ref": "Pairs"}, "a=1"]},
        },
        "Resources": {
            logical_id: {"Type": "AWS::SNS::Topic", "Condition": f"Has{logical_id}"}
            for logical_id in ("First", "Second")
        },
        "Outputs": {"Plain": {"Condition": "Plain", "Value": "yes"}},
    }

    cloudformation.create_stack(
        StackName=name, TemplateBody=json.dumps(template),
        Parameters=[{"ParameterKey": "Pairs", "ParameterValue": pairs}],
    )  # fmt: skip

    wait_until(lambda: status(aws, name) == "CREATE_COMPLETE")
    resources = cloudformation.list_stack_resources(StackName=name)["StackResourceSummaries"]
    assert [resource["LogicalResourceId"] for resource in resources] == made
    assert bool(cloudformation.describe_stacks(StackName=name)["Stacks"][0].get("Outputs")) == (
        pairs == "a=1"
    )


def status(aws: Embedded, stack: str) -> str:
    found: str = aws.client("cloudformation").describe_stacks(StackName=stack)["Stacks"][0]["StackStatus"]
    return found
