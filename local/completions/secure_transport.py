"""`aws:SecureTransport` is true, as on AWS, where callers speak TLS.

Here they speak HTTP on the loopback, and ministack says so: a policy that allows TLS only would refuse them
all. A caller that wants to be taken for one without TLS says `X-Forwarded-Proto: http`.
"""

import importlib
from contextvars import ContextVar
from typing import Any

_PLAIN = (b"x-forwarded-proto", b"http")
_is_plain: ContextVar[bool] = ContextVar("is_plain", default=False)


def install(_endpoint: str) -> None:
    """Complete the imported ministack, before its app is served."""
    app: Any = importlib.import_module("ministack.app")
    evaluator: Any = importlib.import_module("ministack.core.iam_evaluator")
    serve, pin = app.app, app.pin_request_origin

    async def noting(scope: Any, receive: Any, send: Any) -> None:
        _is_plain.set(_PLAIN in scope.get("headers", ()))
        await serve(scope, receive, send)

    def pinned(address: str, _secure: bool) -> None:
        pin(address, not _is_plain.get())

    # What ministack delivers by itself comes from no request.
    evaluator._request_origin = ContextVar("ministack_request_origin", default=("127.0.0.1", True))
    app.app, app.pin_request_origin = noting, pinned
