"""Which function of a SAM template one that failed is.

The template is looked through line by line: only names are needed of it, and its values may be anything that
CloudFormation's tags compute.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

TEMPLATES = ("template.yaml", "template.yml")
_SERVERLESS = "AWS::Serverless::Function"
_FUNCTIONS = (_SERVERLESS, "AWS::Lambda::Function")
_ENTRY = re.compile(r"^(?P<indent> *)(?P<name>[\w:.-]+|\"[^\"]*\"|'[^']*') *:(?: +(?P<value>.*?))?\s*$")
_COMMENT = re.compile(r"(?:^|\s)#.*$")
_REFERENCE = re.compile(r"\$\{[^}]*\}")


@dataclass(frozen=True, slots=True)
class Found:
    """`handler`, `code` (the folder, from the template's) and `runtime` where the template says them
    plainly."""

    logical_id: str
    handler: str | None = None
    code: str | None = None
    runtime: str | None = None


@dataclass(frozen=True, slots=True)
class _Entry:
    depth: tuple[str, ...]
    value: str


def look_through(folder: Path, function: str) -> Found | None:
    """The function of this name in the folder's template; None when it is not known."""
    for name in TEMPLATES:
        try:
            text = (folder / name).read_text(encoding="utf-8-sig")
        except (OSError, ValueError):
            continue
        return _of(text, function)
    return None


def _of(text: str, function: str) -> Found | None:
    resources: dict[str, dict[str, str]] = {}
    shared: dict[str, str] = {}
    for entry in _entries(text):
        match entry.depth:
            case ("Resources", logical_id, "Type"):
                resources.setdefault(logical_id, {})["Type"] = entry.value
            case ("Resources", logical_id, "Properties", name):
                resources.setdefault(logical_id, {})[name] = entry.value
            case ("Globals", "Function", name):
                shared[name] = entry.value
    functions = {name: found for name, found in resources.items() if found.get("Type") in _FUNCTIONS}
    named = [name for name, found in functions.items() if _is_named(found.get("FunctionName", ""), function)]
    made = [name for name in functions if _is_made_of(name, function)]
    # The longest: `Orders` is in the name that was made of `OrdersImport` too.
    for names in (named, sorted(made, key=len, reverse=True)[:1]):
        if len(names) == 1:
            found = functions[names[0]]
            properties = {**shared, **found} if found["Type"] == _SERVERLESS else found
            return Found(
                names[0], *(_plain(properties.get(name, "")) for name in ("Handler", "CodeUri", "Runtime"))
            )
    return None


def _entries(text: str) -> Iterator[_Entry]:
    """Each `name: value` with the names that it stands below."""
    above: list[tuple[int, str]] = []
    for line in text.splitlines():
        match = _ENTRY.match(_COMMENT.sub("", line))
        if match is None:
            continue
        indent = len(match["indent"])
        while above and above[-1][0] >= indent:
            above.pop()
        above.append((indent, match["name"].strip("\"'")))
        yield _Entry(tuple(name for _, name in above), (match["value"] or "").strip("\"'"))


def _is_named(written: str, function: str) -> bool:
    """`orders`, or `!Sub ${Stage}-orders`, whose references may be anything."""
    pattern = written.removeprefix("!Sub").strip().strip("\"'")
    if not pattern or pattern.startswith("!") or not _REFERENCE.sub("", pattern).strip("-_"):
        return False
    parts = (re.escape(part) for part in _REFERENCE.split(pattern))
    return re.fullmatch(".+".join(parts), function) is not None


def _is_made_of(logical_id: str, function: str) -> bool:
    """CloudFormation makes `STACK-LogicalId-XXXXXXXXXXXX` where no name is given."""
    return re.search(rf"-{re.escape(logical_id)}-[A-Za-z0-9]{{8,}}$", function) is not None


def _plain(value: str) -> str | None:
    return None if not value or value.startswith("!") or "${" in value else value
