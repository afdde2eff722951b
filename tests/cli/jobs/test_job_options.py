"""What is asked of the API, by what stands on the command line."""

import io
import json
from pathlib import Path
from typing import Any

import pytest

from api.jobs.models import JobRequest
from lambda_replay_cli import input_values as given_files
from lambda_replay_cli.errors import UsageError
from lambda_replay_cli.jobs.request import JobOptions, request_of
from tests.cli.support.api_server import connected, served
from tests.cli.support.job_objects import plan
from tests.cli.support.objects import FINGERPRINT
from tests.cli.support.run import Outcome, run


def asked(*arguments: str, given: str = "") -> dict[str, Any]:
    """The body of the request that `job plan` sends, which the API must take."""
    with served() as api, connected(api):
        api.says("POST", "/jobs/plan", plan())
        outcome = run("job", "plan", *arguments, given=given)
        assert (outcome.code, outcome.err) == (0, "")
        [one] = api.asked
    JobRequest.model_validate(one.body)
    body: dict[str, Any] = one.body
    return body


def refused(*arguments: str, given: str = "") -> Outcome:
    """Nothing is asked of anybody."""
    with served() as api, connected(api):
        outcome = run("job", "plan", *arguments, given=given)
        assert api.asked == []
    assert (outcome.code, outcome.out) == (2, "")
    return outcome


def test_without_options_the_api_decides_everything_but_the_selection() -> None:
    assert asked("--function", "orders") == {"filter": {"function": "orders"}}


def test_several_groups_are_one_filter() -> None:
    other = "aa" * 16
    assert asked("--group", FINGERPRINT, "-g", other) == {"filter": {"groups": [FINGERPRINT, other]}}


def test_a_tenant_is_passed_on() -> None:
    for tenant in ("blue", "jmespath:detail.customer"):
        assert asked("--function", "orders", "--tenant", tenant)["tenant"] == tenant


def test_every_filter_of_the_api_is_an_option() -> None:
    words = [
        "--function", "orders", "--group", FINGERPRINT, "--category", "timeout", "--verdict", "as_is",
        "--status", "failed", "--error-type", "KeyError", "--from", "2026-01-30T09:00:00Z",
        "--to", "2026-01-31T10:00:00+01:00",
    ]  # fmt: skip
    assert asked(*words) == {
        "filter": {
            "function": "orders",
            "group": FINGERPRINT,
            "category": "timeout",
            "verdict": "as_is",
            "status": "failed",
            "error_type": "KeyError",
            "from": "2026-01-30T09:00:00Z",
            "to": "2026-01-31T09:00:00Z",
        }
    }


def test_every_option_of_the_api_is_an_option() -> None:
    words = [
        "a", "b", "a", "--rate", "0.5", "--ramp-sizes", "1,10", "--timeout", "1m", "--guard-share", "0.1",
        "--guard-minimum", "5", "--stop-on-new-error", "--qualifier", "replay", "--target", "orders-2",
        "--patch", '{"currency": "EUR"}', "--max-age", "36h", "--force", "--name", "n", "--reason", "r",
    ]  # fmt: skip
    assert asked(*words) == {
        "ids": ["a", "b"],
        "rate": 0.5,
        "ramp": [1, 10],
        "patience_seconds": 60,
        "guard": {"failed_share": 0.1, "minimum": 5, "new_group": True},
        "qualifier": "replay",
        "function": "orders-2",
        "patch": {"currency": "EUR"},
        "max_age": "36h",
        "mode": "force",
        "name": "n",
        "reason": "r",
    }


def test_no_guard_is_said_aloud_for_the_api_has_one_by_default() -> None:
    assert asked("a", "--no-guard")["guard"] is None


def test_an_age_without_a_unit_is_in_seconds() -> None:
    assert asked("a", "--max-age", "90")["max_age"] == 90


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["a", "--ramp"], True),
        (["--ramp", "a"], True),
        (["a", "--ramp-sizes", "1,5,20"], [1, 5, 20]),
        (["a", "--ramp", "--ramp-sizes=3"], [3]),
    ],
)
def test_a_ramp_needs_no_sizes(words: list[str], expected: object) -> None:
    assert asked(*words)["ramp"] == expected


def test_sizes_of_a_ramp_that_are_none_are_reported_with_the_fix() -> None:
    with pytest.raises(UsageError, match="1,10,100"):
        request_of(JobOptions(ids=["a"], ramp_sizes="1,x"))


@pytest.mark.parametrize(
    "text",
    [
        "a\n\n# a comment\nb\r\n",
        '{"id": "a", "status": "failed"}\n{"id": "b"}\n',
        '[{"id": "a"}, "b"]',
        "id,status\na,failed\nb,failed\n",
        "\ufeffa\nb",
    ],
)
def test_ids_are_read_from_whatever_the_commands_print(tmp_path: Path, text: str) -> None:
    path = tmp_path / "ids"
    path.write_text(text)
    assert asked("--ids-from", str(path)) == {"ids": ["a", "b"]}


def test_ids_are_read_from_a_pipe() -> None:
    assert asked("--ids-from", "-", "c", given="a\nb\n") == {"ids": ["c", "a", "b"]}


def test_five_hundred_ids_are_a_job_and_one_more_are_none(tmp_path: Path) -> None:
    path = tmp_path / "ids"
    path.write_text("\n".join(f"id-{number}" for number in range(500)))
    assert len(asked("--ids-from", str(path))["ids"]) == 500
    assert "500 at most" in refused("--ids-from", str(path), "one-more").err


@pytest.mark.parametrize("content", [b'{"name": "x"}', b'{"id": ', b"\xff\xfe", b"[1]"])
def test_a_file_without_ids_is_reported_with_the_fix(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "ids"
    path.write_bytes(content)
    outcome = refused("--ids-from", str(path))
    assert outcome.err.startswith(f"lambda-replay: {path}")


@pytest.mark.parametrize("given", ["", "\n# nothing\n"])
@pytest.mark.parametrize("command", [["job", "start", "--yes", "--ids-from"], ["replay"]])
def test_nothing_in_a_pipe_is_nothing_to_do(command: list[str], given: str) -> None:
    outcome = run(*command, "-", given=given)
    assert outcome.code == 1
    assert "nothing to do" in outcome.err


@pytest.mark.parametrize("text", ['[{"op": "remove", "path": "/a"}]', ' {"a": null}'])
def test_a_patch_stands_on_the_line_or_in_a_file(tmp_path: Path, text: str) -> None:
    path = tmp_path / "patch.json"
    path.write_text(text)
    expected = json.loads(text)
    for said in (text, str(path), f"@{path}"):
        assert asked("a", "--patch", said)["patch"] == expected


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "say which executions"),
        (["a", "--function", "orders"], "either ids or filters"),
        (["a", "--force", "--mode", "if_not_replayed"], "exclude each other"),
        (["a", "--no-guard", "--guard-share", "0.1"], "--no-guard never halts"),
        (["a", "--patch", "{nonsense"], "line 1, column 2"),
        (["a", "--patch", "/nowhere.json"], "No such file"),
        (["--from", "the day before"], "no time"),
        (["--ids-from", "/nowhere"], "No such file"),
        (["--category", "weather"], "'timeout'"),
    ],
)
def test_bad_options_are_refused_before_anything_is_requested(words: list[str], said: str) -> None:
    assert said in refused(*words).err


def test_a_patch_is_refused_by_no_other_words_than_its_own(tmp_path: Path) -> None:
    path = tmp_path / "patch.json"
    path.write_bytes(b"\xff\xfe{")
    assert "not valid UTF-8" in refused("a", "--patch", str(path)).err


def test_standard_input_that_is_not_text_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"\xff"), encoding="utf-8"))
    with pytest.raises(UsageError, match="standard input: not valid UTF-8"):
        given_files.ids_from("-")


def test_nothing_said_is_nothing_sent() -> None:
    assert request_of(JobOptions(ids=["a"])) == {"ids": ["a"]}
