"""A function that isolates its tenants refuses an Invoke without one, and others one with it.

Source: Lambda Developer Guide, "Troubleshooting tenant isolation for Lambda functions"; the text is that of
AWS's announcement (docs/reference/lambda.md#tenants). ministack takes both.
"""

import importlib
from typing import Any

_LACKING = (
    "The invoked function is enabled with tenancy configuration. Add a valid tenant ID in your request and "
    "try again."
)
_UNWANTED = (
    "The invoked function is not enabled with tenancy configuration. Remove the tenant ID from your request "
    "and try again."
)


def install(_endpoint: str) -> None:
    """Complete the imported ministack."""
    svc: Any = importlib.import_module("ministack.services.lambda_svc")
    invoke = svc._invoke

    async def invoke_for_a_tenant(name: str, event: Any, headers: Any, *more: Any) -> Any:
        function = svc._functions.get(name)
        if function is not None:
            isolates = bool(function["config"].get("TenancyConfig"))
            if isolates != bool(headers.get("x-amz-tenant-id")):
                text = _LACKING if isolates else _UNWANTED
                return svc.error_response_json("InvalidParameterValueException", text, 400)
        return await invoke(name, event, headers, *more)

    svc._invoke = invoke_for_a_tenant
