"""The team's own rules: brought into force by an operator, used by triage."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from lambda_replay.domain.refusals import Reason, RefusedError
from lambda_replay.domain.team_rules import RuleSet
from lambda_replay.ports.common import Clock
from lambda_replay.ports.groups import RuleStore

if TYPE_CHECKING:
    from lambda_replay.domain.diagnosis import Rule

# How long after a change a running triage still uses the rules before it.
_FRESH = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class LoadedRules:
    """`version` is None where the service's own rules are all there is."""

    version: int | None = None
    rules: "tuple[Rule, ...]" = ()


@dataclass(slots=True)
class CurrentRules:
    """The rules in effect, read again when they are older than a minute.

    Rules that this version of the service can't read are reported and left out: they never stop triage.
    """

    store: RuleStore
    now: Clock
    refused: Callable[[RuleSet, Exception], None]
    unread: Callable[[Exception], None]
    """Called when the store did not answer, and the rules before it are still used."""
    _loaded: LoadedRules = field(default_factory=LoadedRules, init=False)
    _read_at: datetime | None = field(default=None, init=False)

    def __call__(self) -> LoadedRules:
        now = self.now()
        if self._read_at is None or now - self._read_at >= _FRESH:
            try:
                self._loaded = self._load(self.store.current())
            except Exception as fault:  # those of a minute ago will do until the store answers again
                if self._read_at is None:
                    raise
                self.unread(fault)
            self._read_at = now
        return self._loaded

    def _load(self, current: RuleSet | None) -> LoadedRules:
        if current is None:
            return LoadedRules()
        if current.version == self._loaded.version:
            return self._loaded
        try:
            return LoadedRules(current.version, current.load())
        except ValueError as error:  # RuleError, or no JSON
            self.refused(current, error)
            return LoadedRules()


def replace_rules(
    store: RuleStore, rows: list[dict[str, Any]], *, at: datetime, by: str, reason: str | None
) -> RuleSet:
    """Bring these rules into force as the next version; an empty list takes all of them back.

    Raises `RefusedError` naming the bad rule, with nothing changed, and `StaleVersion` when another caller
    was faster.
    """
    from lambda_replay.domain.diagnosis import RuleError, check_examples

    current = store.current()
    version = 1 if current is None else current.version + 1
    text = json.dumps(rows, ensure_ascii=False, separators=(",", ":"))
    rules = RuleSet(version=version, rows=text, at=at, by=by, reason=reason)
    try:
        check_examples(rules.load())
    except RuleError as error:
        raise RefusedError(Reason.RULES_INVALID, str(error)) from None
    store.add(rules)
    return rules
