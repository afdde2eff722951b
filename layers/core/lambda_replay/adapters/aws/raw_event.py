"""The exact text of the function's own event.

Lambda's Python runtime parses an event before the handler sees it, and what was `1.10` or a duplicate key is
gone then. The runtime lets a function replace the object that does so: the class attribute `marshaller` of
its `LambdaRuntimeClient` (awslambdaric, lambda_runtime_client.py).
"""

import sys
from typing import Any, Protocol

_RUNTIME = "awslambdaric.lambda_runtime_client"


class _Marshaller(Protocol):
    def unmarshal_request(self, request: bytes, content_type: str = "application/json") -> Any: ...

    def marshal_response(self, response: Any) -> Any: ...


class RawEvent(dict[str, Any]):
    """An event that remembers the text it was parsed from."""

    text: str


class RawMarshaller:
    """The runtime's own marshaller, except that objects come as `RawEvent`."""

    def __init__(self, own: _Marshaller) -> None:
        self._own = own

    def unmarshal_request(self, request: bytes, content_type: str = "application/json") -> Any:
        event = self._own.unmarshal_request(request, content_type)
        # A batch holds its messages as texts, which parsing does not change, and they may be megabytes.
        if not isinstance(event, dict) or "Records" in event:
            return event
        raw = RawEvent(event)
        raw.text = request.decode()
        return raw

    def marshal_response(self, response: Any) -> Any:
        return self._own.marshal_response(response)


def keep_raw_events() -> None:
    """Have the runtime hand over `RawEvent`s from the next event on. Does nothing where that runtime is not
    running: it has been imported long before any handler."""
    runtime = sys.modules.get(_RUNTIME)
    if runtime is not None and not isinstance(runtime.LambdaRuntimeClient.marshaller, RawMarshaller):
        runtime.LambdaRuntimeClient.marshaller = RawMarshaller(runtime.LambdaRuntimeClient.marshaller)
