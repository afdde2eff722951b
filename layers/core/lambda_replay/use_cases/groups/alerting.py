"""Telling people which groups want a look: new ones, regressions, ignored ones that woke up.

An alert waits with its group until it has been sent, so none is lost; one may come twice when the process
dies between sending and noting it.
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from lambda_replay.domain.groups.group import AlertKind, Group
from lambda_replay.ports.alerts import Alerts, Count, Counter
from lambda_replay.ports.common import StaleVersionError
from lambda_replay.ports.groups import GroupStore
from lambda_replay.use_cases.executions.update import until_written

# More than so many at once are one message: a storm of new groups has one cause, often a deployment.
_SINGLE = 3
_LISTED = 20
_MOST = 100
_ROUNDS = 20

_WORDS = {
    AlertKind.NEW: "New failure",
    AlertKind.REGRESSED: "Regression",
    AlertKind.WOKEN: "Ignored failure is back",
}


@dataclass(frozen=True, slots=True)
class Family:
    """A group with what its members add to it."""

    group: Group
    count: int
    since: datetime


@dataclass(frozen=True, slots=True)
class GroupAlerts:
    groups: GroupStore
    alerts: Alerts
    count: Counter

    def run(self) -> int:
        """Send what waits; returns how many groups that were. A message that can't be sent keeps no other
        from being sent: what went wrong is raised at the end."""
        families = self._waiting()
        faults: list[Exception] = []
        for some in _messages(families):
            try:
                self.alerts.send(*message(some))
            except Exception as fault:  # raised below
                faults.append(fault)
                continue
            self.count(Count.ALERT_SENT)
            for family in some:
                self._reported(family.group)
        if faults:
            raise ExceptionGroup(f"{len(faults)} alerts could not be sent", faults)
        return len(families)

    def _waiting(self) -> list[Family]:
        names = list(self.groups.alerting(limit=_MOST))
        found = self.groups.get(names) if names else {}
        waiting = [group for group in found.values() if group.alert is not None and group.head is None]
        return sorted(
            (self._family(group) for group in waiting), key=lambda f: (f.since, f.group.fingerprint)
        )

    def _family(self, group: Group) -> Family:
        all_ = [group, *self.groups.get(group.members).values()]
        return Family(group, sum(one.count for one in all_), min(one.first_seen for one in all_))

    def _reported(self, sent: Group) -> None:
        """Note it, however often the group is counted in between: in a storm it always is."""

        def note() -> None:
            group = self.groups.get([sent.fingerprint]).get(sent.fingerprint)
            # Another alert, or a decision since then, is another matter.
            if group is not None and (group.alert, group.decision) == (sent.alert, sent.decision):
                self.groups.save([group.reported()], [])

        with suppress(StaleVersionError):  # it is sent again, then
            until_written(self.groups, note, f"group {sent.fingerprint}", rounds=_ROUNDS)


def _messages(families: list[Family]) -> list[list[Family]]:
    """One message each, or one for all."""
    return [families] if len(families) > _SINGLE else [[family] for family in families]


def message(families: Sequence[Family]) -> tuple[str, str]:
    """Subject and text, with the normalised line as title (docs/reference/service.md#quiet)."""
    if len(families) == 1:
        return _headline(families[0]), "\n".join(_paragraph(families[0]))
    lines = [line for family in families[:_LISTED] for line in (*_paragraph(family), "")]
    if len(families) > _LISTED:
        lines.append(f"… and {len(families) - _LISTED} more: GET /groups")
    return f"{len(families)} groups of failures want a look", "\n".join(lines).rstrip("\n")


def _headline(family: Family) -> str:
    group = family.group
    return f"{_WORDS.get(group.alert or AlertKind.NEW, 'Look')} in {group.function}: {group.title}"


def _paragraph(family: Family) -> list[str]:
    group, since = family.group, f"{family.since:%Y-%m-%d %H:%M}Z"
    return [
        _headline(family),
        f"  {group.category}, replay {group.verdict}; {family.count} failed runs since {since}",
        f"  GET /groups/{group.fingerprint}",
        f"  lambda-replay console --open groups/{group.fingerprint}",
    ]
