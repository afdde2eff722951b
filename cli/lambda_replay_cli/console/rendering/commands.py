"""The command line that does the same as a button: every action of the console shows it."""

import shlex
from dataclasses import dataclass, fields
from typing import Any, get_type_hints


@dataclass(frozen=True, slots=True)
class CommandLine:
    """`options` are those for the stack that the console was started with."""

    options: tuple[str, ...] = ()

    def __call__(self, *words: object, **named: object) -> str:
        """`cli("group", fp, "resolve", reason=…)`; what is None or empty is left out, True is a flag."""
        return self._joined([*map(str, words), *(word for pair in named.items() for word in _option(*pair))])

    def of_options(self, command: str, options: Any, *first: str, **more: object) -> str:
        """The command whose options are the fields of a dataclass, as `gathers` makes them."""
        hints = get_type_hints(type(options), include_extras=True)
        words: list[str] = []
        for field in fields(options):
            value = getattr(options, field.name)
            if value in (None, [], False) and not (value is False and _has_negative(hints[field.name])):
                continue
            names = _names(hints[field.name])
            if field.name == "ids":
                words += [str(one) for one in value]
            elif isinstance(value, bool):
                positive, _, negative = (names[0] if names else f"--{_dashed(field.name)}").partition("/")
                words.append(positive if value else negative)
            else:
                name = names[0] if names else f"--{_dashed(field.name)}"
                for one in value if isinstance(value, list) else [value]:
                    words += [name, _shown(one)]
        words += [word for pair in more.items() for word in _option(*pair)]
        return self._joined([*command.split(), *first, *words])

    def _joined(self, words: list[str]) -> str:
        return shlex.join(["lambda-replay", *words, *self.options])


def _option(name: str, value: object) -> list[str]:
    if value is None or value is False or value == "":
        return []
    flag = f"--{_dashed(name)}"
    return [flag] if value is True else [flag, _shown(value)]


def _shown(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def _dashed(name: str) -> str:
    return name.strip("_").replace("_", "-")


def _info(hint: Any) -> Any:
    return next((one for one in getattr(hint, "__metadata__", ()) if hasattr(one, "param_decls")), None)


def _names(hint: Any) -> tuple[str, ...]:
    """Typer keeps the first name where it keeps defaults."""
    info = _info(hint)
    names = (info.default, *(info.param_decls or ())) if info is not None else ()
    return tuple(name for name in names if isinstance(name, str) and name.startswith("--"))


def _has_negative(hint: Any) -> bool:
    return any("/" in name for name in _names(hint))
