# ruff: noqa: ARG001, C416, DTZ007, F821, S310
"""Handlers of Python functions. Names are those in the table of `runtime_payloads`."""

import asyncio
import json
import os
import subprocess
import threading
import urllib.request
from datetime import UTC, datetime
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any


class OrderError(Exception):
    pass


def missing_key(event: Any, context: Any) -> Any:
    return event["orderId"]


def missing_list(event: Any, context: Any) -> Any:
    return [one["body"] for one in event["Records"]]


def none_list(event: Any, context: Any) -> Any:
    return [one for one in event.get("Records")]


def none_member(event: Any, context: Any) -> Any:
    return event.get("order").get("id")


def environment(event: Any, context: Any) -> Any:
    return os.environ["ORDERS_TABLE"]


def environment_number(event: Any, context: Any) -> Any:
    return int(os.environ.get("LIMIT", "ten"))


def conversion(event: Any, context: Any) -> Any:
    return Decimal(event["amount"])


def date(event: Any, context: Any) -> Any:
    return datetime.strptime(event["amount"], "%Y-%m-%d")


def event_json(event: Any, context: Any) -> Any:
    return json.loads(event["body"])


def refused(event: Any, context: Any) -> Any:
    return urllib.request.urlopen("http://127.0.0.1:9/orders", timeout=1).read()


def set_answer(event: Any, context: Any) -> Any:
    return {1, 2}


def deep(event: Any, context: Any) -> Any:
    return deep(event, context)


def exit_3(event: Any, context: Any) -> Any:
    os._exit(3)


def system_exit(event: Any, context: Any) -> Any:
    raise SystemExit("bye")


def attribute(event: Any, context: Any) -> Any:
    return None.lookup  # type: ignore[attr-defined]  # is to fail


def operand(event: Any, context: Any) -> Any:
    return 1 + "a"  # type: ignore[operator]  # is to fail


def name(event: Any, context: Any) -> Any:
    return orders  # type: ignore[name-defined]  # is to fail


def argument(event: Any, context: Any) -> Any:
    return attribute(event, context, colour=1)  # type: ignore[call-arg]  # is to fail


def child(event: Any, context: Any) -> Any:
    return subprocess.run(["/bin/sh", "-c", "exit 127"], check=True)


def killed_child(event: Any, context: Any) -> Any:
    return subprocess.run(["/bin/sh", "-c", "kill -9 $$"], check=True)


def no_program(event: Any, context: Any) -> Any:
    return subprocess.run(["ffmpeg-is-not-here"], check=True)


def assertion(event: Any, context: Any) -> Any:
    assert event is None


def own(event: Any, context: Any) -> Any:
    raise OrderError("order was not placed")


def wrapped(event: Any, context: Any) -> Any:
    try:
        return event["orderId"]
    except KeyError as error:
        raise OrderError("order was not placed") from error


def status(event: Any, context: Any) -> Any:
    raise OrderError(503, "Service Unavailable")


def page(event: Any, context: Any) -> Any:
    return json.loads(urllib.request.urlopen(_server("<html>502</html>")).read())


def gateway(event: Any, context: Any) -> Any:
    return urllib.request.urlopen(_server("down", 502)).read()


async def _slow() -> None:
    await asyncio.sleep(5)


def slow(event: Any, context: Any) -> Any:
    asyncio.run(asyncio.wait_for(_slow(), 0.01))


def module(event: Any, context: Any) -> Any:
    import not_in_the_package  # type: ignore[import-not-found]  # is to fail  # noqa: F401


def timezone(event: Any, context: Any) -> Any:
    return (datetime.now(UTC) - datetime.now()).seconds  # noqa: DTZ005


def _server(text: str, status: int = 200) -> str:
    """The address of a server that gives this answer once."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Answer)
    threading.Thread(target=server.handle_request, daemon=True).start()
    return f"http://127.0.0.1:{server.server_address[1]}/orders"
