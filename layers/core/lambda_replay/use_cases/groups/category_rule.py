"""The team's word on the category of a group: a rule for the group's fingerprint, and taking it back."""

import json
from dataclasses import dataclass, replace
from typing import Any

from lambda_replay.domain.category import Category, Verdict
from lambda_replay.domain.groups.group import Group, GroupDecision
from lambda_replay.domain.refusals import Reason, RefusedError
from lambda_replay.domain.team_rules import RuleSet
from lambda_replay.ports.groups import GroupEvent, GroupStore, RuleStore
from lambda_replay.use_cases.team_rules import replace_rules

# The verdict where the team names the category alone.
USUAL_VERDICTS = {
    Category.timeout: Verdict.as_is,
    Category.throttling: Verdict.as_is,
    Category.transient_dependency: Verdict.as_is,
    Category.invalid_input: Verdict.never,
    Category.resource_state: Verdict.never,
}
_LONGEST_REASON = 300


@dataclass(frozen=True, slots=True)
class GroupRules:
    """The rules of groups stand in front of the team's other rules, among the versions of which they are."""

    rules: RuleStore
    groups: GroupStore

    def classify(
        self, fingerprint: str, category: Category, verdict: Verdict | None, note: GroupDecision
    ) -> RuleSet:
        """Have the group's failures, and its members', be of this category from now on.

        `note` goes into the group's history. The group shows the category at once, triage uses it within a
        minute. Raises `RefusedError`, and `StaleVersion` when another writer was faster.
        """
        group, rows = self._group(fingerprint), self._rows()
        chosen = verdict or USUAL_VERDICTS.get(category, Verdict.after_fix)
        rule = {
            "id": _rule_id(fingerprint),
            "category": category.value,
            "verdict": chosen.value,
            "when": {"group": [fingerprint, *group.members]},
            "scope": "own",
            "confidence": 1.0,
            "reason": f"the team says so of this group; it was {group.category}, {group.verdict}",
        }
        changed = self._replace([rule, *_without(rows, fingerprint)], note)
        shown = replace(group, category=category.value, verdict=chosen.value)
        self.groups.save([shown], [_event(fingerprint, note, f"classified as {category}, {chosen}")])
        return changed

    def unclassify(self, fingerprint: str, note: GroupDecision) -> RuleSet:
        """Leave the group's next failures to the other rules again. Raises `RefusedError` as `classify` does,
        and where the team said nothing of this group."""
        self._group(fingerprint)
        rows = self._rows()
        others = _without(rows, fingerprint)
        if len(others) == len(rows):
            raise RefusedError(Reason.GROUP_NOT_CLASSIFIED)
        changed = self._replace(others, note)
        self.groups.save([], [_event(fingerprint, note, "no longer classified by the team")])
        return changed

    def _replace(self, rows: list[dict[str, Any]], note: GroupDecision) -> RuleSet:
        return replace_rules(self.rules, rows, at=note.at, by=note.by, reason=note.reason)

    def _group(self, fingerprint: str) -> Group:
        group = self.groups.get([fingerprint]).get(fingerprint)
        if group is None:
            raise RefusedError(Reason.GROUP_NOT_FOUND, f"no group has the fingerprint {fingerprint[:64]}")
        if group.head is not None:
            raise RefusedError(
                Reason.GROUP_MERGED, f"the group is merged into {group.head}; classify that one"
            )
        return group

    def _rows(self) -> list[dict[str, Any]]:
        current = self.rules.current()
        rows: list[dict[str, Any]] = [] if current is None else json.loads(current.rows)
        return rows


def is_classified(rules: RuleSet | None, fingerprint: str) -> bool:
    """Whether the group's category is the team's word."""
    return rules is not None and any(row.get("id") == _rule_id(fingerprint) for row in json.loads(rules.rows))


def _rule_id(fingerprint: str) -> str:
    return f"group {fingerprint}"


def _without(rows: list[dict[str, Any]], fingerprint: str) -> list[dict[str, Any]]:
    return [row for row in rows if row.get("id") != _rule_id(fingerprint)]


def _event(fingerprint: str, note: GroupDecision, what: str) -> GroupEvent:
    reason = what if note.reason is None else f"{what}: {note.reason}"
    return GroupEvent(fingerprint, replace(note, reason=reason[:_LONGEST_REASON]))
