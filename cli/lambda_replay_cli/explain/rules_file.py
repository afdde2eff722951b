"""A team's own rules, from a file that is to be right before anything is explained by it."""

from dataclasses import dataclass
from typing import Any

from lambda_replay.domain.diagnosis import Rule, RuleError, check_examples, load_rules
from lambda_replay_cli.errors import UsageError
from lambda_replay_cli.files import STANDARD_INPUT, parsed, whole_text


@dataclass(frozen=True, slots=True)
class RulesFile:
    """`rows` are the rules as the file has them, `reason` what it says beside them."""

    rows: list[dict[str, Any]]
    rules: tuple[Rule, ...]
    reason: str | None


def own_rules(path: str) -> tuple[Rule, ...]:
    """As `rules_file`, the rules alone."""
    return rules_file(path).rules


def rules_file(path: str) -> RulesFile:
    """A JSON list of rules, or an object that has it as `rules`. Raises `UsageError`."""
    name = "standard input" if path == STANDARD_INPUT else path
    given = parsed(whole_text(path, name, "Name a JSON file with a list of rules."), name)
    try:
        rows: Any = given.get("rules") if isinstance(given, dict) else given
        rules = load_rules(rows)
        check_examples(rules)
    except RuleError as error:
        raise UsageError(f"{name}: {error}") from None
    reason = given.get("reason") if isinstance(given, dict) else None
    return RulesFile(rows, rules, reason if isinstance(reason, str) else None)
