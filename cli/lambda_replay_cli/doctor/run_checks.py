"""All checks over all that was read."""

from collections.abc import Sequence

from lambda_replay_cli.doctor import function_checks, shared_checks, stack_checks
from lambda_replay_cli.doctor.findings import Deployment, Finding, Function, Severity

_ORDER = {severity: number for number, severity in enumerate(Severity)}


def audit(functions: Sequence[Function], deployment: Deployment) -> list[Finding]:
    """The worst first."""
    found = [finding for check in stack_checks.CHECKS for finding in check(deployment)]
    found += [
        finding
        for function in functions
        for check in function_checks.CHECKS
        for finding in check(function, deployment)
    ]
    found += [finding for across in shared_checks.CHECKS for finding in across(functions, deployment)]
    return sorted(found, key=lambda each: _ORDER[each.severity])
