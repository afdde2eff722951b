"""Options that several commands share, as one dataclass: its fields are the options."""

import inspect
from collections.abc import Callable
from dataclasses import fields
from typing import Any, get_type_hints


def gathers(shape: type[Any]) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """For a command with a parameter of the type `shape`: in its place the command line takes every field of
    `shape`, each annotated as a parameter of a Typer command is."""
    hints = get_type_hints(shape, include_extras=True)
    names = [field.name for field in fields(shape)]
    shared = [_keyword(name, hints[name], default=shape.__dataclass_fields__[name].default) for name in names]

    def decorate(function: Callable[..., None]) -> Callable[..., None]:
        all_of_it = inspect.signature(function, eval_str=True).parameters.values()
        [place] = [one.name for one in all_of_it if one.annotation is shape]
        own = [_keyword(one.name, one.annotation, one.default) for one in all_of_it if one.name != place]

        def command(**given: Any) -> None:
            gathered = shape(**{name: given.pop(name) for name in names})
            function(**{place: gathered}, **given)

        signature = inspect.Signature([*shared, *own])
        command.__name__, command.__doc__ = function.__name__, function.__doc__
        command.__signature__ = signature  # type: ignore[attr-defined]  # what Typer reads
        command.__annotations__ = {name: one.annotation for name, one in signature.parameters.items()}
        return command

    return decorate


def _keyword(name: str, annotation: Any, default: Any) -> inspect.Parameter:
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation)
