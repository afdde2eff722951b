"""What can be wrong with the stack itself."""

from collections.abc import Callable, Iterator

from lambda_replay_cli.attachments.kms_keys import grant_key
from lambda_replay_cli.client.stack_addresses import short
from lambda_replay_cli.doctor.findings import Deployment, Finding, Severity, not_checked

NOT_KNOWN = "not known"
_WORKS = frozenset({"Enabled", "Enabling", "Updating", "Creating", NOT_KNOWN})

Check = Callable[[Deployment], Iterator[Finding]]


def refused_messages(deployment: Deployment) -> Iterator[Finding]:
    if deployment.refused:
        yield Finding(
            Severity.error,
            "dlq-not-empty",
            deployment.addresses.stack,
            f"{_messages(deployment.refused)} in the failure queue's DLQ, not understood or not stored",
            "lambda-replay dlq explain",
        )


def triage_stopped(deployment: Deployment) -> Iterator[Finding]:
    if deployment.triage in _WORKS:
        return
    name = deployment.addresses.outputs.get("TriageFunctionName", "TRIAGE_FUNCTION")
    state = f"is {deployment.triage.lower()}" if deployment.triage else "is missing"
    yield Finding(
        Severity.error,
        "triage-stopped",
        deployment.addresses.stack,
        f"nothing reads the failure queue ({_messages(deployment.waiting)} in it): its mapping {state}",
        f"aws lambda update-event-source-mapping --uuid {deployment.mapping} --enabled"
        if deployment.mapping
        else f"aws lambda list-event-source-mappings --function-name {name}",
    )


def locked_queues(deployment: Deployment) -> Iterator[Finding]:
    """Lambda does not begin to read such a queue, and says nothing."""
    for queue, key in deployment.locked.items():
        yield Finding(
            Severity.error,
            "dead-letters-locked",
            deployment.addresses.stack,
            f"triage can't read {short(queue)}: it is encrypted under {key}, and the role lacks kms:Decrypt",
            grant_key(deployment.addresses, *deployment.locked.values()),
        )


def forgotten_soon(deployment: Deployment) -> Iterator[Finding]:
    if deployment.expiring is None:
        return
    yield Finding(
        Severity.warning,
        "forgotten-soon",
        deployment.addresses.stack,
        f"failures of {deployment.expiring:%Y-%m-%d} and earlier still wait, and are forgotten "
        f"{deployment.retention_days} days after they were stored",
        f"lambda-replay list --status failed --to {deployment.expiring:%Y-%m-%dT%H:%M:%SZ}",
    )


def no_alert_subscriber(deployment: Deployment) -> Iterator[Finding]:
    if deployment.subscribers != 0:
        return
    topic = deployment.addresses.outputs.get("AlertTopicArn", "")
    yield Finding(
        Severity.info,
        "no-alert-subscriber",
        deployment.addresses.stack,
        "no one has subscribed to its alarms and alerts",
        f"aws sns subscribe --topic-arn {topic} --protocol email --notification-endpoint ADDRESS",
    )


def unchecked(deployment: Deployment) -> Iterator[Finding]:
    for each in deployment.unchecked:
        yield not_checked(deployment, each.what, each.why, each.fix)


def _messages(count: int) -> str:
    return f"{count} message" if count == 1 else f"{count} messages"


CHECKS: tuple[Check, ...] = (
    refused_messages,
    triage_stopped,
    locked_queues,
    forgotten_soon,
    no_alert_subscriber,
    unchecked,
)
