"""Counting each failed run once, whatever is delivered twice and whatever dies in between.

A count batch is written before the records it is about. Every record remembers the count batch under which it
was first stored, so which runs a count batch has to count can be found out at any time: those whose record
carries its id. It is settled in one transaction with the groups it counts into, so it is counted once or not
yet, never twice.
"""

from collections import defaultdict
from collections.abc import Container
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from lambda_replay.domain.groups.group import Group, GroupFacts, new_group

# A group's hours are stored for so long: two days more than the 90 that may be asked for, which are widened
# to full days at both ends.
HOURS_KEPT = timedelta(days=92)


@dataclass(frozen=True, slots=True)
class Occurrence:
    """A failed run: its request id, its group, when it failed."""

    run: str
    fingerprint: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CountBatch:
    """`due_at` is when the sweep may take over: anyone who wrote it has ended by then."""

    id: str
    due_at: datetime
    expires_at: datetime
    facts: tuple[GroupFacts, ...]
    occurrences: tuple[Occurrence, ...]

    def of(self, runs: Container[str]) -> "CountBatch":
        """Without the occurrences of other runs."""
        return replace(self, occurrences=tuple(s for s in self.occurrences if s.run in runs))

    @property
    def times(self) -> dict[str, list[datetime]]:
        """When each group was seen."""
        times: dict[str, list[datetime]] = defaultdict(list)
        for occurrence in self.occurrences:
            times[occurrence.fingerprint].append(occurrence.at)
        return dict(times)

    @property
    def hours(self) -> dict[tuple[str, datetime], int]:
        """Failed runs by group and full hour."""
        hours: dict[tuple[str, datetime], int] = defaultdict(int)
        for occurrence in self.occurrences:
            hour = occurrence.at.replace(minute=0, second=0, microsecond=0)
            hours[occurrence.fingerprint, hour] += 1
        return dict(hours)


def apply_counts(count_batch: CountBatch, known: dict[str, Group], now: datetime) -> dict[str, Group]:
    """The groups that the count batch changes, as they are after it.

    `known` holds every group of the count batch that exists, the groups of their former fingerprints, and the
    heads and members of all of these.
    """
    groups = dict(known)
    for facts in count_batch.facts:
        times = count_batch.times.get(facts.fingerprint)
        if not times:
            continue
        group = groups.get(facts.fingerprint)
        if group is None:
            group = new_group(facts, times, now)
            former = next((groups[name] for name in facts.former if name in groups), None)
            if former is not None:
                group = _continue(group, former, groups)
        else:
            group = group.counted(facts, times, now)
        groups[facts.fingerprint] = group
        # A head, or a member, that did not occur for long may have expired.
        head = groups.get(group.head, group) if group.head is not None else group
        total = head.count + sum(groups[name].count for name in head.members if name in groups)
        noticed = head.noticed(times, total=total, now=now).active(max(times), now)
        groups[head.fingerprint] = noticed
    return {name: group for name, group in groups.items() if group != known.get(name)}


def _continue(group: Group, former: Group, groups: dict[str, Group]) -> Group:
    """The new algorithm's group as a member of the old one's: nothing splits or is alerted twice."""
    head = groups.get(former.head, former) if former.head is not None else former
    groups[head.fingerprint] = replace(head, members=(*head.members, group.fingerprint))
    return replace(group, head=head.fingerprint, alert=None)
