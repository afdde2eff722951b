"""What can be wrong with a function, one check after the other."""

from collections.abc import Callable, Iterator

from lambda_replay_cli import time_format
from lambda_replay_cli.attachments.change import REPLAY_ALIAS
from lambda_replay_cli.attachments.invoke_config import LATEST
from lambda_replay_cli.attachments.roles import Permission
from lambda_replay_cli.client.stack_addresses import away, needs, never, short
from lambda_replay_cli.doctor.findings import Deployment, Finding, Function, Severity
from lambda_replay_cli.doctor.fix_commands import (
    attach,
    dead_letter_queue,
    grant,
    looked_at,
    read_dead_letters,
    without_success,
)

Check = Callable[[Function, Deployment], Iterator[Finding]]


def without_destination(function: Function, deployment: Deployment) -> Iterator[Finding]:
    """An asynchronous function whose failures are not kept."""
    if function.has_destination or function.dead_letter or function.durable:
        return
    how = [f"it is invoked asynchronously ({function.evidence})"] if function.evidence else []
    if function.failed_at:
        ago = f"failed {time_format.ago(function.failed_at)} ago"
        how.append(f"and {ago}" if how else f"it {ago}, which this service still received")
    if not how:
        return
    if function.dropped:
        how.append(f"and lost {function.dropped} in the last 24 hours")
    allowed = deployment.addresses.allow_list.allows(function.target(LATEST))
    yield Finding(
        Severity.error if allowed or function.dropped or function.failed_at else Severity.warning,
        "no-destination",
        function.name,
        f"its failures go nowhere: {', '.join(how)}",
        attach(function),
    )


def dead_letter_only(function: Function, deployment: Deployment) -> Iterator[Finding]:
    """A dead letter tells the message, but no trace, and not which function it is of."""
    if not function.dead_letter or function.has_destination or function.durable:
        return
    read = function.dead_letter in deployment.addresses.dead_letters
    yield Finding(
        Severity.info if read else Severity.warning,
        "dead-letter-only",
        function.name,
        f"its failures go to {short(function.dead_letter)} alone, "
        + ("which tells no trace" if read else "which this service does not read"),
        attach(function),
    )


def durable_without_net(function: Function, deployment: Deployment) -> Iterator[Finding]:
    """A durable function, whose only net a dead-letter queue is: its failed executions are not retried, and
    go to no destination (docs/reference/lambda.md#durable-functions)."""
    if not function.durable or function.dead_letter in deployment.addresses.dead_letters:
        return
    lacks, fix = "it has none", dead_letter_queue(function)
    if function.dead_letter is not None:
        lacks = f"this service does not read {short(function.dead_letter)}"
        fix = read_dead_letters(function, deployment)
    is_used = function.evidence or function.failed_at or function.dropped
    yield Finding(
        Severity.error if is_used and function.dead_letter is None else Severity.warning,
        "durable-without-net",
        function.name,
        "Lambda neither retries a failed durable execution nor tells a destination of it: a dead-letter "
        f"queue is its only net, and {lacks}",
        fix,
    )


def without_permission(function: Function, deployment: Deployment) -> Iterator[Finding]:
    """The destination is set, and the role may not send there."""
    for destination, may in function.may.items():
        if may not in (Permission.no, Permission.denied):
            continue
        actions = " and ".join(action for action, _resource in needs(destination))
        lacks = "is denied" if may is Permission.denied else "lacks"
        yield Finding(
            Severity.error,
            "no-permission",
            function.name,
            f"its role {lacks} {actions} for {short(destination)}: nothing arrives",
            grant(function, destination, deployment),
        )


def alias_without_configuration(function: Function, deployment: Deployment) -> Iterator[Finding]:
    """A configuration holds for its own qualifier alone: an alias takes none over from `$LATEST`."""
    if not any(deployment.addresses.takes(config.failure) for config in function.configs.values()):
        return
    for qualifier in (LATEST, *function.aliases):
        config = function.configs.get(qualifier)
        if (config and config.failure) or qualifier == REPLAY_ALIAS:
            continue
        used = qualifier in function.used
        if qualifier == LATEST and not used:
            # Anyone who deploys aliases does mostly not call without them.
            continue
        what = "calls without a qualifier" if qualifier == LATEST else f"calls of its alias {qualifier}"
        yield Finding(
            Severity.error if used else Severity.warning,
            "alias-without-destination",
            function.name,
            f"what fails of {what} goes nowhere" + (", and there were such calls" if used else ""),
            attach(function, [qualifier]),
        )


def undelivered(function: Function, deployment: Deployment) -> Iterator[Finding]:
    """Lambda had a record and could not hand it over; what it counts as dropped it has mostly handed over."""
    lacking = [place for place, may in function.may.items() if may in (Permission.no, Permission.denied)]
    # Lambda counts by function, not by alias.
    sending = [qualifier for qualifier, config in function.configs.items() if config.failure] or [LATEST]
    counts = (
        (
            "undelivered",
            function.undelivered,
            "could not be delivered to its destination",
            # With the permission there, it is mostly the size: a queue takes 1 MiB, a bucket anything.
            grant(function, lacking[0], deployment)
            if lacking
            else attach(function, sending, "--to bucket --replace"),
        ),
        (
            "dead-letters-undelivered",
            function.dead_letter_errors,
            "could not be sent to its dead-letter queue",
            attach(function, sending),
        ),
    )
    for check, count, what, fix in counts:
        if count:
            yield Finding(
                Severity.error,
                check,
                function.name,
                f"{count} of its failures {what} in the last 24 hours, and are lost",
                fix,
            )


def impossible_destination(function: Function, _deployment: Deployment) -> Iterator[Finding]:
    """What Lambda takes and never delivers."""
    for qualifier, config in function.configs.items():
        fixes = (
            (config.failure, False, attach(function, [qualifier], "--replace")),
            (config.success, True, without_success(function, qualifier, config)),
        )
        for destination, on_success, fix in fixes:
            why = destination and never(function.arn, destination, on_success=on_success)
            if destination and why:
                yield Finding(
                    Severity.error,
                    "impossible-destination",
                    function.name,
                    f"{short(destination)}: {why}",
                    fix,
                )


def far_destination(function: Function, _deployment: Deployment) -> Iterator[Finding]:
    """Failures are collected in another account: that may be intended."""
    for qualifier, config in function.configs.items():
        for destination in dict.fromkeys((config.failure, config.success)):
            if destination and away(function.arn, destination):
                _arn, _aws, _kind, region, account, _name = destination.split(":", 5)
                yield Finding(
                    Severity.info,
                    "far-destination",
                    function.name,
                    f"{short(destination)} is in {region} of {account}: arrivals can't be seen here",
                    looked_at(function, qualifier),
                )


def elsewhere(function: Function, deployment: Deployment) -> Iterator[Finding]:
    """It has a destination, and it is not this service."""
    places = {q: config.failure for q, config in function.configs.items() if config.failure}
    if any(deployment.addresses.takes(place) or deployment.hears(place) for place in places.values()):
        return
    near = {q: place for q, place in places.items() if not away(function.arn, place)}
    if near and deployment.addresses.allow_list.allows(function.target(LATEST)):
        yield Finding(
            Severity.info,
            "elsewhere",
            function.name,
            f"its failures go to {', '.join(sorted(set(map(short, near.values()))))}, not to this service",
            attach(function, near, "--replace"),
        )


CHECKS: tuple[Check, ...] = (
    without_destination,
    dead_letter_only,
    durable_without_net,
    without_permission,
    alias_without_configuration,
    undelivered,
    impossible_destination,
    far_destination,
    elsewhere,
)
