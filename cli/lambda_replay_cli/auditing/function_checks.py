"""What can be wrong with a function, one check after the other."""

from collections.abc import Callable, Iterator

from lambda_replay_cli.auditing.findings import Deployment, Finding, Function, Severity
from lambda_replay_cli.wiring.addresses import Way, needs, short, why_not
from lambda_replay_cli.wiring.configuration import LATEST
from lambda_replay_cli.wiring.plan import REPLAY_ALIAS
from lambda_replay_cli.wiring.roles import May, role_name

Check = Callable[[Function, Deployment], Iterator[Finding]]


def without_destination(function: Function, deployment: Deployment) -> Iterator[Finding]:
    """An asynchronous function whose failures nobody keeps."""
    if not function.evidence or function.has_destination or function.dead_letter or function.durable:
        return
    allowed = deployment.addresses.allow_list.allows(function.target(LATEST))
    lost = f", and lost {function.dropped} in the last 24 hours" if function.dropped else ""
    yield Finding(
        Severity.error if allowed or function.dropped else Severity.warning,
        "no-destination",
        function.name,
        f"its failures go nowhere: it is invoked asynchronously ({function.evidence}){lost}",
        f"lambda-replay attach {function.name}",
    )


def dead_letter_only(function: Function, deployment: Deployment) -> Iterator[Finding]:
    """A dead letter tells the message, but no trace, and not which function it is of."""
    if not function.dead_letter or function.has_destination:
        return
    read = any(function.dead_letter in pair for pair in _dead_letters(deployment))
    yield Finding(
        Severity.info if read else Severity.warning,
        "dead-letter-only",
        function.name,
        f"its failures go to {short(function.dead_letter)} alone, "
        + ("which tells no trace" if read else "which this service does not read"),
        f"lambda-replay attach {function.name}",
    )


def _dead_letters(deployment: Deployment) -> list[str]:
    parameters = deployment.addresses.parameters
    pairs = ",".join(parameters.get(name, "") for name in ("DeadLetterQueues", "DeadLetterTopics"))
    return [pair.partition("=")[0] for pair in pairs.split(",") if pair]


def without_permission(function: Function, deployment: Deployment) -> Iterator[Finding]:
    """The destination is set, and the role may not send there."""
    for destination, may in function.may.items():
        if may not in (May.no, May.denied):
            continue
        actions = " and ".join(action for action, _resource in needs(destination))
        denied = may is May.denied
        lacks = "is denied" if denied else "lacks"
        yield Finding(
            Severity.error,
            "no-permission",
            function.name,
            f"its role {lacks} {actions} for {short(destination)}: nothing arrives",
            _grant(function, destination, deployment, denied=denied),
        )


def _grant(function: Function, destination: str, deployment: Deployment, *, denied: bool) -> str:
    role = role_name(function.role)
    way = deployment.addresses.all_addresses.get(destination)
    if denied or way is None:
        return f"aws iam list-attached-role-policies --role-name {role}"
    qualifiers = [
        q for q, config in function.configs.items() if destination in (config.failure, config.success)
    ]
    to = "" if way is Way.queue else f" --to {way}"
    return f"lambda-replay attach {function.argument(qualifiers[0])}{to}"


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
            # Whoever deploys aliases does mostly not call without them.
            continue
        what = "calls without a qualifier" if qualifier == LATEST else f"calls of its alias {qualifier}"
        yield Finding(
            Severity.error if used else Severity.warning,
            "alias-without-destination",
            function.name,
            f"what fails of {what} goes nowhere" + (", and there were such calls" if used else ""),
            f"lambda-replay attach {function.argument(qualifier)}",
        )


def undelivered(function: Function, _deployment: Deployment) -> Iterator[Finding]:
    """Lambda had a record and could not hand it over; what it counts as dropped it has mostly handed over."""
    # With the permission there, it is mostly the size: a queue takes 1 MiB, a bucket anything.
    permitted = all(may is May.yes for may in function.may.values())
    way_out = " --to bucket --replace" if permitted else ""
    counts = (
        ("undelivered", function.undelivered, "could not be delivered to its destination"),
        (
            "dead-letters-undelivered",
            function.dead_letter_errors,
            "could not be sent to its dead-letter queue",
        ),
    )
    for check, count, what in counts:
        if count:
            yield Finding(
                Severity.error,
                check,
                function.name,
                f"{count} of its failures {what} in the last 24 hours, and are lost",
                f"lambda-replay attach {function.name}{way_out}",
            )


def not_allowed(function: Function, deployment: Deployment) -> Iterator[Finding]:
    """Attached, and outside the allow-list."""
    for qualifier, config in function.configs.items():
        ours = config.failure in deployment.addresses.all_addresses
        if ours and not deployment.addresses.allow_list.allows(function.target(qualifier)):
            patterns = deployment.addresses.parameters.get("ReplayableFunctions", "")
            yield Finding(
                Severity.warning,
                "not-replayable",
                function.name,
                "its failures arrive here, and can't be replayed: ReplayableFunctions does not cover it",
                f"sam deploy --parameter-overrides ReplayableFunctions={patterns},{function.arn.unqualified}",
            )
            return


def impossible_destination(function: Function, _deployment: Deployment) -> Iterator[Finding]:
    """What Lambda takes and never delivers."""
    for qualifier, config in function.configs.items():
        for destination, on_success in ((config.failure, False), (config.success, True)):
            why = destination and why_not(function.arn, destination, on_success=on_success)
            if destination and why:
                yield Finding(
                    Severity.error,
                    "impossible-destination",
                    function.name,
                    f"{short(destination)}: {why}",
                    f"lambda-replay attach {function.argument(qualifier)} --replace",
                )


def elsewhere(function: Function, deployment: Deployment) -> Iterator[Finding]:
    """It has a destination, and it is not this service."""
    places = {config.failure for config in function.configs.values() if config.failure}
    if places and not any(deployment.addresses.takes(place) for place in places):
        allowed = deployment.addresses.allow_list.allows(function.target(LATEST))
        if allowed:
            yield Finding(
                Severity.info,
                "elsewhere",
                function.name,
                f"its failures go to {', '.join(sorted(map(short, places)))}, not to this service",
                f"lambda-replay attach {function.name} --replace",
            )


CHECKS: tuple[Check, ...] = (
    without_destination,
    dead_letter_only,
    without_permission,
    alias_without_configuration,
    undelivered,
    not_allowed,
    impossible_destination,
    elsewhere,
)
