"""`lambda-replay console` as a command, what it needs, and what ships with it."""

import builtins
import shutil
import socket
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from lambda_replay_cli.client.config import ConnectionOptions, completed, stack_label
from lambda_replay_cli.console.web import run as running
from lambda_replay_cli.console.web import server
from lambda_replay_cli.console.web.access import Access
from lambda_replay_cli.errors import UsageError
from tests.cli.support.api_server import Api, connected
from tests.cli.support.run import run
from tests.support.template import ROOT


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Applications that would have been served; each is told to have started."""
    found: list[Any] = []

    def serve(app: Any, listening: socket.socket, started: Any) -> None:
        found.append((app, listening.getsockname()))
        listening.close()
        started()

    monkeypatch.setattr(running, "serve", serve)
    return found


def test_it_prints_a_link_to_this_machine(api: Api, served: list[Any]) -> None:
    with connected(api):
        outcome = run("console", "--no-browser", "--open", "executions/r-1")
    assert outcome.code == 0
    [(_, (host, port))] = served
    assert host == "127.0.0.1"
    assert f"http://127.0.0.1:{port}/open?token=" in outcome.err
    assert "to=%2Fexecutions%2Fr-1" in outcome.err
    assert "warning" not in outcome.err


def test_another_address_is_warned_of(api: Api, served: list[Any]) -> None:
    with connected(api):
        outcome = run("console", "--no-browser", "--host", "0.0.0.0")  # noqa: S104  # what is warned of
    assert "warning: 0.0.0.0 can be reached from other machines" in outcome.err
    assert "ssh -L" in outcome.err


def test_a_port_that_is_taken_is_passed_over_and_a_named_one_is_not() -> None:
    first = server.bound("127.0.0.1", None)
    port = first.getsockname()[1]
    try:
        second = server.bound("127.0.0.1", None)
        assert second.getsockname()[1] not in (0, port)
        second.close()
        with pytest.raises(UsageError, match=f"port {port}"):
            server.bound("127.0.0.1", port)
        with pytest.raises(UsageError, match="no port"):
            server.bound("192.0.2.1", None)
    finally:
        first.close()


def test_without_its_packages_it_says_which_to_install(monkeypatch: pytest.MonkeyPatch, api: Api) -> None:
    for name in [name for name in sys.modules if name.startswith("lambda_replay_cli.console")]:
        monkeypatch.delitem(sys.modules, name)
    known = builtins.__import__

    def without(name: str, *rest: Any, **more: Any) -> Any:
        if name.partition(".")[0] == "starlette":
            raise ModuleNotFoundError("No module named 'starlette'", name="starlette")
        return known(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", without)
    outcome = run("console")
    assert outcome.code == 3
    assert "pip install 'lambda-replay[console]'" in outcome.err


def test_a_browser_is_opened_where_there_is_a_display(
    monkeypatch: pytest.MonkeyPatch, api: Api, served: list[Any]
) -> None:
    opened: list[str] = []
    monkeypatch.setattr("webbrowser.open", opened.append)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    monkeypatch.delenv("DISPLAY", raising=False)
    with connected(api):
        run("console")
        assert opened == []
        monkeypatch.setenv("DISPLAY", ":0")
        run("console")
    assert len(opened) == 1


def test_every_link_has_a_token_of_its_own() -> None:
    access = Access("c")
    links = {server.link(access, "::1", 8420) for _ in range(3)}
    assert len(links) == 3
    assert all(link.startswith("http://[::1]:8420/open?token=") for link in links)


LABELLED = 'stack = "orders"\n[stacks.orders]\nname = "production"\ncolour = "red"\n'


def test_the_config_file_names_stacks(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text(LABELLED)
    environment = {"LAMBDA_REPLAY_CONFIG": str(path)}
    assert stack_label("orders", environment) == ("production", "red")
    assert stack_label("other", environment) == ("", "")
    # Which stack it is is found as before.
    assert completed(ConnectionOptions(), environment).stack == "orders"


@pytest.mark.parametrize("text", ['stacks = "x"', '[stacks]\norders = "x"', "[stacks.orders]\nname = 1"])
def test_names_that_are_none_are_said(tmp_path: Path, text: str) -> None:
    path = tmp_path / "config.toml"
    path.write_text(text)
    with pytest.raises(UsageError, match="stacks"):
        stack_label("orders", {"LAMBDA_REPLAY_CONFIG": str(path)})


def test_templates_styles_and_the_script_are_in_the_wheel(tmp_path: Path) -> None:
    source = tmp_path / "source"
    for part in ("cli", "layers/core"):
        shutil.copytree(
            ROOT / part, source / part, ignore=shutil.ignore_patterns("*.egg-info", "__pycache__")
        )
    shutil.copy(ROOT / "pyproject.toml", source)
    command = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "--quiet",
        "--no-deps",
        "--no-build-isolation",
        "--no-index",
    ]
    done = subprocess.run([*command, "-w", tmp_path, source], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    [wheel] = tmp_path.glob("*.whl")
    folder = ROOT / "cli" / "lambda_replay_cli" / "console"
    wanted = {
        f"lambda_replay_cli/console/{path.relative_to(folder)}"
        for part in ("templates", "static")
        for path in (folder / part).iterdir()
    }
    with zipfile.ZipFile(wheel) as archive:
        assert wanted <= set(archive.namelist())
