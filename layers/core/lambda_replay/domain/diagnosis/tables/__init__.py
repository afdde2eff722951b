"""The rules that come with the product, in the order they are tried (labels page, "Order used when
several fit")."""

from __future__ import annotations

from ..rules import Rule
from . import aws, dependency, exits, languages, locks, messages, platform, protocols, sources, types

DEFAULT_RULES: tuple[Rule, ...] = (
    *exits.RULES,
    *platform.RULES,
    *aws.RULES,
    *languages.RULES,
    *protocols.RULES,
    *dependency.RULES,
    *locks.RULES,
    *sources.RULES,
    *types.RULES,
    *messages.RULES,
)
