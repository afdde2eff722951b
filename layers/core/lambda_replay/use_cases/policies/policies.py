"""Functions' policies: what is in effect, and changing it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from lambda_replay.domain.functions.function_arn import FunctionArn
from lambda_replay.domain.policies.policy import Policy, stack_policy
from lambda_replay.domain.policies.requested import InvalidPolicyError, policy_from_mapping
from lambda_replay.domain.refusals import Reason, RefusedError
from lambda_replay.ports.common import Clock
from lambda_replay.ports.policies import FunctionStore, PolicyStore

# How long after a change a running triage still uses the policy before it.
_FRESH = timedelta(minutes=1)
# A function is noted as failing so often, by each process.
_NOTED_EVERY = timedelta(hours=1)
# A flood of made-up names is not to fill the process.
_MOST_KNOWN = 10_000
_MAX_OBJECTIONS = 5


def own_or_stack(own: Policy | None, function: str, categories: tuple[str, ...]) -> Policy:
    """What is in effect where `own` is stored and the stack names `categories`."""
    return stack_policy(function, categories) if own is None or own.removed else own


def effective_policy(store: PolicyStore, function: str, categories: tuple[str, ...]) -> Policy:
    """The function's own policy, or the stack's for these categories."""
    return own_or_stack(store.get(function), function, categories)


@dataclass(slots=True)
class CurrentPolicies:
    """The policies in effect, each read again when it is older than a minute.

    A policy that can't be read stops nothing: the one before it is still used, and without one nothing is
    replayed automatically.
    """

    store: PolicyStore
    categories: tuple[str, ...]
    """The stack's: they are for functions without a policy of their own."""
    now: Clock
    unread: Callable[[Exception], None]
    """Called when the store did not answer."""
    _known: dict[str, tuple[Policy, datetime]] = field(default_factory=dict, init=False)

    def __call__(self, function: str) -> Policy:
        known, now = self._known.get(function), self.now()
        if known is not None and now - known[1] < _FRESH:
            return known[0]
        try:
            policy = effective_policy(self.store, function, self.categories)
        except Exception as fault:  # triage goes on
            self.unread(fault)
            policy = Policy(function=function, enabled=False) if known is None else known[0]
        if len(self._known) >= _MOST_KNOWN:
            self._known.clear()
        self._known[function] = policy, now
        return policy


@dataclass(slots=True)
class SeenFunctions:
    """Notes that functions fail, once in a while; that a note can't be written stops nothing."""

    store: FunctionStore
    now: Clock
    unwritten: Callable[[Exception], None]
    _noted: dict[str, datetime] = field(default_factory=dict, init=False)

    def __call__(self, function: FunctionArn) -> None:
        arn, now = function.unqualified, self.now()
        noted = self._noted.get(arn)
        if noted is not None and now - noted < _NOTED_EVERY:
            return
        try:
            self.store.seen(function, now)
        except Exception as fault:  # the next failure notes it
            self.unwritten(fault)
            return
        if len(self._noted) >= _MOST_KNOWN:
            self._noted.clear()
        self._noted[arn] = now


def put_policy(
    store: PolicyStore,
    function: str,
    wanted: Mapping[str, Any],
    *,
    check: Callable[[Policy], None],
    at: datetime,
    by: str,
    reason: str | None,
) -> Policy:
    """Bring it into force as the function's next version. `wanted` is as the API takes it; what it does not
    name is as `DEFAULT_RULE` says. `check` raises `RefusedError` for one that can do nothing.

    Raises `RefusedError` naming the bad fields, with nothing changed, and `StaleVersion` when another caller
    was faster.
    """
    try:
        policy = policy_from_mapping(function, wanted)
    except InvalidPolicyError as error:
        raise RefusedError(Reason.POLICY_INVALID, "; ".join(error.objections[:_MAX_OBJECTIONS])) from None
    check(policy)
    return _save(store, replace(policy, at=at, by=by, reason=reason))


def remove_policy(
    store: PolicyStore, function: str, *, at: datetime, by: str, reason: str | None
) -> Policy | None:
    """Have the stack's own policy in effect again; nothing happens where it is already. Raises
    `StaleVersion`."""
    found = store.get(function)
    if found is None or found.removed:
        return found
    return _save(store, replace(found, removed=True, at=at, by=by, reason=reason))


def _save(store: PolicyStore, policy: Policy) -> Policy:
    found = store.get(policy.function)
    numbered = replace(policy, version=0 if found is None else found.version)
    store.save(numbered)
    return replace(numbered, version=numbered.version + 1)
