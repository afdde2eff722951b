"""Whether the functions and aliases that people name exist, and which may have been meant."""

from dataclasses import dataclass

from lambda_replay.domain.close_names import did_you_mean, near
from lambda_replay.domain.functions.allow_list import AllowList
from lambda_replay.domain.functions.function_arn import name_of
from lambda_replay.domain.functions.function_config import MissingFunction
from lambda_replay.domain.policies.policy import Policy
from lambda_replay.domain.refusals import MEANING, Reason, RefusedError
from lambda_replay.ports.functions import Functions
from lambda_replay.ports.policies import FunctionStore

_LOOKED_THROUGH = 100


def failing_names(store: FunctionStore) -> list[str]:
    """Names of functions that have failed lately, to find a misspelt one among."""
    return [seen.function.name for seen in store.page(limit=_LOOKED_THROUGH).functions]


@dataclass(frozen=True, slots=True)
class FunctionLookup:
    """Raises `RefusedError` for a policy that could never replay anything: its function may not be invoked,
    or it, or an alias that the policy names, does not exist, or the function isolates its tenants and a rule
    names none. What can't be read passes."""

    allowed: AllowList
    functions: Functions
    failing: FunctionStore

    def __call__(self, policy: Policy) -> None:
        targets = self.allowed.targets(policy.function)
        if not targets:
            said = f"{policy.function}: {MEANING[Reason.NOT_ALLOW_LISTED]}"
            raise RefusedError(Reason.NOT_ALLOW_LISTED, said + did_you_mean(self._near(policy)))
        there = [target for target in targets if self.functions.absence(target, fresh=True) is None]
        if not there:
            named = MissingFunction(targets[0], Reason.FUNCTION_DELETED, self._near(policy))
            raise RefusedError(named.reason, str(named))
        facts = [self.functions.facts(target) for target in there]
        if not all(rule.tenant for rule in policy.rules) and all(f and f.isolates_tenants for f in facts):
            raise RefusedError(Reason.TENANT_REQUIRED)
        for qualifier in policy.qualifiers:
            through = [target.with_qualifier(qualifier) for target in there]
            absences = [self.functions.absence(target, fresh=True) for target in through]
            if (absent := absences[0]) and all(absences):
                raise RefusedError(absent.reason, str(absent))

    def _near(self, policy: Policy) -> tuple[str, ...]:
        return near(name_of(policy.function), failing_names(self.failing))
