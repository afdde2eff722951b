"""A template's DeadLetterConfig reaches the function; ministack sets it through the Lambda API only."""

import importlib
from typing import Any


def install(_endpoint: str) -> None:
    """Complete the imported ministack."""
    svc: Any = importlib.import_module("ministack.services.lambda_svc")
    provisioners: Any = importlib.import_module("ministack.services.cloudformation.provisioners")
    handlers = provisioners._RESOURCE_HANDLERS["AWS::Lambda::Function"]
    create, update = handlers["create"], handlers["update"]

    def configured(made: Any, properties: Any) -> Any:
        name, _attributes = made
        config = svc._functions[name]["config"]
        config.pop("DeadLetterConfig", None)
        if properties.get("DeadLetterConfig"):
            config["DeadLetterConfig"] = properties["DeadLetterConfig"]
        return made

    def create_with(logical_id: str, properties: Any, stack: str) -> Any:
        return configured(create(logical_id, properties, stack), properties)

    def update_with(
        physical_id: str, old: Any, properties: Any, stack: str, logical_id: str | None = None
    ) -> Any:
        return configured(update(physical_id, old, properties, stack, logical_id), properties)

    handlers.update(create=create_with, update=update_with)
