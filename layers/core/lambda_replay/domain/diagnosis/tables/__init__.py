"""The rules that come with the product, in the order they are tried (labels page, "Order used when
several fit")."""

from __future__ import annotations

from ..rules import Rule
from . import aws, dependency, languages, messages, platform, protocols, sources, types

DEFAULT_RULES: tuple[Rule, ...] = (
    *platform.RULES,
    *aws.RULES,
    *languages.RULES,
    *protocols.RULES,
    *dependency.RULES,
    *sources.RULES,
    *types.RULES,
    *messages.RULES,
)
