"""The commands that fix what is wrong with a function."""

import json
import shlex
from collections.abc import Iterable
from dataclasses import replace

from lambda_replay_cli.attachments.invoke_config import LATEST, InvokeConfig
from lambda_replay_cli.attachments.roles import Permission, role_name
from lambda_replay_cli.client.stack_addresses import DestinationKind
from lambda_replay_cli.doctor.findings import Deployment, Function


def attach(function: Function, qualifiers: Iterable[str] = (LATEST,), more: str = "") -> str:
    names = " ".join(function.argument(qualifier) for qualifier in qualifiers)
    return f"lambda-replay attach {names}{more and f' {more}'}"


def grant(function: Function, destination: str, deployment: Deployment) -> str:
    """Attaching it there once more gives its role the policy, where that is what it lacks."""
    way = deployment.addresses.way(destination)
    if way is None or function.may.get(destination) is Permission.denied:
        return f"aws iam list-attached-role-policies --role-name {role_name(function.role)}"
    used = [q for q, config in function.configs.items() if destination in (config.failure, config.success)]
    return attach(function, used[:1], "" if way is DestinationKind.queue else f"--to {way}")


def dead_letter_queue(function: Function) -> str:
    """Its role has to be allowed `sqs:SendMessage` there first, says Lambda."""
    _arn, partition, _lambda, region, account, *_ = str(function.arn).split(":")
    queue = f"{function.name}-dead-letters"
    target = f"arn:{partition}:sqs:{region}:{account}:{queue}"
    return (
        f"aws sqs create-queue --queue-name {queue} && aws lambda update-function-configuration "
        f"--function-name {function.name} --dead-letter-config TargetArn={target}"
    )


def read_dead_letters(function: Function, deployment: Deployment) -> str:
    """Which function a dead letter is of, only the stack's parameter says."""
    kind = "DeadLetterTopics" if ":sns:" in (function.dead_letter or "") else "DeadLetterQueues"
    known = deployment.addresses.parameters.get(kind, "")
    pairs = [*filter(None, known.split(",")), f"{function.dead_letter}={function.arn}"]
    return f"sam deploy --parameter-overrides {shlex.quote(f'{kind}={",".join(pairs)}')}"


def without_success(function: Function, qualifier: str, config: InvokeConfig) -> str:
    """Attaching leaves the destination of successes alone, and Lambda puts configurations as a whole."""
    target, left = _target(function, qualifier), replace(config, success=None).request()
    if not left:
        return f"aws lambda delete-function-event-invoke-config {target}"
    options = " ".join(f"{_OPTIONS[name]} {_shell(value)}" for name, value in left.items())
    return f"aws lambda put-function-event-invoke-config {target} {options}"


def looked_at(function: Function, qualifier: str) -> str:
    return f"aws lambda get-function-event-invoke-config {_target(function, qualifier)}"


def _target(function: Function, qualifier: str) -> str:
    alias = "" if qualifier == LATEST else f" --qualifier {qualifier}"
    return f"--function-name {function.name}{alias}"


def _shell(value: object) -> str:
    return shlex.quote(json.dumps(value))


_OPTIONS = {
    "MaximumRetryAttempts": "--maximum-retry-attempts",
    "MaximumEventAgeInSeconds": "--maximum-event-age-in-seconds",
    "DestinationConfig": "--destination-config",
}
