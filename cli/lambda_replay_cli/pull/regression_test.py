"""A regression test that feeds the event to the handler, for the developer to complete."""

import re
from dataclasses import dataclass
from pathlib import Path

_TEXT = '''"""An event that failed, and must not fail again: {title}

Execution {identity} of {function}.
"""

import importlib
import json
from pathlib import Path
from types import SimpleNamespace

import pytest

HERE = Path(__file__).parent
EVENT = HERE / {event!r}
CODE = HERE / {code!r}  # where Lambda finds the handler's module
MODULE, HANDLER = {module!r}, {handler!r}


def test_{name}_is_handled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(CODE)
    handler = getattr(importlib.import_module(MODULE), HANDLER)
    context = SimpleNamespace(
        aws_request_id={identity!r},
        function_name={function!r},
        function_version="$LATEST",
        invoked_function_arn={arn!r},
        memory_limit_in_mb=128,
        get_remaining_time_in_millis=lambda: 30_000,
    )

    # It must not raise. Say here what else is right for this event.
    handler(json.loads(EVENT.read_bytes()), context)
'''


@dataclass(frozen=True, slots=True)
class Stub:
    """`handler` as Lambda knows it: `package.module.function`; `code` from the folder of the test."""

    identity: str
    function: str
    arn: str
    title: str
    event: str
    handler: str
    code: str

    @property
    def file_name(self) -> str:
        return f"test_{self._name}.py"

    @property
    def text(self) -> str:
        module, _, handler = self.handler.rpartition(".")
        return _TEXT.format(
            title=_words(self.title),
            identity=self.identity,
            function=self.function,
            arn=self.arn,
            event=self.event,
            code=self.code,
            module=module.replace("/", "."),
            handler=handler,
            name=self._name,
        )

    @property
    def _name(self) -> str:
        return re.sub(r"\W", "_", f"{self.function}_{self.identity[:8]}", flags=re.ASCII).lower()


def _words(title: str) -> str:
    """What an error says must end neither the docstring nor the line."""
    words = "".join(letter if letter.isprintable() else " " for letter in title)
    return words.replace("\\", "/").replace('"', "'")[:70].strip()


def relative(target: Path, start: Path) -> str:
    """`target` seen from `start`, as the test's code names it."""
    return target.resolve().relative_to(start.resolve(), walk_up=True).as_posix()
