"""What the command line says about itself, and about arguments that it can't read."""

import subprocess
import sys
from typing import Any

import pytest
import typer

from lambda_replay_cli.main import app
from tests.cli.support.run import run

COMMANDS = [
    "status", "list", "show", "groups", "group", "stats", "payload", "pull", "export", "explain", "replay",
    "job", "policy", "ignore", "reopen", "confirm", "forget", "attach", "detach", "doctor", "dlq", "rules",
    "console",
]  # fmt: skip
SUBCOMMANDS = [
    "job plan", "job start", "job list", "job show", "job watch", "job pause", "job resume", "job cancel",
    "policy show", "policy set", "policy remove", "policy test", "dlq list", "dlq explain", "dlq redrive",
    "rules show", "rules set",
]  # fmt: skip


def help_of(command: str = "") -> str:
    return run(*command.split(), "-h").out


def test_commands_stand_under_headings() -> None:
    text = help_of()
    headings = [line[:-1] for line in text.splitlines() if line.endswith(":") and not line.startswith(" ")]
    assert headings == ["Options", "Look at failures", "Replay", "Set up and check"]
    listed = text[text.index("Look at failures") :]
    assert sorted(COMMANDS) == sorted(
        line.split()[0] for line in listed.splitlines() if line.startswith("  ") and line[2] != " "
    )


@pytest.mark.parametrize("group", ["", "job", "policy", "dlq", "rules"])
def test_summaries_are_whole(monkeypatch: pytest.MonkeyPatch, group: str) -> None:
    monkeypatch.setenv("COLUMNS", "96")
    text = help_of(group)
    assert "..." not in text.replace("[ARGS]...", "")
    assert max(map(len, text.splitlines())) <= 96


@pytest.mark.parametrize("command", [*COMMANDS, *SUBCOMMANDS])
def test_every_command_has_short_help(command: str) -> None:
    assert help_of(command) == run(*command.split(), "--help").out
    assert help_of(command).startswith("Usage: ")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["list", "--profile"], "Option '--profile' requires an argument."),
        (["list", "--profile", "--region", "eu-west-1"], "Option '--profile' requires an argument."),
        (["--stack"], "Option '--stack' requires an argument."),
        (["list", "--function"], "Option '--function' requires an argument."),
        (["list", "--limit", "many"], "'--limit' / '-n': expected a whole number"),
        (["job", "plan", "a", "--rate", "fast"], "'--rate': expected a number"),
        (["job", "watch", "x", "--every", "1000"], "expected a number less than or equal to 300"),
        (["list", "--status", "broken"], "'--status': 'broken' is not one of 'failed', 'replaying'"),
        (["job", "start", "a", "--ramp-sizes", "lots"], "--ramp-sizes lots: expected whole numbers"),
    ],
)
def test_what_can_not_be_read_is_named_in_plain_words(words: list[str], said: str) -> None:
    # As a process: Typer prints its errors at its very end.
    done = subprocess.run(
        [sys.executable, "-m", "lambda_replay_cli", *words], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert said in done.stderr
    assert "Value error" not in done.stderr
    assert "Input should be" not in done.stderr


def options() -> list[tuple[str, str, set[str]]]:
    """Of every command: the command, an option's long name, and all its names."""
    found = []
    waiting: list[tuple[str, Any]] = [("", typer.main.get_command(app))]
    while waiting:
        name, command = waiting.pop()
        waiting += [(f"{name} {each}".strip(), one) for each, one in getattr(command, "commands", {}).items()]
        for parameter in command.params:
            names = {each for each in parameter.opts if each.startswith("-")}
            found += [(name, each, names) for each in names if each.startswith("--")]
    return found


def test_an_option_has_the_same_names_in_every_command() -> None:
    by_name: dict[str, set[frozenset[str]]] = {}
    for _command, name, names in options():
        by_name.setdefault(name, set()).add(frozenset(names))
    assert {name: len(each) for name, each in by_name.items() if len(each) > 1} == {}
    short = {name: min(each - {name}) for name, [each] in by_name.items() if len(each) > 1}
    assert short == {
        "--function": "-f", "--group": "-g", "--interval": "-i", "--limit": "-n", "--output": "-o",
        "--wait": "-w", "--watch": "-w", "--yes": "-y",
    }  # fmt: skip


def test_waiting_is_bounded_by_one_name() -> None:
    names = {name for _command, name, _ in options()}
    assert {command for command, name, _ in options() if name == "--timeout"} == {
        "replay", "detach", "job plan", "job start",
    }  # fmt: skip
    assert not names & {"--patience", "--settle"}
