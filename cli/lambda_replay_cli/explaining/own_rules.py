"""A team's own rules, from a file that is to be right before anything is explained by it."""

import json
from pathlib import Path
from typing import Any

from lambda_replay.domain.diagnosis import Rule, RuleError, check_examples, load_rules
from lambda_replay_cli.ending import UsageError


def own_rules(path: str) -> tuple[Rule, ...]:
    """A JSON list of rules, or an object that has it as `rules`. Raises `UsageError`."""
    given = _parsed(path, _text(path))
    try:
        rows: Any = given.get("rules") if isinstance(given, dict) else given
        rules = load_rules(rows)
        check_examples(rules)
    except RuleError as error:
        raise UsageError(f"{path}: {error}") from None
    return rules


def _text(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise UsageError(f"{path}: not valid UTF-8 at byte {error.start}. Save it as UTF-8.") from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise UsageError(f"{path}: {reason}. Name a JSON file with a list of rules.") from None


def _parsed(path: str, text: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise UsageError(f"{path}: not valid JSON: {error.msg} ({place})") from None
    except (ValueError, RecursionError):
        raise UsageError(f"{path}: not valid JSON: nested too deeply, or a number is too long") from None
