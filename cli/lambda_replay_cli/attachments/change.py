"""What attaching and detaching would change, worked out before anything is changed."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from lambda_replay.domain.functions.function_arn import FunctionArn
from lambda_replay_cli.attachments import previous_config
from lambda_replay_cli.attachments.invoke_config import LATEST, InvokeConfig, Source
from lambda_replay_cli.attachments.previous_config import PreviousConfig, remembered
from lambda_replay_cli.client.stack_addresses import Addresses, short, why_not

REPLAY_ALIAS = "replay"
NOT_ATTACHED = "not attached"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One qualifier of a function. `before` is what must still be there when the change is made.

    An alias that it makes stands for `alias_version`. `remember` and `forget` are tags of the function.
    `unchanged` and `refusal` say why nothing is changed.
    """

    source: Source
    qualifier: str
    before: InvokeConfig = field(default_factory=InvokeConfig)
    after: InvokeConfig = field(default_factory=InvokeConfig)
    makes_alias: bool = False
    alias_version: str = LATEST
    removes_alias: bool = False
    remember: dict[str, str] = field(default_factory=dict)
    forget: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    unchanged: str = "it is so already"
    refusal: str | None = None

    @property
    def target(self) -> FunctionArn:
        return self.source.arn.with_qualifier(self.qualifier)

    @property
    def is_nothing(self) -> bool:
        """It is so already."""
        return (
            self.before == self.after and not self.makes_alias and not self.removes_alias and not self.forget
        )

    def refused(self, why: str) -> "Change":
        return replace(
            self,
            after=self.before,
            makes_alias=False,
            removes_alias=False,
            remember={},
            forget=(),
            refusal=why,
        )

    def as_json(self) -> dict[str, Any]:
        return {
            "function": self.source.name,
            "qualifier": self.qualifier,
            "change": "refused" if self.refusal else "none" if self.is_nothing else "changes",
            "before": self.before.as_json(),
            "after": self.after.as_json(),
            "role": self.source.role,
            "notes": list(self.notes),
            "refusal": self.refusal,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Attaching:
    """How functions are to be attached."""

    addresses: Addresses
    destination: str
    replace_others: bool = False
    confirm_success: bool = False

    def changes(self, source: Source, qualifier: str) -> Iterator[Change]:
        if self.confirm_success and qualifier == REPLAY_ALIAS:
            yield self._change(source, qualifier, on_success=True)
            return
        first = self._change(source, qualifier, on_success=False)
        yield first
        if self.confirm_success and first.refusal is None:
            # What is replayed runs what has failed.
            version = source.aliases.get(qualifier, qualifier)
            yield self._change(source, REPLAY_ALIAS, on_success=True, like=first.after, version=version)

    def _change(
        self,
        source: Source,
        qualifier: str,
        *,
        on_success: bool,
        like: InvokeConfig | None = None,
        version: str | None = None,
    ) -> Change:
        known = qualifier in source.configs
        before = source.configs.get(qualifier, InvokeConfig())
        # A new alias retries as the function does.
        start = before if known or like is None else replace(like, failure=None, success=None)
        success = self.destination if on_success else start.success
        after = replace(start, failure=self.destination, success=success)
        taken = [
            f"{name} already goes to {short(old)}"
            for name, old, new in (
                ("what fails", before.failure, after.failure),
                ("what succeeds", before.success, after.success),
            )
            if old and old != new
        ]
        refusal = self._refusal(source, qualifier, on_success=on_success)
        if refusal is None and taken and not self.replace_others:
            refusal = f"{' and '.join(taken)}: give --replace to send it here instead"
        makes_alias = on_success and qualifier not in source.aliases
        remember = {} if refusal else self._memory(source, qualifier, before, after, makes_alias)
        return Change(
            source=source,
            qualifier=qualifier,
            before=before,
            after=before if refusal else after,
            makes_alias=makes_alias and refusal is None,
            alias_version=version or LATEST,
            remember=remember,
            # A shorter memory takes fewer tags.
            forget=tuple(
                key
                for key in previous_config.keys(source.tags, qualifier)
                if remember and key not in remember
            ),
            notes=tuple(self._notes(source, qualifier, version)),
            refusal=refusal,
        )

    def _memory(
        self, source: Source, qualifier: str, before: InvokeConfig, after: InvokeConfig, makes_alias: bool
    ) -> dict[str, str]:
        if before == after:
            return {}
        earlier = _own_memory(source, qualifier, self.addresses) or PreviousConfig(
            stack=self.addresses.stack, bare=before.is_empty
        )
        # What this service set earlier is not what was there before it.
        if before.failure != after.failure and not (
            earlier.had_failure and self.addresses.takes(before.failure)
        ):
            earlier = replace(earlier, had_failure=True, failure=before.failure)
        if before.success != after.success and not (
            earlier.had_success and self.addresses.takes(before.success)
        ):
            earlier = replace(earlier, had_success=True, success=before.success)
        return replace(earlier, made_alias=earlier.made_alias or makes_alias).tags(qualifier)

    def _refusal(self, source: Source, qualifier: str, *, on_success: bool) -> str | None:
        if self.addresses.is_own(source.name):
            return "it is a part of this service: its failures go to the queue's DLQ"
        if source.durable:
            return "Lambda gives durable functions no destinations; doctor says what else there is"
        is_named = qualifier == LATEST or qualifier.isdigit() or qualifier in source.aliases
        if not on_success and not is_named:
            return f"it has no alias {qualifier}"
        return why_not(source.arn, self.destination, on_success=on_success)

    def _notes(self, source: Source, qualifier: str, version: str | None) -> Iterator[str]:
        if not self.addresses.allow_list.allows(source.arn.with_qualifier(qualifier)):
            yield (
                "matches no pattern of ReplayableFunctions: its failures are stored and explained, "
                "but can't be replayed"
            )
        if source.managed_by:
            yield (
                f"comes from the stack {source.managed_by}: write the destination into its template too, "
                "or a deployment may take it away"
            )
        if source.tenants:
            yield "isolates its tenants: records do not name them, so each replay has to (--tenant)"
        if qualifier == REPLAY_ALIAS:
            yield from _alias_notes(source, version)


@dataclass(frozen=True, slots=True, kw_only=True)
class Detaching:
    """How functions are to be detached."""

    addresses: Addresses

    def changes(self, source: Source, qualifier: str | None) -> Iterator[Change]:
        """All qualifiers that are attached, or the one that is named; one that changes nothing, if none."""
        qualifiers = [qualifier] if qualifier else sorted(source.configs)
        changes = [self._change(source, each) for each in qualifiers]
        attached = [change for change in changes if not change.is_nothing]
        yield from attached or [self._not_attached(source, qualifier or LATEST)]

    def _not_attached(self, source: Source, qualifier: str) -> Change:
        config = source.configs.get(qualifier, InvokeConfig())
        return Change(source=source, qualifier=qualifier, before=config, after=config, unchanged=NOT_ATTACHED)

    def _change(self, source: Source, qualifier: str) -> Change:
        before = source.configs.get(qualifier, InvokeConfig())
        found = _own_memory(source, qualifier, self.addresses)
        known = found or PreviousConfig(stack=self.addresses.stack)
        after, notes = before, []
        if self._set(before.failure, known.had_failure):
            after = replace(after, failure=known.failure)
        if self._set(before.success, known.had_success):
            after = replace(after, success=known.success)
        if after == before and found:
            notes.append("its destinations have been changed since: they are left as they are")
        elif after != before and not found:
            notes.append("what was there before is not recorded: the destination is taken away")
        removes = known.made_alias and after != before and after.failure is None and after.success is None
        if removes or (known.bare and after != before and after.is_default):
            after = InvokeConfig()
        if removes:
            # The alias was made for its two destinations alone.
            notes.append(f"policies and jobs that replay through {qualifier} are refused from then on")
        if source.managed_by and after != before and not found:
            notes.append(f"comes from the stack {source.managed_by}, whose next deployment may set it again")
        return Change(
            source=source,
            qualifier=qualifier,
            before=before,
            after=after,
            removes_alias=removes,
            forget=tuple(previous_config.keys(source.tags, qualifier)) if found else (),
            notes=tuple(notes),
        )

    def _set(self, destination: str | None, was_set: bool) -> bool:
        """Whether it is to be taken away. The event bus is other people's too: only if attaching set it."""
        return destination in self.addresses.all_addresses or (was_set and self.addresses.takes(destination))


def _alias_notes(source: Source, wanted: str | None) -> Iterator[str]:
    """`wanted` is the version that it would stand for if it were made now."""
    there = source.aliases.get(REPLAY_ALIAS)
    if there and wanted and there != wanted:
        yield (
            f"its alias {REPLAY_ALIAS} is there already, for version {there}: replays through it run that, "
            f"not {wanted}"
        )
    elif (there or wanted or LATEST) != LATEST:
        yield (
            f"its alias {REPLAY_ALIAS} stands for version {there or wanted} and follows no other alias: "
            f"after a deployment, aws lambda update-alias --function-name {source.name} "
            f"--name {REPLAY_ALIAS} --function-version N"
        )


def _own_memory(source: Source, qualifier: str, addresses: Addresses) -> PreviousConfig | None:
    """Another stack's memory says nothing about this one."""
    found = remembered(source.tags, qualifier)
    return found if found and found.stack == addresses.stack else None
