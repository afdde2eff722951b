"""What can be wrong with several functions and is fixed once for all of them."""

import shlex
from collections.abc import Callable, Iterator, Sequence

from lambda_replay_cli.attachments.roles import Permission
from lambda_replay_cli.doctor.findings import Deployment, Finding, Function, Severity, named, not_checked

Check = Callable[[Sequence[Function], Deployment], Iterator[Finding]]


def not_allowed(functions: Sequence[Function], deployment: Deployment) -> Iterator[Finding]:
    """Attached, and outside the allow-list."""
    found = [function for function in functions if _is_outside(function, deployment)]
    if not found:
        return
    patterns = deployment.addresses.parameters.get("ReplayableFunctions", "")
    wanted = ",".join(filter(None, [patterns, *(function.arn.unqualified for function in found)]))
    yield Finding(
        Severity.warning,
        "not-replayable",
        deployment.addresses.stack,
        f"failures of {named([function.name for function in found])} are sent here, and can't be replayed: "
        "ReplayableFunctions does not cover them; what comes by the event bus is not even taken in",
        f"sam deploy --parameter-overrides {shlex.quote(f'ReplayableFunctions={wanted}')}",
    )


def _is_outside(function: Function, deployment: Deployment) -> bool:
    addresses = deployment.addresses
    return any(
        addresses.takes(config.failure) and not addresses.allow_list.allows(function.target(qualifier))
        for qualifier, config in function.configs.items()
    )


def role_not_known(functions: Sequence[Function], deployment: Deployment) -> Iterator[Finding]:
    found = [function.name for function in functions if Permission.unknown in function.may.values()]
    if found:
        yield not_checked(
            deployment,
            f"whether the role of {named(found)} may send to its destination",
            "iam:SimulatePrincipalPolicy",
        )


CHECKS: tuple[Check, ...] = (not_allowed, role_not_known)
