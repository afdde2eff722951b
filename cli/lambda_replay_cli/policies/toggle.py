"""A policy as it is, switched on or off."""

from collections.abc import Mapping
from typing import Any

from lambda_replay_cli.errors import UsageError

_RULE = ("attempts", "idempotent", "unverified_origin", "qualifier")
_SECONDS = ("base_seconds", "cap_seconds", "max_age_seconds")


def switched(function: str, policy: Mapping[str, Any], *, on: bool) -> dict[str, Any]:
    """The request for the policy that the API told as the one in force. Raises `UsageError` where there is
    nothing to switch on."""
    exceptions = (*policy["by_category"].values(), *policy["by_group"].values())
    if on and not policy["categories"] and not any(exceptions):
        raise UsageError(
            f"{function} has no policy to switch on: say what is to be replayed, as in "
            f"lambda-replay policy set {function} --category throttling"
        )
    return {
        "enabled": on,
        "categories": policy["categories"],
        "rate": policy["rate"],
        **_rule(policy),
        **{
            name: {key: rule and _rule(rule) for key, rule in policy[name].items()}
            for name in ("by_category", "by_group")
        },
    }


def _rule(known: Mapping[str, Any]) -> dict[str, Any]:
    # The API tells seconds with a fraction, and takes none.
    rule = {name: known[name] for name in _RULE} | {name: round(known[name]) for name in _SECONDS}
    return rule | ({"tenant": tenant} if (tenant := known.get("tenant")) else {})
