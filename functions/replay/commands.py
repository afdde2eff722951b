"""The commands, by name: what each takes from the event, does, and answers."""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any

from lambda_replay.adapters.clock import now
from lambda_replay.adapters.jmespath_search import check_tenant
from lambda_replay.adapters.json_patch import read
from lambda_replay.domain.category import Category, Verdict
from lambda_replay.domain.executions.execution import Decision, Forgotten, Verb
from lambda_replay.domain.executions.replay import ReplayMode
from lambda_replay.domain.groups.group import GroupDecision, GroupVerb
from lambda_replay.domain.groups.ownership import Ownership
from lambda_replay.use_cases.executions.decide import confirm, decide
from lambda_replay.use_cases.executions.forget import forget
from lambda_replay.use_cases.groups import decisions
from lambda_replay.use_cases.groups.category_rule import GroupRules
from lambda_replay.use_cases.policies.policies import put_policy, remove_policy
from lambda_replay.use_cases.replays.replay_one import ReplayCommand
from lambda_replay.use_cases.team_rules import replace_rules
from replay.composition_root import checks, delete_source, existing, logger, replayer, storage
from replay.patched import changes

Event = dict[str, Any]
Answer = dict[str, Any]


def _replay(event: Event) -> Answer:
    execution, attempt = replayer().replay(_command(event))
    logger.info(
        "replayed", replay=attempt.number, status=attempt.status, replay_request_id=attempt.request_id
    )
    warnings = checks().warnings(execution, attempt.target)
    return {"execution_id": execution.id, "replay": attempt.number, "warnings": warnings}


def _preview(event: Event) -> Answer:
    preview = replayer().preview(_command(event))
    refusal = preview.refusal
    return {
        "execution_id": preview.execution.id,
        "target": str(preview.target),
        "would_be_refused": refusal and {"reason": refusal.reason, "message": str(refusal)},
        "warnings": preview.warnings,
        "changes": changes(preview.stored, event.get("patch")),
    }


def _command(event: Event) -> ReplayCommand:
    if event.get("patch") is not None:
        read(event["patch"])
    return ReplayCommand(
        execution_id=event["execution_id"],
        by=event["by"],
        mode=ReplayMode(event.get("mode", ReplayMode.IF_NOT_REPLAYED)),
        qualifier=event.get("qualifier"),
        function=event.get("function"),
        patch=event.get("patch"),
        skip_never=bool(event.get("skip_never")),
        tenant=event.get("tenant"),
        reason=event.get("reason"),
        idempotency_key=event.get("idempotency_key"),
    )


def _decide(verb: Verb, event: Event) -> Answer:
    decision = Decision(
        verb=verb, at=now(), by=event["by"], reason=event.get("reason"), until=_time(event.get("until"))
    )
    return {"execution_id": decide(storage().entries, event["execution_id"], decision).id}


def _forget(event: Event) -> Answer:
    tombstone = Forgotten(at=now(), by=event["by"], reason=event["reason"])
    forgotten = forget(storage().entries, storage().records, delete_source, event["execution_id"], tombstone)
    logger.info("payload forgotten", execution_id=forgotten.id)
    return {"execution_id": forgotten.id}


def _confirm(event: Event) -> Answer:
    decision = Decision(verb=Verb.CONFIRMED, at=now(), by=event["by"], reason=event.get("reason"))
    return {"execution_id": confirm(storage().entries, event["execution_id"], decision).id}


def _decide_group(verb: GroupVerb, event: Event) -> Answer:
    decision = _group_decision(verb, event)
    more = event.get("failures")
    return {"group": decisions.decide(storage().groups, event["group"], decision, more=more).fingerprint}


def _merge(event: Event) -> Answer:
    decision = _group_decision(GroupVerb.MERGED, event)
    return {"group": decisions.merge(storage().groups, event["group"], event["into"], decision).fingerprint}


def _unmerge(event: Event) -> Answer:
    decision = _group_decision(GroupVerb.UNMERGED, event)
    return {"group": decisions.unmerge(storage().groups, event["group"], decision).fingerprint}


def _acknowledge(event: Event) -> Answer:
    if not event["acknowledged"]:
        return _own(event, GroupVerb.UNACKNOWLEDGED, Ownership.unacknowledged, event.get("reason"))
    by, at = event["by"], now()
    return _own(event, GroupVerb.ACKNOWLEDGED, lambda found: found.acknowledged(by, at), event.get("reason"))


def _assign(event: Event) -> Answer:
    to, reason = event["assignee"], event.get("reason")
    verb = GroupVerb.UNASSIGNED if to is None else GroupVerb.ASSIGNED
    said = None if to is None else f"to {to}"
    words = ": ".join(filter(None, (said, reason))) or None
    return _own(event, verb, lambda found: found.assigned(to), words)


def _link(event: Event) -> Answer:
    url = event["url"]
    verb = GroupVerb.UNLINKED if url is None else GroupVerb.LINKED
    return _own(event, verb, lambda found: found.linked(url), url)


def _own(
    event: Event, verb: GroupVerb, change: Callable[[Ownership], Ownership], reason: str | None
) -> Answer:
    decision = GroupDecision(verb=verb, at=now(), by=event["by"], reason=reason)
    return {"group": decisions.own(storage().groups, event["group"], change, decision).fingerprint}


def _group_decision(verb: GroupVerb, event: Event) -> GroupDecision:
    return GroupDecision(
        verb=verb,
        at=now(),
        by=event["by"],
        reason=event.get("reason"),
        until=_time(event.get("until")),
    )


def _classify(event: Event) -> Answer:
    verdict = event.get("verdict")
    changed = _group_rules().classify(
        event["group"],
        Category(event["category"]),
        None if verdict is None else Verdict(verdict),
        _group_decision(GroupVerb.NOTED, event),
    )
    logger.info("group classified", version=changed.version)
    return {"group": event["group"], "version": changed.version}


def _unclassify(event: Event) -> Answer:
    changed = _group_rules().unclassify(event["group"], _group_decision(GroupVerb.NOTED, event))
    logger.info("group no longer classified", version=changed.version)
    return {"group": event["group"], "version": changed.version}


def _group_rules() -> GroupRules:
    return GroupRules(storage().rules, storage().groups)


def _set_rules(event: Event) -> Answer:
    changed = replace_rules(
        storage().rules, event["rules"], at=now(), by=event["by"], reason=event.get("reason")
    )
    logger.info("rules replaced", version=changed.version)
    return {"version": changed.version}


def _set_policy(event: Event) -> Answer:
    wanted = event["policy"]
    exceptions = [*(wanted.get("by_category") or {}).values(), *(wanted.get("by_group") or {}).values()]
    for rule in filter(None, (wanted, *exceptions)):
        check_tenant(rule.get("tenant"))
    policy = put_policy(
        storage().policies,
        event["function"],
        wanted,
        check=existing(),
        at=now(),
        by=event["by"],
        reason=event.get("reason"),
    )
    logger.info("policy set", function=policy.function, version=policy.version)
    return {"function": policy.function, "version": policy.version}


def _remove_policy(event: Event) -> Answer:
    name = event["function"]
    policy = remove_policy(storage().policies, name, at=now(), by=event["by"], reason=event.get("reason"))
    logger.info("policy removed", function=name)
    return {"function": name, "version": 0 if policy is None else policy.version}


def _time(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


COMMANDS: dict[str, Callable[[Event], Answer]] = {
    "replay": _replay,
    "preview": _preview,
    "ignore": partial(_decide, Verb.IGNORED),
    "reopen": partial(_decide, Verb.REOPENED),
    "confirm": _confirm,
    "forget": _forget,
    "resolve_group": partial(_decide_group, GroupVerb.RESOLVED),
    "ignore_group": partial(_decide_group, GroupVerb.IGNORED),
    "reopen_group": partial(_decide_group, GroupVerb.REOPENED),
    "note_group": partial(_decide_group, GroupVerb.NOTED),
    "merge_group": _merge,
    "unmerge_group": _unmerge,
    "acknowledge_group": _acknowledge,
    "assign_group": _assign,
    "link_group": _link,
    "classify_group": _classify,
    "unclassify_group": _unclassify,
    "set_rules": _set_rules,
    "set_policy": _set_policy,
    "remove_policy": _remove_policy,
}
