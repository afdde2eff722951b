"""A team's own rules: read, checked by their examples, tried first."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.support.run import Outcome, run
from tests.support.world.service import record_text


def rule(**changes: Any) -> dict[str, Any]:
    return {
        "id": "legacy-gateway",
        "category": "transient_dependency",
        "verdict": "as_is",
        "when": {"message": ["gateway * is napping"]},
        **changes,
    }


NAP = {"errorType": "ValueError", "errorMessage": "Gateway 7 is NAPPING"}


def explain_by(tmp_path: Path, rules: str | bytes, response: object = NAP) -> Outcome:
    path = tmp_path / "rules.json"
    path.write_bytes(rules if isinstance(rules, bytes) else rules.encode())
    return run("explain", "-", "--rules", str(path), given=record_text("r-1", response=json.dumps(response)))


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("given", [[rule()], {"rules": [rule()]}])
def test_own_rules_come_first(tmp_path: Path, given: object, mark: bytes) -> None:
    (found,) = explain_by(tmp_path, mark + json.dumps(given).encode()).objects
    assert (found["rule"], found["category"]) == ("legacy-gateway", "transient_dependency")


def test_an_error_alone_comes_of_a_function_that_ran(tmp_path: Path) -> None:
    path = tmp_path / "rules.json"
    path.write_text(json.dumps([rule(when={"status": "200"})]))
    (found,) = run("explain", "-", "--rules", str(path), given=json.dumps(NAP)).objects
    assert found["rule"] == "legacy-gateway"


def test_the_services_rules_come_after_them(tmp_path: Path) -> None:
    timeout = {"errorMessage": "2026-01-31T09:00:00.000Z r-1 Task timed out after 3.00 seconds"}
    (found,) = explain_by(tmp_path, json.dumps([rule()]), timeout).objects
    assert found["category"] == "timeout"


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (
            json.dumps([rule(id="fine"), rule(category="bad luck")]),
            "rule 2 ('legacy-gateway'): 'bad luck' is no category",
        ),
        (json.dumps([rule(when={"mesage": "x"})]), "unknown field 'mesage'"),
        (json.dumps([rule(confidence=float("nan"))]), "'confidence'"),
        ("{}", "rules must be a list"),
        ('"rules"', "rules must be a list"),
        ('[\n{"id": }]', "not valid JSON: Expecting value (line 2, column 8)"),
        ("", "not valid JSON"),
        ("[" * 100_000, "nested too deeply"),
        ("[" + "1" * 5000 + "]", "a number is too long"),
        (b"\xff\xfe[", "not valid UTF-8 at byte 0"),
        (
            json.dumps([rule(example={"errorMessage": "other"})]),
            "rule 'legacy-gateway': its example is decided by",
        ),
        (json.dumps([rule(example={"@statu": 1})]), "known are @function"),
        (json.dumps([rule(example={"@status": "404"})]), "'@status' of its example has the wrong type"),
        (json.dumps([rule(example={"@status": True})]), "'@status' of its example has the wrong type"),
    ],
)
def test_bad_rules_are_refused_before_anything_is_explained(
    tmp_path: Path, given: str | bytes, words: str
) -> None:
    outcome = explain_by(tmp_path, given)
    assert (outcome.code, outcome.out) == (2, "")
    (problem,) = outcome.problems
    assert problem.startswith(f"lambda-replay: {tmp_path}/rules.json: ")
    assert words in problem


@pytest.mark.parametrize("name", ["", "/", "missing.json", "\0"])
def test_a_rules_file_that_is_not_there_is_named(tmp_path: Path, name: str) -> None:
    outcome = run("explain", "-", "--rules", str(tmp_path) + "/" + name, given=record_text("r-1"))
    assert (outcome.code, outcome.out) == (2, "")
    assert "Name a JSON file with a list of rules" in outcome.err


def test_an_example_that_its_rule_decides_is_no_obstacle(tmp_path: Path) -> None:
    limited = rule(when={"function": "pay*"}, example={**NAP, "@function": "payments"})
    assert explain_by(tmp_path, json.dumps([limited])).code == 0


def test_an_example_is_decided_with_all_rules_in_place(tmp_path: Path) -> None:
    first, second = rule(id="first"), rule(id="second", example=NAP)
    refused = explain_by(tmp_path, json.dumps([first, second]))
    assert (refused.code, refused.out) == (2, "")
    assert "'second': its example is decided by the rule 'first'" in refused.err
    assert explain_by(tmp_path, json.dumps([second, first])).code == 0
