"""Conditions of a template may compare what Fn::Join, Fn::Split, Fn::Sub and Fn::Select make of parameters.

ministack evaluates the bare Ref and one Fn::Select of it, and fails on the rest.
"""

import importlib
from typing import Any

_USERS = ("changesets", "handlers", "stacks")
# Evaluated, not resolved.
_LOGIC = ("Fn::Equals", "Fn::And", "Fn::Or", "Fn::Not")


def install(_endpoint: str) -> None:
    """Complete the imported ministack."""
    engine: Any = importlib.import_module("ministack.services.cloudformation.engine")
    evaluate_conditions = engine._evaluate_conditions

    def evaluate(template: Any, params: Any) -> Any:
        mappings = template.get("Mappings", {})

        def resolved(operand: Any) -> Any:
            if isinstance(operand, dict) and any(key.startswith("Fn::") for key in operand):
                return engine._resolve_refs(operand, {}, params, {}, mappings, "", "")
            return operand

        conditions = _with_operands(template.get("Conditions", {}), resolved)
        return evaluate_conditions({**template, "Conditions": conditions}, params)

    for name in ("engine", *_USERS):
        importlib.import_module(f"ministack.services.cloudformation.{name}").__dict__.update(
            _evaluate_conditions=evaluate
        )


def _with_operands(expression: Any, resolved: Any) -> Any:
    """The expression with both operands of every Fn::Equals resolved."""
    if isinstance(expression, list):
        return [_with_operands(item, resolved) for item in expression]
    if not isinstance(expression, dict):
        return expression
    if "Fn::Equals" in expression:
        return {"Fn::Equals": [_operand(value, resolved) for value in expression["Fn::Equals"]]}
    return {key: _with_operands(value, resolved) for key, value in expression.items()}


def _operand(value: Any, resolved: Any) -> Any:
    if isinstance(value, dict) and any(key in _LOGIC for key in value):
        return _with_operands(value, resolved)
    return resolved(value)
