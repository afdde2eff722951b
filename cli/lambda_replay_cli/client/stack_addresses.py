"""The stack as functions meet it: its addresses, its own functions, what it may invoke."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from lambda_replay.domain.functions.allow_list import AllowList
from lambda_replay.domain.functions.function_arn import FunctionArn
from lambda_replay_cli.errors import ExternalError

if TYPE_CHECKING:
    from lambda_replay_cli.client.service import Service


class DestinationKind(StrEnum):
    """Where a function sends its records."""

    queue = "queue"
    topic = "topic"
    bus = "bus"
    bucket = "bucket"
    triage = "triage"


OUTPUTS = {
    DestinationKind.queue: "FailureQueueArn",
    DestinationKind.topic: "FailureTopicArn",
    DestinationKind.bus: "EventBusArn",
    DestinationKind.bucket: "FailureBucketArn",
    DestinationKind.triage: "TriageFunctionArn",
}
POLICIES = {
    DestinationKind.queue: "QueueSourcePolicyArn",
    DestinationKind.topic: "TopicSourcePolicyArn",
    DestinationKind.bus: "BusSourcePolicyArn",
    DestinationKind.bucket: "BucketSourcePolicyArn",
    DestinationKind.triage: "TriageSourcePolicyArn",
}
"""What lets a role send on one way."""
EVERY_WAY = "SourcePolicyArn"
"""What lets it send on all of them: the only policy that stacks of older templates have."""
_OWN_FUNCTIONS = ("TriageFunctionName", "ReplayFunctionName", "ApiFunctionName")
# What a role needs for a destination, by the service in its ARN: the action, and what comes behind the ARN.
_NEEDS: Mapping[str, tuple[tuple[str, str], ...]] = {
    "sqs": (("sqs:SendMessage", ""),),
    "sns": (("sns:Publish", ""),),
    "events": (("events:PutEvents", ""),),
    "lambda": (("lambda:InvokeFunction", ""),),
    "s3": (("s3:PutObject", "/aws/lambda/*"), ("s3:ListBucket", "")),
}
# What a role needs of the key that a destination is encrypted under (AWS KMS Developer Guide, the pages of
# these services).
_NEEDS_OF_KEY: Mapping[str, tuple[str, ...]] = {
    "sqs": ("kms:Decrypt", "kms:GenerateDataKey"),
    "sns": ("kms:Decrypt", "kms:GenerateDataKey"),
    "s3": ("kms:GenerateDataKey",),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Addresses:
    """`parameters` are those that the stack was deployed with."""

    stack: str
    region: str
    account: str
    outputs: Mapping[str, str]
    parameters: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, service: "Service") -> "Addresses":
        described = service.client("cloudformation").describe_stacks(StackName=service.stack)["Stacks"][0]
        return cls(
            stack=service.stack,
            region=service.region,
            account=service.account,
            outputs=service.outputs,
            parameters={
                each["ParameterKey"]: each.get("ResolvedValue", each.get("ParameterValue", ""))
                for each in described.get("Parameters", [])
            },
        )

    def output(self, name: str) -> str:
        found = self.outputs.get(name)
        if not found:
            raise ExternalError(f"the stack {self.stack} has no output {name}: deploy its newest template")
        return found

    def address(self, way: DestinationKind) -> str:
        return self.output(OUTPUTS[way])

    def source_policy(self, destination: str) -> str:
        """The output with the policy that lets a role send there, of those that this stack has."""
        way = self.way(destination)
        wanted = EVERY_WAY if way is None else POLICIES[way]
        return wanted if wanted in self.outputs else EVERY_WAY

    @property
    def all_addresses(self) -> Mapping[str, DestinationKind]:
        """The event bus is not among them: it is everybody's, and a rule picks records from it."""
        return {
            self.outputs[name]: way
            for way, name in OUTPUTS.items()
            if name in self.outputs and way is not DestinationKind.bus
        }

    def way(self, destination: str | None) -> DestinationKind | None:
        """By which way what goes there arrives here; None if it does not."""
        if destination and destination == self.outputs.get(OUTPUTS[DestinationKind.bus]):
            return DestinationKind.bus
        return self.all_addresses.get(destination or "")

    def takes(self, destination: str | None) -> bool:
        """Whether what goes there arrives here."""
        return self.way(destination) is not None

    @property
    def allow_list(self) -> AllowList:
        return AllowList.parse(self.parameters.get("ReplayableFunctions", ""))

    @property
    def dead_letter_queues(self) -> list[str]:
        """ARNs of the dead-letter queues that triage reads."""
        return self._sources("DeadLetterQueues")

    @property
    def dead_letters(self) -> list[str]:
        """ARNs of the queues and topics whose dead letters arrive here."""
        return self.dead_letter_queues + self._sources("DeadLetterTopics")

    @property
    def dead_letter_keys(self) -> list[str]:
        """ARNs of the keys that triage may decrypt messages of these queues with."""
        return [each for each in self.parameters.get("DeadLetterKeys", "").split(",") if each]

    @property
    def key(self) -> str:
        """ARN of the key that the stack encrypts under, if it has one of the user's own."""
        return self.parameters.get("KmsKeyArn", "")

    def needs_of_key(self, destination: str) -> tuple[str, ...]:
        """What a role needs of that key to send there."""
        return _NEEDS_OF_KEY.get(_part(destination, 2), ()) if self.key and self.way(destination) else ()

    def _sources(self, parameter: str) -> list[str]:
        """What stands before the `=` of each pair."""
        pairs = self.parameters.get(parameter, "").split(",")
        return [pair.partition("=")[0].strip() for pair in pairs if pair.strip()]

    def is_own(self, name: str) -> bool:
        """One of the service's own functions."""
        return name in {self.outputs[key] for key in _OWN_FUNCTIONS if key in self.outputs}


def needs(destination: str) -> tuple[tuple[str, str], ...]:
    """The actions that a role needs to send there, with their resources; none for an ARN of another kind."""
    return tuple((action, destination + behind) for action, behind in _NEEDS.get(_part(destination, 2), ()))


def why_not(function: FunctionArn, destination: str, *, on_success: bool = False) -> str | None:
    """What Lambda would refuse or never deliver (docs/reference/lambda.md#destination-settings)."""
    return never(function, destination, on_success=on_success) or away(function, destination)


def never(function: FunctionArn, destination: str, *, on_success: bool = False) -> str | None:
    """Why nothing ever arrives there."""
    kind = _part(destination, 2)
    if kind not in _NEEDS:
        return f"{destination} is no queue, topic, event bus, bucket or function"
    if destination.endswith(".fifo"):
        return "Lambda does not deliver to FIFO queues and topics"
    if kind == "lambda" and FunctionArn.parse(destination).unqualified == function.unqualified:
        return "a function can't be its own destination"
    if kind == "s3" and on_success:
        return "Lambda sends no successes to a bucket: choose --to queue"
    return None


def away(function: FunctionArn, destination: str) -> str | None:
    """In another region or account: that may work, and is none of ours."""
    region, account = _part(destination, 3), _part(destination, 4)
    if region and region != function.region:
        return (
            f"the destination is in {region}, the function in {function.region}: deploy the service there too"
        )
    if account and account != function.account:
        return f"the destination is of account {account}, the function of {function.account}"
    return None


def short(destination: str | None) -> str:
    """As a person reads it: the kind and the name."""
    if not destination:
        return "none"
    kind, name = _part(destination, 2), destination.split(":", 5)[-1]
    return f"{kind} {name.removeprefix('function:').removeprefix('event-bus/')}"


def _part(arn: str, number: int) -> str:
    parts = arn.split(":", 5)
    return parts[number] if len(parts) == 6 and parts[0] == "arn" else ""
