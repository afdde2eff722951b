"""A whole plan: the changes of all functions, and what becomes of their roles."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from botocore.exceptions import ClientError

from lambda_replay.domain.functions.function_arn import FunctionArn
from lambda_replay_cli.attachments.change import NOT_ATTACHED, Attaching, Change, Detaching
from lambda_replay_cli.attachments.functions import FunctionRef, Lookup
from lambda_replay_cli.attachments.in_flight import waited_for
from lambda_replay_cli.attachments.invoke_config import InvokeConfig, by_qualifier
from lambda_replay_cli.attachments.kms_keys import grant_key, missing_key
from lambda_replay_cli.attachments.roles import NOT_ALLOWED, Permission, Roles, role_name
from lambda_replay_cli.attachments.selection import qualifier_of
from lambda_replay_cli.client.rate_limit import at_once, code, every
from lambda_replay_cli.client.stack_addresses import Addresses, DestinationKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """`grant` and `unable` are ARNs of roles that lack the permission to send to `destination`: those get it,
    and these are left alone. `revoke` are roles with the policies that they lose, by the stack's outputs."""

    changes: Sequence[Change]
    destination: str | None = None
    grant: Sequence[str] = ()
    revoke: Mapping[str, Sequence[str]] = field(default_factory=dict)
    unable: Sequence[str] = ()

    @property
    def to_do(self) -> list[Change]:
        return [change for change in self.changes if not change.refusal and not change.is_nothing]

    @property
    def refused(self) -> list[Change]:
        return [change for change in self.changes if change.refusal]

    @property
    def not_attached(self) -> list[Change]:
        return [change for change in self.changes if change.unchanged == NOT_ATTACHED]

    @property
    def is_nothing(self) -> bool:
        return not (self.to_do or self.grant or self.revoke)


def attaching(
    lookup: Lookup, roles: Roles, option: Attaching, chosen: Sequence[FunctionRef], *, with_roles: bool
) -> Plan:
    """What attaching these functions would change."""
    sources = lookup.sources(dict.fromkeys(each.name for each in chosen))
    changes = _once(
        change for each in chosen for change in option.changes(sources[each.name], qualifier_of(each))
    )
    used = list(dict.fromkeys(change.source.role for change in changes if not change.refusal))
    may = dict(zip(used, at_once(lambda role: roles.may_send(role, option.destination), used), strict=True))
    lacking = [role for role, answer in may.items() if answer is Permission.no]
    changes = [_after_role(change, may, with_roles) for change in changes]
    return Plan(
        changes=_with_locked(lookup, changes),
        destination=option.destination,
        grant=lacking if with_roles else [],
        unable=[] if with_roles else lacking,
    )


def _once(changes: Iterable[Change]) -> list[Change]:
    """Attached on two qualifiers, a function has one alias for replays all the same."""
    found: dict[FunctionArn, Change] = {}
    for change in changes:
        found.setdefault(change.target, change)
    return list(found.values())


def _after_role(change: Change, may: dict[str, Permission], with_roles: bool) -> Change:
    """Without its role's permission a destination gets nothing, and Lambda refuses it."""
    answer, role = may.get(change.source.role), role_name(change.source.role)
    why = {
        Permission.denied: f"a policy of its role {role} denies sending there: fix that first",
        Permission.no: None
        if with_roles
        else f"its role {role} may not send there yet: give it the statement first",
    }.get(answer or Permission.yes)
    if change.refusal or why is None:
        unknown = (f"its role {role} can't be read: whether it can send there is not known",)
        return replace(change, notes=change.notes + unknown) if answer is Permission.unknown else change
    return change.refused(why)


def _with_locked(lookup: Lookup, changes: Sequence[Change]) -> list[Change]:
    """A function that keeps a dead-letter queue, which triage reads too and can't decrypt, says so."""
    read = set(lookup.addresses.dead_letter_queues)
    wanted = {change.source.dead_letter for change in changes} & read
    notes = {queue: note for queue in wanted if queue and (note := _locked(lookup, queue))}
    return [
        replace(change, notes=(*change.notes, notes[change.source.dead_letter]))
        if change.source.dead_letter in notes
        else change
        for change in changes
    ]


def _locked(lookup: Lookup, queue: str) -> str | None:
    try:
        key = missing_key(lookup.service, lookup.addresses, queue)
    except ClientError as error:
        if code(error) not in NOT_ALLOWED:
            raise
        return f"whether triage can read its dead-letter queue is not known ({code(error)})"
    if key is None:
        return None
    return (
        f"triage can't read its dead-letter queue, which is encrypted under {key}: "
        f"{grant_key(lookup.addresses, key)}"
    )


def attached_names(lookup: Lookup, addresses: Addresses) -> list[FunctionRef]:
    """The functions that send to this stack, on any qualifier; to the event bus, those that attaching set."""
    names = [e["FunctionName"] for e in lookup.every_function() if not addresses.is_own(e["FunctionName"])]
    found = zip(names, at_once(lambda name: _is_attached(lookup, addresses, name), names), strict=True)
    return [FunctionRef(name) for name, attached in found if attached]


def _is_attached(lookup: Lookup, addresses: Addresses, name: str) -> bool:
    configs = _configs_if_there(lookup, name).values()
    places = {place for config in configs for place in (config.failure, config.success)}
    ways = {addresses.way(place) for place in places} - {None}
    if ways == {DestinationKind.bus}:
        source = lookup.source(name, aliases=False)
        return any(not change.is_nothing for change in Detaching(addresses=addresses).changes(source, None))
    return bool(ways)


def detaching(
    lookup: Lookup, roles: Roles, addresses: Addresses, chosen: Sequence[FunctionRef], *, with_roles: bool
) -> Plan:
    """What detaching these functions would change."""
    sources = lookup.sources(dict.fromkeys(each.name for each in chosen))
    option = Detaching(addresses=addresses)
    changes = _once(
        change for each in chosen for change in option.changes(sources[each.name], each.qualifier)
    )
    changes = waited_for(lookup.service, changes)
    revoke = _unused(lookup, roles, addresses, changes) if with_roles else {}
    return Plan(changes=changes, revoke=revoke)


def _unused(
    lookup: Lookup, roles: Roles, addresses: Addresses, changes: Sequence[Change]
) -> dict[str, list[str]]:
    """The roles that got a policy by attaching, and that no attached function has any more."""
    touched = dict.fromkeys(change.source.role for change in changes)
    marked = {role: outputs for role in touched if (outputs := roles.attached(role))}
    if not marked:
        return {}
    after = {(change.source.name, change.qualifier): change.after for change in changes}
    used = set()
    for function in lookup.every_function():
        name, role = FunctionArn.parse(function["FunctionArn"]).name, function.get("Role", "")
        if role not in marked or role in used:
            continue
        configs = _configs_if_there(lookup, name)
        remaining = [after.get((name, qualifier), config) for qualifier, config in configs.items()]
        if any(addresses.takes(config.failure) or addresses.takes(config.success) for config in remaining):
            used.add(role)
    return {role: outputs for role, outputs in marked.items() if role not in used}


def _configs_if_there(lookup: Lookup, name: str) -> dict[str, InvokeConfig]:
    """None of a function that was deleted since then."""
    try:
        return configs_of(lookup, name)
    except ClientError as error:
        if code(error) != "ResourceNotFoundException":
            raise
        return {}


def configs_of(lookup: Lookup, name: str) -> dict[str, InvokeConfig]:
    call = lookup.lambda_.list_function_event_invoke_configs
    return by_qualifier(list(every(call, "FunctionEventInvokeConfigs", FunctionName=name)))
