"""Groups on the deployed service: a storm, what people are reported of it, and what they decide."""

import json
import uuid
from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import batched
from typing import Any

import pytest

from local.client import Stack, wait_until
from tests.support.world.service import record_text

CAUSES = {
    "timeout": '{"errorType":"Sandbox.Timedout",'
    '"errorMessage":"RequestId: %s Error: Task timed out after 3.00 seconds"}',
    "throttling": '{"errorType":"ClientError","errorMessage":"An error occurred (ThrottlingException) when '
    'calling the PutItem operation: Rate exceeded, request %s"}',
    "invalid_input": '{"errorType":"KeyError","errorMessage":"\'order\'","stackTrace":["  File '
    '\\"/var/task/app.py\\", line %d, in handler\\n    event[\'order\']\\n"]}',
}
FUNCTIONS = ("storm-a", "storm-b")
FAILURES = 1_000


def arn(function: str) -> str:
    return f"arn:aws:lambda:us-east-1:123456789012:function:lambda-replay-sources-{function}"


def failure(number: int, function: str, cause: str) -> str:
    varying: Any = number if "%d" in CAUSES[cause] else str(uuid.uuid4())
    run = str(uuid.uuid4())
    return record_text(run, arn=arn(function), response=CAUSES[cause] % varying, at=datetime.now(UTC))


def send(stack: Stack, *bodies: str) -> None:
    sqs, url = stack.client("sqs"), stack.outputs["FailureQueueUrl"]
    for some in batched(bodies, 10, strict=False):
        entries = [{"Id": str(number), "MessageBody": body} for number, body in enumerate(some)]
        assert not sqs.send_message_batch(QueueUrl=url, Entries=entries).get("Failed")


def groups(stack: Stack, function: str) -> list[dict[str, Any]]:
    query = {"function": f"lambda-replay-sources-{function}"}
    found: list[dict[str, Any]] = stack.call("GET", "/groups", query=query).body["groups"]
    return found


def mine(stack: Stack) -> list[str]:
    found = stack.call("GET", "/groups", query={"owner": "me", "limit": "100"}).body["groups"]
    return [group["fingerprint"] for group in found]


def sweep(stack: Stack) -> None:
    answer = stack.client("lambda").invoke(
        FunctionName=stack.outputs["ReplayFunctionName"], Payload=b'{"command": "sweep"}'
    )
    assert "FunctionError" not in answer, answer["Payload"].read()


@pytest.fixture(scope="session")
def mailbox(stack: Stack) -> str:
    """A queue that is subscribed to the alerts, as people would be."""
    sqs = stack.client("sqs")
    url: str = sqs.create_queue(QueueName="alerts-mailbox")["QueueUrl"]
    queue = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    topic = stack.outputs["AlertTopicArn"]
    policy = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": "sns.amazonaws.com"},
                "Action": "sqs:SendMessage",
                "Resource": queue,
                "Condition": {"ArnEquals": {"aws:SourceArn": topic}},
            }
        ],
    }
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": json.dumps(policy)})
    stack.client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue)
    return url


def alerts(stack: Stack, mailbox: str) -> list[str]:
    """The texts that came since the last look."""
    sqs, texts = stack.client("sqs"), []
    while found := sqs.receive_message(QueueUrl=mailbox, MaxNumberOfMessages=10).get("Messages", []):
        for message in found:
            texts.append(json.loads(message["Body"])["Message"])
            sqs.delete_message(QueueUrl=mailbox, ReceiptHandle=message["ReceiptHandle"])
    return texts


def test_a_storm_of_three_causes_from_two_functions(stack: Stack, mailbox: str) -> None:
    """A group is one cause in one function: three causes in two functions are six groups."""
    kinds = [(function, cause) for function in FUNCTIONS for cause in CAUSES]
    expected = Counter(kinds[number % len(kinds)] for number in range(FAILURES))
    bodies = [failure(number, *kinds[number % len(kinds)]) for number in range(FAILURES)]
    send(stack, *bodies)
    send(stack, *bodies[:50])  # the queue delivers at least once

    def counted() -> Counter[tuple[str, str]]:
        return Counter(
            {(f, group["category"]): group["count"] for f in FUNCTIONS for group in groups(stack, f)}
        )

    wait_until(lambda: counted() == expected, f"{FAILURES} failures counted", patience=240)
    sweep(stack)
    wait_until(lambda: counted() == expected, "nothing counted twice")
    found = [group for function in FUNCTIONS for group in groups(stack, function)]
    assert len(found) == len(kinds)
    for group in found:
        detail = stack.call("GET", f"/groups/{group['fingerprint']}").body
        assert sum(hour["count"] for hour in detail["hours"]) == group["count"]
        assert detail["why"]["parts"]["function"] == group["function"]
    reported = "\n".join(alerts(stack, mailbox))
    names = [group["fingerprint"] for group in found]
    assert {name: reported.count(f"GET /groups/{name}") for name in names} == dict.fromkeys(names, 1)


def test_a_regression_and_an_ignored_group_that_wakes_are_reported(stack: Stack, mailbox: str) -> None:
    send(stack, failure(1, "regressing", "timeout"))
    wait_until(lambda: len(groups(stack, "regressing")) == 1, "the group")
    path = f"/groups/{groups(stack, 'regressing')[0]['fingerprint']}"
    sweep(stack)
    alerts(stack, mailbox)

    assert stack.call("POST", path + "/acknowledge").body["ownership"]["owner"].endswith(":user/operator")
    assert path.removeprefix("/groups/") in mine(stack)
    link = stack.call("POST", path + "/link", body={"url": "https://tracker.example/PAY-12"})
    assert link.body["ownership"]["ticket"] == "https://tracker.example/PAY-12", link.text

    resolved = stack.call("POST", path + "/resolve", body={"reason": "more memory in v8"})
    assert (resolved.status, resolved.body["status"]) == (200, "resolved"), resolved.text
    send(stack, failure(2, "regressing", "timeout"))
    wait_until(lambda: stack.call("GET", path).body["status"] == "regressed", "the regression")
    # The fix did not hold: a person has to say again that they look after it. The ticket is the same.
    regressed = stack.call("GET", path).body["ownership"]
    assert (regressed["owner"], regressed["ticket"]) == (None, "https://tracker.example/PAY-12")
    assert path.removeprefix("/groups/") not in mine(stack)
    sweep(stack)
    assert [text.split(" in ")[0] for text in alerts(stack, mailbox) if path in text] == ["Regression"]

    ignored = stack.call("POST", path + "/ignore", body={"reason": "known", "failures": 1})
    assert (ignored.body["status"], ignored.body["decision"]["until_count"]) == ("ignored", 3)
    for number in (3, 4):
        send(stack, failure(number, "regressing", "timeout"))
        wait_until(lambda n=number: stack.call("GET", path).body["count"] == n, "counted")  # type: ignore[misc]
    assert stack.call("GET", path).body["status"] == "open"
    sweep(stack)
    reported = [text.split(" in ")[0] for text in alerts(stack, mailbox) if path in text]
    assert reported == ["Ignored failure is back"]
    history = stack.call("GET", path).body["history"]
    verbs = ["woken", "ignored", "regressed", "resolved", "linked", "acknowledged"]
    assert [event["verb"] for event in history] == verbs
    assert history[-1]["by"].endswith(":user/operator")


def test_merged_groups_are_one_and_come_apart_again(stack: Stack) -> None:
    send(stack, failure(1, "merging", "timeout"), failure(2, "merging", "throttling"))
    wait_until(lambda: len(groups(stack, "merging")) == 2, "two groups")
    timeout, throttled = sorted(
        groups(stack, "merging"), key=lambda group: str(group["category"]), reverse=True
    )
    name, into = timeout["fingerprint"], throttled["fingerprint"]
    merged = stack.call("POST", f"/groups/{name}/merge", body={"into": into, "reason": "one cause"})
    assert (merged.status, merged.body["merged_into"]) == (200, into), merged.text
    [head] = groups(stack, "merging")
    assert (head["fingerprint"], head["count"]) == (into, 2)
    assert [member["fingerprint"] for member in head["members"]] == [name]
    listed = stack.call("GET", "/executions", query={"group": into}).body["executions"]
    assert {execution["failure"]["group"] for execution in listed} == {name, into}
    refused = stack.call("POST", f"/groups/{name}/resolve")
    assert (refused.status, refused.body["error"]["code"]) == (409, "group_merged")
    assert stack.call("POST", f"/groups/{name}/unmerge").body["merged_into"] is None
    assert [group["count"] for group in groups(stack, "merging")] == [1, 1]


def test_own_rules_are_used_and_bad_ones_refused_by_name(stack: Stack) -> None:
    before = stack.call("GET", "/rules").body["version"]
    bad = {"id": "broken-rule", "category": "nonsense", "verdict": "as_is", "when": {"message": "x"}}
    answer = stack.call("PUT", "/rules", body={"rules": [bad]})
    assert (answer.status, answer.body["error"]["code"]) == (400, "rules_invalid")
    assert "broken-rule" in answer.body["error"]["message"]
    rule = {
        "id": "our-maintenance", "category": "transient_dependency", "verdict": "as_is",
        "when": {"message": "down for maintenance"}, "reason": "the partner's window",
    }  # fmt: skip
    put = stack.call("PUT", "/rules", body={"rules": [rule], "reason": "partner"})
    assert (put.status, put.body["version"]) == (200, before + 1), put.text
    found: dict[str, Any] = {}

    def used() -> bool:
        run = str(uuid.uuid4())
        response = '{"errorType":"Error","errorMessage":"we are down for maintenance"}'
        send(stack, record_text(run, arn=arn("rules"), response=response, at=datetime.now(UTC)))
        found.update(stack.execution(run))
        return bool(found["failure"]["rule"] == "our-maintenance")

    # A running triage uses the rules before for up to a minute.
    wait_until(used, "the rule is used", patience=timedelta(seconds=100).total_seconds())
    assert (found["failure"]["category"], found["failure"]["rules"]) == ("transient_dependency", before + 1)
    assert stack.execution(found["id"])["error"]["reasons"] == ["the partner's window"]
    assert stack.call("PUT", "/rules", body={"rules": []}).status == 200


def test_bad_input_about_groups_is_named(stack: Stack) -> None:
    nobody = "0" * 32
    for method, path, body, expected in [
        ("GET", f"/groups/{nobody}", None, (404, "group_not_found")),
        ("GET", "/groups/nonsense", None, (400, "invalid_request")),
        ("POST", f"/groups/{nobody}/resolve", None, (404, "group_not_found")),
        ("POST", f"/groups/{nobody}/merge", {"into": nobody}, (404, "group_not_found")),
        ("POST", f"/groups/{nobody}/merge", {}, (400, "invalid_request")),
        ("POST", f"/groups/{nobody}/ignore", {"reason": "x", "failures": 0}, (400, "invalid_request")),
        ("PUT", "/rules", {"rules": "all"}, (400, "invalid_request")),
    ]:
        answer = stack.call(method, path, body=body)
        assert (answer.status, answer.body["error"]["code"]) == expected, (method, path, answer.text)
