"""The folders are the design: which depends on which, and how much one folder holds."""

import ast
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

from tests.support.template import ROOT

SOURCES = ("layers/core", "functions", "cli", ".")
PACKAGES = (
    "lambda_replay",
    "api",
    "replay",
    "triage",
    "lambda_replay_cli",
    "local",
    "bench",
    "tools",
)
# Each depends on those before it in its line, and never on one behind it. Names within braces stand side by
# side and do not know each other.
ORDER = {
    "lambda_replay": "domain ports use_cases adapters",
    "lambda_replay.domain": "{diagnosis functions} {intake groups} executions {jobs policies}",
    "lambda_replay.ports": "common {executions groups functions invoker alerts} {jobs policies}",
    "lambda_replay.use_cases": "executions replays groups {policies jobs} intake sweep",
    "lambda_replay.adapters": "aws dynamodb storage",
    "lambda_replay.adapters.dynamodb": "shared executions groups {jobs policies}",
    "lambda_replay_cli": (
        "output errors {client input_values} {lists groups attachments jobs status} "
        "{policies dlq doctor executions explain pull} screens console commands main"
    ),
    "lambda_replay_cli.console": "client rendering backend {executions functions health jobs} groups web",
}
MOST_MODULES = 12
# One file for each command, each step of a diagnosis, each thing that the emulator lacks.
MAY_HOLD_MORE = {
    "local/completions": 20,
    "cli/lambda_replay_cli/commands": 30,
    "layers/core/lambda_replay/domain/diagnosis": 22,
}
LONGEST = 450
"""Lines of a module: a limit for what has grown unnoticed, not a measure of ideas."""


@cache
def modules() -> dict[str, Path]:
    """Every module of the product by its dotted name; a package is its `__init__.py`."""
    found = {}
    for source in SOURCES:
        for package in PACKAGES:
            for path in (ROOT / source / package).rglob("*.py"):
                parts = path.relative_to(ROOT / source).with_suffix("").parts
                found[".".join(parts).removesuffix(".__init__")] = path
    return found


@cache
def imports() -> frozenset[tuple[str, str]]:
    """Who imports whom, both by their dotted names."""
    return frozenset(
        (name, other) for name, path in modules().items() for other in _imported(name, path) if other != name
    )


def _imported(name: str, path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in modules())
        elif isinstance(node, ast.ImportFrom):
            package = name if path.name == "__init__.py" else name.rpartition(".")[0]
            for _ in range(node.level - 1):
                package = package.rpartition(".")[0]
            base = ".".join(filter(None, (package if node.level else "", node.module)))
            for alias in node.names:
                inner = f"{base}.{alias.name}"
                if inner in modules() or base in modules():
                    yield inner if inner in modules() else base


def _parts_of(package: str) -> dict[str, set[str]]:
    """What is directly in the package, each with what else of the package it imports."""
    graph = defaultdict[str, set[str]](set)
    for importing, imported in imports():
        inside = [
            name.removeprefix(f"{package}.").split(".")[0]
            for name in (importing, imported)
            if name.startswith(f"{package}.")
        ]
        if len(inside) == 2 and inside[0] != inside[1]:
            graph[inside[0]].add(inside[1])
    return graph


@pytest.mark.parametrize(
    "package", sorted(name for name, path in modules().items() if path.name == "__init__.py")
)
def test_no_circles(package: str) -> None:
    """Neither between modules of a folder nor between folders that stand side by side."""
    try:
        TopologicalSorter(_parts_of(package)).prepare()
    except CycleError as error:
        pytest.fail(f"{package}: {' → '.join(error.args[1])}")


@pytest.mark.parametrize("package", ORDER)
def test_one_direction(package: str) -> None:
    graph = _parts_of(package)
    rank: dict[str, int] = {}
    for number, names in enumerate(_ranks(ORDER[package])):
        rank |= dict.fromkeys(names, number)
    missing = [name for name in rank if f"{package}.{name}" not in modules()]
    assert missing == []
    for name in rank:
        for other in graph.get(name, ()):
            assert other not in rank or rank[other] < rank[name], f"{package}: {name} imports {other}"


def _ranks(order: str) -> Iterator[list[str]]:
    for part in order.replace("{", "|{").replace("}", "|").split("|"):
        if part.startswith("{"):
            yield part.removeprefix("{").split()
        else:
            yield from ([name] for name in part.split())


def test_a_folder_can_be_taken_in_at_a_glance() -> None:
    folders = {path.parent for path in (ROOT / "tests").rglob("*.py") if "node_modules" not in path.parts}
    folders |= {path.parent for path in modules().values()}
    crowded = {}
    for folder in folders:
        name = str(folder.relative_to(ROOT))
        count = len([path for path in folder.glob("*.py") if path.name not in ("__init__.py", "conftest.py")])
        if count > MAY_HOLD_MORE.get(name, MOST_MODULES):
            crowded[name] = count
    assert crowded == {}


def test_no_module_grows_unnoticed() -> None:
    long = {name: lines for name, path in modules().items() if (lines := _lines(path)) > LONGEST}
    assert long == {}


def _lines(path: Path) -> int:
    return len(path.read_text().splitlines())


def test_every_folder_says_what_it_is_about() -> None:
    """And packages hold nothing else that would be loaded with each of their modules."""
    for name, path in modules().items():
        if path.name == "__init__.py" and name.split(".")[0] != "bench":
            assert ast.get_docstring(ast.parse(path.read_text())), name


@pytest.mark.parametrize("part", ["domain", "ports", "use_cases"])
def test_every_public_function_of_the_core_says_what_it_does(part: str) -> None:
    silent = []
    for name, path in modules().items():
        if name.startswith(f"lambda_replay.{part}."):
            tree = ast.parse(path.read_text())
            classes = [node for node in tree.body if isinstance(node, ast.ClassDef)]
            for body in (tree.body, *(one.body for one in classes)):
                silent += [
                    f"{name}.{node.name}"
                    for node in body
                    if isinstance(node, ast.FunctionDef)
                    and node.name[0] != "_"
                    and not ast.get_docstring(node)
                ]
    assert silent == []
