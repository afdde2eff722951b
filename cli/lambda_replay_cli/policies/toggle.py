"""A policy in effect as a request again: as it is, or switched on or off; and what a request means."""

from collections.abc import Mapping
from typing import Any

from lambda_replay.domain.policies.policy import Policy
from lambda_replay.domain.policies.requested import InvalidPolicyError, policy_from_mapping
from lambda_replay_cli.errors import UsageError

_RULE = ("attempts", "idempotent", "unverified_origin", "qualifier")
_SECONDS = ("base_seconds", "cap_seconds", "max_age_seconds")


def switched(function: str, policy: Mapping[str, Any], *, on: bool) -> dict[str, Any]:
    """The request for the policy that the API returned as the one in effect. Raises `UsageError` where there
    is nothing to switch on."""
    exceptions = (*policy["by_category"].values(), *policy["by_group"].values())
    if on and not policy["categories"] and not any(exceptions):
        raise UsageError(
            f"{function} has no policy to switch on: say what is to be replayed, as in "
            f"lambda-replay policy set {function} --category throttling"
        )
    return request_of(policy) | {"enabled": on}


def request_of(policy: Mapping[str, Any]) -> dict[str, Any]:
    """The request that would bring what the API returned into force."""
    return {
        "enabled": policy["enabled"],
        "categories": policy["categories"],
        "rate": policy["rate"],
        **_rule(policy),
        **{
            name: {key: rule and _rule(rule) for key, rule in policy[name].items()}
            for name in ("by_category", "by_group")
        },
    }


def checked(function: str, asked: Mapping[str, Any]) -> Policy:
    """The policy of a request. Raises `UsageError` with the first field that the API would refuse."""
    try:
        return policy_from_mapping(function, asked)
    except InvalidPolicyError as error:
        raise UsageError(error.objections[0]) from None


def _rule(known: Mapping[str, Any]) -> dict[str, Any]:
    # The API tells seconds with a fraction, and takes none.
    rule = {name: known[name] for name in _RULE} | {name: round(known[name]) for name in _SECONDS}
    return rule | ({"tenant": tenant} if (tenant := known.get("tenant")) else {})
