"""template.yaml as plain data: intrinsics in their long form, `{"Ref": …}`, `{"Fn::GetAtt": …}`."""

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
