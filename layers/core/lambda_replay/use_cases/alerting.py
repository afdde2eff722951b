"""Telling people which groups want a look: new ones, regressions, ignored ones that woke up.

An alert waits with its group until it has been sent, so none is lost; one may come twice when the process
dies between sending and noting it.
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from lambda_replay.domain.group import AlertKind, Group
from lambda_replay.ports import Alerts, Clock, Count, Counter, GroupStore, StaleVersion

# More than so many at once are one message: a storm of new groups has one cause, often a deployment.
_SINGLE = 3
_LISTED = 20
_MOST = 100

_HEADLINE = {
    AlertKind.NEW: "New failure",
    AlertKind.REGRESSED: "Regression",
    AlertKind.WOKEN: "Ignored failure is back",
}


@dataclass(frozen=True, slots=True)
class Alerting:
    groups: GroupStore
    alerts: Alerts
    count: Counter
    now: Clock

    def waiting(self) -> list[str]:
        return list(self.groups.alerting(limit=_MOST))

    def run(self) -> int:
        """Send what waits; returns how many groups that were."""
        waiting = self.waiting()
        groups = [g for g in self.groups.get(waiting).values() if g.alert is not None and g.head is None]
        groups.sort(key=lambda group: (group.first_seen, group.fingerprint))
        for some in _messages(groups):
            subject, text = message(some)
            self.alerts.send(subject, text)
            self.count(Count.ALERT_SENT)
            for group in some:
                # Changed meanwhile: the next sweep tells the rest.
                with suppress(StaleVersion):
                    self.groups.save([group.told()], [])
        return len(groups)


def _messages(groups: list[Group]) -> list[list[Group]]:
    """One message each, or one for all."""
    return [groups] if len(groups) > _SINGLE else [[group] for group in groups]


def message(groups: Sequence[Group]) -> tuple[str, str]:
    """Subject and text. The title is the normalised line: no payload, no message text (design, 4.8)."""
    if len(groups) == 1:
        group = groups[0]
        return f"{_headline(group)} in {group.function}: {group.title}", "\n".join(_paragraph(group))
    lines = [line for group in groups[:_LISTED] for line in (*_paragraph(group), "")]
    if len(groups) > _LISTED:
        lines.append(f"… and {len(groups) - _LISTED} more: GET /groups")
    return f"{len(groups)} groups of failures want a look", "\n".join(lines).rstrip("\n")


def _headline(group: Group) -> str:
    return _HEADLINE[group.alert or AlertKind.NEW]


def _paragraph(group: Group) -> list[str]:
    since = f"{group.first_seen:%Y-%m-%d %H:%M}Z"
    return [
        f"{_headline(group)} in {group.function}: {group.title}",
        f"  {group.category}, replay {group.verdict}; {group.count} failed runs since {since}",
        f"  GET /groups/{group.fingerprint}",
    ]
