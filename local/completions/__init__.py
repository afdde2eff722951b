"""What ministack leaves out besides asynchronous invocation; each file completes one thing, and says which.

ministack is untyped, so its modules are `Any` here.
"""

import importlib

_PARTS = (
    "batch_actions",
    "conditions",
    "durable_functions",
    "event_bus",
    "event_sources",
    "function_settings",
    "mapping_aliases",
    "mapping_roles",
    "partiql_permissions",
    "secure_transport",
    "sender_id",
    "state_machines",
    "stream_failures",
    "tenants",
)


def install(endpoint: str) -> None:
    """Complete the imported ministack, after `local.async_invoke`."""
    for name in _PARTS:
        importlib.import_module(f"{__name__}.{name}").install(endpoint)
