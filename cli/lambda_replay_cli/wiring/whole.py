"""A whole plan: the changes of all functions, and what becomes of their roles."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from botocore.exceptions import BotoCoreError, ClientError

from lambda_replay.domain.arn import FunctionArn
from lambda_replay_cli.ending import Trouble
from lambda_replay_cli.wiring.addresses import Addresses
from lambda_replay_cli.wiring.carry_out import Hands
from lambda_replay_cli.wiring.choosing import qualifier_of
from lambda_replay_cli.wiring.configuration import InvokeConfig, by_qualifier
from lambda_replay_cli.wiring.lookup import Lookup, Meant
from lambda_replay_cli.wiring.pace import at_once, every
from lambda_replay_cli.wiring.plan import Attaching, Change, Detaching
from lambda_replay_cli.wiring.roles import May, Roles, role_name


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """`grant` and `revoke` are ARNs of roles; `unable` lack the permission and are left alone."""

    changes: Sequence[Change]
    grant: Sequence[str] = ()
    revoke: Sequence[str] = ()
    unable: Sequence[str] = ()

    @property
    def to_do(self) -> list[Change]:
        return [change for change in self.changes if not change.refusal and not change.is_nothing]

    @property
    def refused(self) -> list[Change]:
        return [change for change in self.changes if change.refusal]

    @property
    def is_nothing(self) -> bool:
        return not (self.to_do or self.grant or self.revoke)


def attaching(
    lookup: Lookup, roles: Roles, wish: Attaching, chosen: Sequence[Meant], *, with_roles: bool
) -> Plan:
    """What attaching these functions would change."""
    sources = lookup.sources(dict.fromkeys(each.name for each in chosen))
    changes = [change for each in chosen for change in wish.changes(sources[each.name], qualifier_of(each))]
    used = list(dict.fromkeys(change.source.role for change in changes if not change.refusal))
    may = dict(zip(used, at_once(lambda role: roles.may_send(role, wish.destination), used), strict=True))
    lacking = [role for role, answer in may.items() if answer is May.no]
    return Plan(
        changes=[_after_role(change, may, with_roles) for change in changes],
        grant=lacking if with_roles else [],
        unable=[] if with_roles else lacking,
    )


def _after_role(change: Change, may: dict[str, May], with_roles: bool) -> Change:
    """Without its role's permission a destination gets nothing, and Lambda refuses it."""
    answer, role = may.get(change.source.role), role_name(change.source.role)
    why = {
        May.denied: f"a policy of its role {role} denies sending there: mend that first",
        May.no: None
        if with_roles
        else f"its role {role} may not send there yet: give it the statement first",
    }.get(answer or May.yes)
    if change.refusal or why is None:
        unknown = (f"nobody may look at its role {role}: whether it can send there is not known",)
        return replace(change, notes=change.notes + unknown) if answer is May.unknown else change
    return replace(change, after=change.before, makes_alias=False, remember={}, forget=(), refusal=why)


def attached_names(lookup: Lookup, addresses: Addresses) -> list[Meant]:
    """The functions that send to this stack, on any qualifier."""
    names = [e["FunctionName"] for e in lookup.every_function() if not addresses.is_own(e["FunctionName"])]
    found = zip(names, at_once(lambda name: configs_of(lookup, name), names), strict=True)
    ours = addresses.all_addresses
    return [
        Meant(name)
        for name, configs in found
        if any(config.failure in ours or config.success in ours for config in configs.values())
    ]


def detaching(
    lookup: Lookup, roles: Roles, addresses: Addresses, chosen: Sequence[Meant], *, with_roles: bool
) -> Plan:
    """What detaching these functions would change."""
    sources = lookup.sources(dict.fromkeys(each.name for each in chosen))
    wish = Detaching(addresses=addresses)
    changes = [change for each in chosen for change in wish.changes(sources[each.name], each.qualifier)]
    revoke = _unused(lookup, roles, addresses, changes) if with_roles else []
    return Plan(changes=changes, revoke=revoke)


def _unused(lookup: Lookup, roles: Roles, addresses: Addresses, changes: Sequence[Change]) -> list[str]:
    """The roles that got the policy by attaching, and that no attached function has any more."""
    touched = dict.fromkeys(change.source.role for change in changes)
    marked = [role for role in touched if roles.was_attached(role)]
    if not marked:
        return []
    after = {(change.source.name, change.qualifier): change.after for change in changes}
    used = set()
    for function in lookup.every_function():
        name, role = FunctionArn.parse(function["FunctionArn"]).name, function.get("Role", "")
        if role not in marked or role in used:
            continue
        configs = configs_of(lookup, name)
        remaining = [after.get((name, qualifier), config) for qualifier, config in configs.items()]
        if any(addresses.takes(config.failure) or addresses.takes(config.success) for config in remaining):
            used.add(role)
    return [role for role in marked if role not in used]


def configs_of(lookup: Lookup, name: str) -> dict[str, InvokeConfig]:
    call = lookup.lambda_.list_function_event_invoke_configs
    return by_qualifier(list(every(call, "FunctionEventInvokeConfigs", FunctionName=name)))


@dataclass(slots=True)
class Done:
    """How carrying out went: what could not be done, with why."""

    failed: list[tuple[Change, str]] = field(default_factory=list)


def carry_out(plan: Plan, hands: Hands) -> Done:
    """One function that can't be changed does not keep the others from it."""
    done = Done()
    hands.grant(plan.grant)
    for change in plan.to_do:
        try:
            hands.carry_out(change, role_is_new=change.source.role in plan.grant)
        except (Trouble, ClientError, BotoCoreError) as error:
            done.failed.append((change, " ".join(str(error).split())))
    hands.revoke(_free(plan.revoke, done))
    return done


def _free(roles: Iterable[str], done: Done) -> list[str]:
    """Whoever could not be detached still needs its role's policy."""
    kept = {change.source.role for change, _why in done.failed}
    return [role for role in roles if role not in kept]
