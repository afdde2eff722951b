"""Carrying a plan out: the role first, for Lambda looks at it when the destination is set; then the alias,
which must not be remembered as made before it is; then what was there before is written down; then the
destination."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from lambda_replay_cli.attachments.change import Change
from lambda_replay_cli.attachments.functions import Lookup
from lambda_replay_cli.attachments.invoke_config import LATEST, InvokeConfig, by_qualifier
from lambda_replay_cli.attachments.plan import Plan
from lambda_replay_cli.attachments.result import ApplyResult
from lambda_replay_cli.attachments.roles import Roles, role_name
from lambda_replay_cli.client.rate_limit import code, every
from lambda_replay_cli.errors import ExternalError
from lambda_replay_cli.time_format import length

# A role's new policy is known everywhere after some seconds; until then Lambda refuses the destination.
_ROLE_TRIES, _ROLE_PAUSE = 12, 2.5
_NO_PERMISSION = "does not have permissions"


@dataclass(frozen=True, slots=True)
class PlanExecutor:
    """What changes things. `tell` gets a line for each thing that was done."""

    lookup: Lookup
    roles: Roles
    tell: Callable[[str], None]
    pause: Callable[[float], None] = time.sleep
    done: ApplyResult = field(default_factory=ApplyResult)

    def grant(self, role: str, destination: str) -> None:
        marked = self.roles.attach(role, destination)
        self.done.granted.add(role)
        self.tell(f"{role_name(role)}: may send records to the service")
        if not marked:
            self.tell("  it can't be tagged (iam:TagRole), so detach will leave it the policy")

    def drain(self, seconds: float, functions: Sequence[str]) -> None:
        """Lambda uses old settings for up to two minutes: what fails until then needs the role's policy."""
        self.tell(f"waiting {length(seconds)}: so long Lambda may use the old settings and needs the policy")
        try:
            self.pause(seconds)
        except KeyboardInterrupt:
            self.tell(f"roles keep their policy; lambda-replay detach {' '.join(functions)} takes it later")
            raise

    def revoke(self, role: str, outputs: Sequence[str]) -> None:
        self.roles.detach(role, outputs)
        self.done.revoked.add(role)
        self.tell(f"{role_name(role)}: may no longer send records to the service")

    def carry_out(self, change: Change, *, role_is_new: bool = False) -> None:
        """Raises `ExternalError` when another caller has changed the function since it was read."""
        self._unchanged(change)
        arn = change.source.arn.unqualified
        if change.makes_alias:
            self._lambda.create_alias(
                FunctionName=change.source.name,
                Name=change.qualifier,
                FunctionVersion=change.alias_version,
                Description="Replays go through it, so that only they report their successes",
            )
            self.done.made.add(change.target)
        if change.remember:
            self._lambda.tag_resource(Resource=arn, Tags=change.remember)
        if change.after != change.before:
            self._configure(change, _ROLE_TRIES if role_is_new else 1)
        if change.removes_alias:
            self._lambda.delete_alias(FunctionName=change.source.name, Name=change.qualifier)
            self.done.removed.add(change.target)
        if change.forget:
            self._lambda.untag_resource(Resource=arn, TagKeys=list(change.forget))
        self.tell(f"{change.source.name}:{change.qualifier}: done")

    @property
    def _lambda(self) -> Any:
        return self.lookup.lambda_

    def _unchanged(self, change: Change) -> None:
        found: list[Mapping[str, Any]] = list(
            every(
                self._lambda.list_function_event_invoke_configs,
                "FunctionEventInvokeConfigs",
                FunctionName=change.source.name,
            )
        )
        if by_qualifier(found).get(change.qualifier, InvokeConfig()) != change.before:
            raise ExternalError(
                f"{change.source.name}:{change.qualifier}: its configuration has changed since then. "
                "Give the command again"
            )

    def _configure(self, change: Change, tries: int) -> None:
        target = {"FunctionName": change.source.name, **_qualifier(change.qualifier)}
        if change.after.is_empty:
            self._lambda.delete_function_event_invoke_config(**target)
            return
        for tried in range(1, tries + 1):
            try:
                self._lambda.put_function_event_invoke_config(**target, **change.after.request())
            except ClientError as error:
                refused = code(error) == "InvalidParameterValueException" and _NO_PERMISSION in str(error)
                if tried == tries or not refused:
                    raise
                self.pause(_ROLE_PAUSE)
            else:
                return


def _qualifier(qualifier: str) -> dict[str, str]:
    """`$LATEST` is what no qualifier means."""
    return {} if qualifier == LATEST else {"Qualifier": qualifier}


def carry_out(plan: Plan, executor: PlanExecutor, drain: float = 0.0) -> ApplyResult:
    """One role or function that can't be changed does not keep the others from it. Roles that are to lose
    their policy keep it for `drain` seconds more."""
    done, lacking = executor.done, {}
    for role in plan.grant:
        if why := _refused(executor.grant, role, plan.destination or ""):
            lacking[role] = f"its role {role_name(role)} can't be given the policy: {why}"
    for change in plan.to_do:
        role = change.source.role
        is_new = role in plan.grant
        if why := lacking.get(role) or _refused(executor.carry_out, change, role_is_new=is_new):
            done.failed.append((change, why))
    # Anyone who could not be detached still needs its role's policy.
    needed = {change.source.role for change, _why in done.failed}
    free = {role: outputs for role, outputs in plan.revoke.items() if role not in needed}
    if free and drain:
        names = (change.source.name for change in plan.changes if change.source.role in free)
        executor.drain(drain, list(dict.fromkeys(names)))
    for role, outputs in free.items():
        if why := _refused(executor.revoke, role, outputs):
            kept = f"its role {role_name(role)} keeps the policy: {why}"
            done.failed.extend((change, kept) for change in plan.changes if change.source.role == role)
    return done


def _refused[**P](work: Callable[P, None], *given: P.args, **named: P.kwargs) -> str | None:
    """Why it could not be done."""
    try:
        work(*given, **named)
    except (ExternalError, ClientError, BotoCoreError) as error:
        return " ".join(str(error).split())
    return None
