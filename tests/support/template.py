"""template.yaml as plain data: intrinsics in their long form, `{"Ref": …}`, `{"Fn::GetAtt": …}`."""

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]


class _Loader(yaml.SafeLoader):
    """Understands CloudFormation's short tags."""


def _tagged(loader: yaml.SafeLoader, tag: str, node: yaml.Node) -> dict[str, Any]:
    value: Any
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
        if tag == "GetAtt":
            value = value.split(".", 1)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        assert isinstance(node, yaml.MappingNode)
        value = loader.construct_mapping(node, deep=True)
    return {tag if tag in ("Ref", "Condition") else f"Fn::{tag}": value}


_Loader.add_multi_constructor("!", _tagged)


@cache
def load_template(name: str = "template.yaml") -> dict[str, Any]:
    with (ROOT / name).open() as file:
        template: dict[str, Any] = yaml.load(file, _Loader)  # noqa: S506  # a SafeLoader
    return template


def resolved(value: Any, parameters: Mapping[str, Any], conditions: Mapping[str, bool]) -> Any:
    """The value as CloudFormation makes it of parameters and conditions; it may name no resource."""
    if isinstance(value, list):
        return [resolved(item, parameters, conditions) for item in value]
    if not isinstance(value, dict):
        return value
    if len(value) != 1 or not next(iter(value)).startswith(("Ref", "Fn::")):
        return {name: resolved(item, parameters, conditions) for name, item in value.items()}
    [(function, given)] = value.items()
    if function == "Fn::If":
        name, yes, no = given
        return resolved(yes if conditions[name] else no, parameters, conditions)
    operands = resolved(given, parameters, conditions)
    match function, operands:
        case "Ref", str(name):
            return parameters[name]
        case "Fn::Join", [str(delimiter), list(texts)]:
            return delimiter.join(texts)
        case "Fn::Split", [str(delimiter), str(text)]:
            return text.split(delimiter)
        case "Fn::Select", [index, list(texts)]:
            return texts[int(index)]
        case "Fn::Sub", [str(text), dict(names)]:
            return re.sub(r"\$\{(\w+)\}", lambda found: str({**parameters, **names}[found[1]]), text)
    raise NotImplementedError(f"{function} of {operands}")
