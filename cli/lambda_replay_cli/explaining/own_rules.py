"""A team's own rules, from a file that is to be right before anything is explained by it."""

from typing import Any

from lambda_replay.domain.diagnosis import Rule, RuleError, check_examples, load_rules
from lambda_replay_cli.ending import UsageError
from lambda_replay_cli.files import parsed, whole_text


def own_rules(path: str) -> tuple[Rule, ...]:
    """A JSON list of rules, or an object that has it as `rules`. Raises `UsageError`."""
    given = parsed(whole_text(path, path, "Name a JSON file with a list of rules."), path)
    try:
        rows: Any = given.get("rules") if isinstance(given, dict) else given
        rules = load_rules(rows)
        check_examples(rules)
    except RuleError as error:
        raise UsageError(f"{path}: {error}") from None
    return rules
