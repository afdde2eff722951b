"""What a template says of a function reaches it; ministack sets these through the Lambda API only."""

import importlib
from typing import Any

SETTINGS = ("DeadLetterConfig", "DurableConfig", "TenancyConfig")


def install(_endpoint: str) -> None:
    """Complete the imported ministack."""
    svc: Any = importlib.import_module("ministack.services.lambda_svc")
    provisioners: Any = importlib.import_module("ministack.services.cloudformation.provisioners")
    handlers = provisioners._RESOURCE_HANDLERS["AWS::Lambda::Function"]
    create, update = handlers["create"], handlers["update"]

    def configured(made: Any, properties: Any) -> Any:
        name, _attributes = made
        config = svc._functions[name]["config"]
        for setting in SETTINGS:
            config.pop(setting, None)
            if properties.get(setting):
                config[setting] = _typed(properties[setting])
        return made

    def create_with(logical_id: str, properties: Any, stack: str) -> Any:
        return configured(create(logical_id, properties, stack), properties)

    def update_with(
        physical_id: str, old: Any, properties: Any, stack: str, logical_id: str | None = None
    ) -> Any:
        return configured(update(physical_id, old, properties, stack, logical_id), properties)

    handlers.update(create=create_with, update=update_with)


def _typed(setting: dict[str, Any]) -> dict[str, Any]:
    """A template's parameters are texts, and Lambda's API tells numbers."""
    return {
        name: int(value) if isinstance(value, str) and value.isdecimal() else value
        for name, value in setting.items()
    }
