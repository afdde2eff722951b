"""Whether a role may send to a destination, and the policy that lets it.

IAM is asked what it would decide. Who may not ask that, reads the role's policies: then a statement with a
condition counts as granting nothing, and as denying nothing.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from botocore.exceptions import ClientError

from lambda_replay.domain.functions.wildcards import matches
from lambda_replay_cli.client.rate_limit import IAM_PER_SECOND, RateLimit, RateLimitedClient, code, every
from lambda_replay_cli.client.stack_addresses import EVERY_WAY, POLICIES, Addresses, needs

if TYPE_CHECKING:
    from lambda_replay_cli.client.service import Service

MARKS = {f"lambda-replay:source-policy:{way}": output for way, output in POLICIES.items()} | {
    "lambda-replay:source-policy": EVERY_WAY
}
"""Tags of a role, each with the output that has a policy: attaching has given it that policy of the stack in
the tag's value, and detaching may take it."""
SENT_BY_LAMBDA = {"ForAllValues:StringEquals": {"events:source": "lambda"}}
"""The condition under which a role may put events; what is asked of IAM says that it is met."""
_SOURCE = {"ContextKeyName": "events:source", "ContextKeyValues": ["lambda"], "ContextKeyType": "stringList"}
NOT_ALLOWED = frozenset({"AccessDenied", "AccessDeniedException", "UnauthorizedOperation"})
_CANT_SIMULATE = NOT_ALLOWED | {
    "InvalidAction",
    "NotImplemented",
    "UnsupportedOperation",
    "PolicyEvaluation",
}


class Permission(StrEnum):
    yes = "yes"
    no = "no"
    denied = "denied"
    """By a statement that says so: a policy more changes nothing."""
    unknown = "unknown"
    """The caller may not read the role."""


@dataclass(frozen=True)
class Roles:
    service: "Service"
    addresses: Addresses
    pace: RateLimit = field(default_factory=lambda: RateLimit(IAM_PER_SECOND))
    iam: Any = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "iam", RateLimitedClient(self.service.client("iam"), self.pace))

    def may_send(self, role: str, destination: str) -> Permission:
        """`role` and `destination` are ARNs."""
        answers = [self._may(role, action, resource) for action, resource in needs(destination)]
        return next((worst for worst in _WORST_FIRST if worst in answers), Permission.yes)

    def _may(self, role: str, action: str, resource: str) -> Permission:
        try:
            answer = self.iam.simulate_principal_policy(
                PolicySourceArn=role,
                ActionNames=[action],
                ResourceArns=[resource],
                ContextEntries=[_SOURCE] if action == "events:PutEvents" else [],
            )
            return _DECISIONS.get(answer["EvaluationResults"][0]["EvalDecision"], Permission.no)
        except ClientError as error:
            if code(error) == "NoSuchEntity":
                return Permission.no
            if code(error) not in _CANT_SIMULATE:
                raise
        try:
            return decided(self._statements(role_name(role)), action, resource)
        except ClientError as error:
            if code(error) == "NoSuchEntity":
                return Permission.no
            if code(error) not in NOT_ALLOWED:
                raise
            return Permission.unknown

    def _statements(self, role: str) -> Iterator[Mapping[str, Any]]:
        for name in every(self.iam.list_role_policies, "PolicyNames", RoleName=role):
            inline = self.iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
            yield from _statements_of(inline)
        for attached in every(self.iam.list_attached_role_policies, "AttachedPolicies", RoleName=role):
            arn = attached["PolicyArn"]
            version = self.iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
            found = self.iam.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]
            yield from _statements_of(found["Document"])

    def attach(self, role: str, destination: str) -> bool:
        """False when the role can't be marked: detaching will then leave the policy."""
        name, output = role_name(role), self.addresses.source_policy(destination)
        self.iam.attach_role_policy(RoleName=name, PolicyArn=self.addresses.output(output))
        try:
            mark = next(key for key, policy in MARKS.items() if policy == output)
            self.iam.tag_role(RoleName=name, Tags=[{"Key": mark, "Value": self.addresses.stack}])
        except ClientError as error:
            if code(error) not in NOT_ALLOWED:
                raise
            return False
        return True

    def attached(self, role: str) -> list[str]:
        """The policies that attaching gave it for this stack, each by its output."""
        try:
            tags = list(every(self.iam.list_role_tags, "Tags", RoleName=role_name(role)))
        except ClientError as error:
            if code(error) not in NOT_ALLOWED | {"NoSuchEntity"}:
                raise
            return []
        ours = {tag["Key"] for tag in tags if tag["Value"] == self.addresses.stack}
        return [output for mark, output in MARKS.items() if mark in ours]

    def detach(self, role: str, outputs: Sequence[str]) -> None:
        """Take the policies of these outputs."""
        name = role_name(role)
        for output in outputs:
            try:
                self.iam.detach_role_policy(RoleName=name, PolicyArn=self.addresses.output(output))
            except ClientError as error:
                if code(error) != "NoSuchEntity":
                    raise
        self.iam.untag_role(
            RoleName=name, TagKeys=[mark for mark, output in MARKS.items() if output in outputs]
        )


def role_name(arn: str) -> str:
    """A role's path is no part of its name."""
    return arn.rsplit("/", 1)[-1]


def statement(addresses: Addresses, destination: str) -> dict[str, Any]:
    """For a role whose policies are written elsewhere."""
    by_resource: dict[str, list[str]] = {}
    for action, resource in needs(destination):
        by_resource.setdefault(resource, []).append(action)
    for action in addresses.needs_of_key(destination):
        by_resource.setdefault(addresses.key, []).append(action)
    statements = [
        {"Effect": "Allow", "Action": actions, "Resource": resource}
        | ({"Condition": SENT_BY_LAMBDA} if actions == ["events:PutEvents"] else {})
        for resource, actions in by_resource.items()
    ]
    return {"Version": "2012-10-17", "Statement": statements}


def decided(statements: Iterator[Mapping[str, Any]], action: str, resource: str) -> Permission:
    """What these statements say, without those that have conditions; one that asks whether Lambda is the
    events' source is met."""
    answer = Permission.no
    for each in statements:
        if not _is_met(each.get("Condition") or {}) or not _covers(each, action, resource):
            continue
        if each.get("Effect") == "Deny":
            return Permission.denied
        answer = Permission.yes
    return answer


def _is_met(condition: Mapping[str, Mapping[str, Any]]) -> bool:
    """Whether it holds of what Lambda sends, for all that can be said here."""
    return all(
        operator.rpartition(":")[2].lower() in ("stringequals", "stringequalsifexists")
        and key.lower() == "events:source"
        and "lambda" in _listed(values)
        for operator, keys in condition.items()
        for key, values in (keys or {operator: ()}).items()
    )


def _covers(each: Mapping[str, Any], action: str, resource: str) -> bool:
    return _names(each, "Action", action.lower()) and _names(each, "Resource", resource)


def _names(each: Mapping[str, Any], member: str, value: str) -> bool:
    """`Action` or `NotAction`, one text or several, with IAM's wildcards."""
    if member in each:
        return any(_matches(pattern, value, member) for pattern in _listed(each[member]))
    others = each.get(f"Not{member}")
    return others is not None and not any(_matches(pattern, value, member) for pattern in _listed(others))


def _matches(pattern: str, value: str, member: str) -> bool:
    # Resources may hold wildcards themselves (a bucket's keys): those stand for one key of many.
    return matches(pattern.lower() if member == "Action" else pattern, value)


def _listed(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else list(value)


def _statements_of(document: Any) -> list[Mapping[str, Any]]:
    """botocore hands policies over as objects; not every service that speaks IAM's protocol lets it."""
    found = json.loads(unquote(document)) if isinstance(document, str) else document
    statements = found.get("Statement", [])
    return [statements] if isinstance(statements, Mapping) else list(statements)


_WORST_FIRST = (Permission.denied, Permission.no, Permission.unknown)
_DECISIONS = {"allowed": Permission.yes, "explicitDeny": Permission.denied, "implicitDeny": Permission.no}
