"""A payload as a tree, drawn from its text: numbers, escapes and equal names stand as they were sent.

Nothing is parsed into values: `1.10` would become `1.1`, and of two equal names one. What a payload can hold
is bounded by Lambda (1 MB), what is drawn by the limits below; the rest is counted.
"""

import re
from dataclasses import dataclass, field

from lambda_replay_cli.console.client import CommandError

MOST_NODES, MOST_IN_ONE, DEEPEST, LONGEST = 2000, 200, 60, 600
_TOKEN = re.compile(
    r"""[ \t\n\r]*+(?:
        (?P<string>"(?:[^"\\\x00-\x1f]|\\["\\/bfnrt]|\\u[0-9a-fA-F]{4})*+")
      | (?P<mark>[{}\[\],:])
      | (?P<number>-?(?:0|[1-9][0-9]*+)(?:\.[0-9]++)?(?:[eE][+-]?[0-9]++)?)(?![0-9A-Za-z.+-])
      | (?P<word>true|false|null)(?![0-9A-Za-z_])
    )""",
    re.VERBOSE,
)
_END = re.compile(r"[ \t\n\r]*+\Z")
_CLOSES = {"{": "}", "[": "]"}


class NotJsonError(CommandError, ValueError):
    """The text is no JSON; the message says at which character."""


@dataclass(slots=True)
class Node:
    """`name` and `text` are as they were sent, quotes included; `kind` is object, array, string, number or
    word. `count` is how many it holds, `children` those that are drawn; `cut` is how many more letters its
    text has, `repeated` whether its name stood there before."""

    kind: str
    name: str | None = None
    text: str = ""
    cut: int = 0
    count: int = 0
    children: list["Node"] = field(default_factory=list)
    repeated: bool = False

    @property
    def left_out(self) -> int:
        return self.count - len(self.children)


@dataclass(slots=True)
class _Open:
    """A container that is being read. `node` is None where it is not drawn."""

    mark: str
    node: Node | None
    names: set[str] = field(default_factory=set)


def tree(text: str) -> Node:
    """Raises `NotJsonError`."""
    top = Node("array")
    opened = [_Open("", top)]
    name: str | None = None
    drawn = at = 0
    state = "value"
    while state != "end":
        found = _TOKEN.match(text, at)
        if found is None:
            raise NotJsonError(f"no JSON at character {at}")
        at, kind, part = found.end(), found.lastgroup or "", found[found.lastgroup or 0]
        around = opened[-1]
        if kind == "mark" and part in "}]":
            if part != _CLOSES.get(around.mark) or state not in ("first", "behind"):
                raise NotJsonError(f"unexpected {part} at character {at - 1}")
            opened.pop()
            state = "behind" if len(opened) > 1 else "end"
        elif state == "behind":
            if part != ",":
                raise NotJsonError(f"expected a comma at character {at - len(part)}")
            state = "name" if around.mark == "{" else "value"
        elif around.mark == "{" and state in ("first", "name"):
            if kind != "string":
                raise NotJsonError(f"expected a name at character {at - len(part)}")
            name, state = part, "colon"
        elif state == "colon":
            if part != ":":
                raise NotJsonError(f"expected a colon at character {at - len(part)}")
            state = "value"
        elif kind == "mark" and part in ",:":
            raise NotJsonError(f"expected a value at character {at - 1}")
        else:
            node = _node(part, kind, name)
            if _belongs(around, node, drawn, len(opened)):
                drawn += 1
            else:
                node = None
            name = None
            if kind == "mark":
                opened.append(_Open(part, node))
                state = "first"
            else:
                state = "behind" if len(opened) > 1 else "end"
    if _END.match(text, at) is None:
        raise NotJsonError(f"more text behind the value at character {at}")
    return top.children[0]


def _node(part: str, kind: str, name: str | None) -> Node | None:
    if kind == "mark":
        return Node("object" if part == "{" else "array", _cut(name))
    return Node(kind, _cut(name), part[:LONGEST], max(0, len(part) - LONGEST))


def _cut(name: str | None) -> str | None:
    return name if name is None or len(name) <= LONGEST else f'{name[:LONGEST]}…"'


def _belongs(around: _Open, node: Node | None, drawn: int, depth: int) -> bool:
    """Counts it, and puts it into the tree where there is room."""
    if around.node is None or node is None:
        return False
    around.node.count += 1
    if node.name is not None and len(around.names) <= MOST_IN_ONE:
        node.repeated = node.name in around.names
        around.names.add(node.name)
    if drawn >= MOST_NODES or len(around.node.children) >= MOST_IN_ONE or depth > DEEPEST:
        return False
    around.node.children.append(node)
    return True
