"""Error payloads as the real runtime clients make them: `python -m bench.diagnosis.runtime_payloads`.

Runs handlers that fail (`bench/runtime_handlers`) in awslambdaric, and in aws-lambda-ric where `--node` names
an installed package of it, against a small Runtime API on the loopback. What the clients report goes into
tests/corpus/runtime_payloads.jsonl, with the client's version; install paths are written as they are in
Lambda.

aws-lambda-ric can be installed without its compiled part (`npm install --ignore-scripts aws-lambda-ric`);
`rapid_client.cjs` takes its place.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.metadata import version
from pathlib import Path
from typing import Any

from bench.diagnosis.score_cases import CORPUS, judge

HANDLERS = Path(__file__).resolve().parent / "runtime_handlers"
RESULT = CORPUS / "runtime_payloads.jsonl"
REQUEST = "11111111-2222-4333-8444-555555555555"
EVENT = {"id": "ev-1", "amount": "abc", "body": "{bad", "detail": {"colour": "red"}, "rows": []}
HEADERS = {
    "Lambda-Runtime-Aws-Request-Id": REQUEST,
    "Lambda-Runtime-Deadline-Ms": "4102444800000",
    "Lambda-Runtime-Invoked-Function-Arn": "arn:aws:lambda:eu-west-1:123456789012:function:orders",
    "Lambda-Runtime-Trace-Id": "Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=0",
    "Content-Type": "application/json",
}
_PATIENCE = 30.0

INPUT, BUG, SETUP = "invalid_input/never", "code_bug/after_fix", "configuration/after_fix"
TRANSIENT, UNKNOWN, PROCESS = "transient_dependency/as_is", "unknown/after_fix", "platform/after_fix"
MEMORY = "out_of_memory/after_fix"

PYTHON = {
    "missing_key": INPUT, "missing_list": INPUT, "none_list": INPUT, "none_member": INPUT,
    "environment": SETUP, "environment_number": SETUP, "conversion": INPUT, "date": INPUT,
    "event_json": INPUT, "refused": TRANSIENT, "set_answer": BUG, "deep": PROCESS, "exit_3": PROCESS,
    "system_exit": PROCESS, "attribute": BUG, "operand": BUG, "name": BUG, "argument": BUG,
    "child": SETUP, "killed_child": MEMORY, "no_program": SETUP, "assertion": BUG, "own": UNKNOWN,
    "wrapped": UNKNOWN, "status": TRANSIENT, "page": TRANSIENT, "gateway": TRANSIENT, "slow": TRANSIENT,
    "module": SETUP, "timezone": BUG,
}  # fmt: skip
NODE = {
    "missing_member": INPUT, "missing_list": INPUT, "list_method": INPUT, "text_method": INPUT,
    "no_such_method": BUG, "environment": SETUP, "event_json": INPUT, "no_text": INPUT, "page": TRANSIENT,
    "plain_text": TRANSIENT, "empty": TRANSIENT, "refused": TRANSIENT, "refused_twice": TRANSIENT,
    "hang_up": TRANSIENT, "slow": TRANSIENT, "bigint": BUG, "circular": BUG, "date": INPUT,
    "bigint_text": INPUT, "uri": INPUT, "undefined_name": BUG, "not_a_function": BUG,
    "argument_type": BUG, "aggregate": UNKNOWN, "own": UNKNOWN, "cause": UNKNOWN, "thrown_text": UNKNOWN,
    "thrown_object": UNKNOWN, "late_rejection": TRANSIENT, "stack_overflow": BUG, "no_file": SETUP,
    "no_program": SETUP, "child": PROCESS, "exit_5": PROCESS, "status": TRANSIENT,
}  # fmt: skip


class _Quiet(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that has ended takes its connections with it."""


@dataclass
class RuntimeApi:
    """One invocation: hands out the event once, and keeps what the client reports of it."""

    reported: list[str] = field(default_factory=list)
    done: threading.Event = field(default_factory=threading.Event)

    @contextmanager
    def serving(self) -> Iterator[str]:
        """The address, as AWS_LAMBDA_RUNTIME_API has it."""
        server = _Quiet(("127.0.0.1", 0), self._handler())
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"127.0.0.1:{server.server_address[1]}"
        finally:
            self.done.set()
            server.shutdown()
            server.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        api, given = self, threading.Event()

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                if given.is_set():
                    api.done.wait()  # there is no second event
                    return
                given.set()
                body = json.dumps(EVENT).encode()
                self.send_response(200)
                for name, value in HEADERS.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def do_POST(self) -> None:
                chunked = self.headers.get("Transfer-Encoding") == "chunked"
                body = (
                    self._chunks() if chunked else self.rfile.read(int(self.headers["Content-Length"] or 0))
                )
                self.send_response(202)
                self.send_header("Content-Length", "0")
                self.end_headers()
                if self.path.endswith("/error"):
                    api.reported.append(body.decode())
                api.done.set()

            def _chunks(self) -> bytes:
                body = b""
                while size := int(self.rfile.readline().strip(), 16):
                    body += self.rfile.read(size)
                    self.rfile.readline()
                return body

            def log_message(self, format: str, *args: Any) -> None:
                pass

        return Handler


def reported(command: list[str], handler: str, more: dict[str, str]) -> dict[str, Any]:
    """What the client says of one failure; what Lambda says where the process ended without a word."""
    api = RuntimeApi()
    with api.serving() as address:
        environment = {
            "PATH": os.environ["PATH"], "HOME": "/nonexistent", "AWS_LAMBDA_RUNTIME_API": address,
            "LAMBDA_TASK_ROOT": str(HANDLERS), "_HANDLER": handler, "AWS_REGION": "eu-west-1",
            "AWS_LAMBDA_FUNCTION_NAME": "orders", "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "128", "AWS_LAMBDA_LOG_GROUP_NAME": "orders",
            "AWS_LAMBDA_LOG_STREAM_NAME": "1", "PYTHONDONTWRITEBYTECODE": "1", **more,
        }  # fmt: skip
        process = subprocess.Popen(
            command, cwd=HANDLERS, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        try:
            for _ in range(int(_PATIENCE * 20)):
                if api.done.wait(0.05) or process.poll() is not None:
                    break
        finally:
            process.kill()
            process.wait()
    if api.reported:
        found: dict[str, Any] = json.loads(api.reported[0])
        return found
    ending = f"exit status {process.returncode}" if process.returncode > 0 else "signal: killed"
    return {
        "errorType": "Runtime.ExitError",
        "errorMessage": f"RequestId: {REQUEST} Error: Runtime exited with error: {ending}",
    }


def rows(
    client: str, table: dict[str, str], command: list[str], places: dict[str, str], **more: str
) -> Iterator[dict[str, Any]]:
    """`places` are install paths, and what they are in Lambda."""
    for name, want in table.items():
        handler = f"failing.{name}"
        text = json.dumps(reported([*command, handler], handler, more), ensure_ascii=False)
        for here, there in places.items():
            text = text.replace(here, there)
        category, verdict = want.split("/")
        yield {
            "id": f"{client.split()[0]}-{name}",
            "kind": "client",
            "client": client,
            "requestPayload": EVENT,
            "responsePayload": json.loads(text),
            "want": {"category": [category], "verdict": [verdict]},
        }


def python_rows() -> Iterator[dict[str, Any]]:
    library = str(Path(os.__file__).parent)
    client = f"awslambdaric {version('awslambdaric')}, Python {platform.python_version()}"
    places = {
        str(HANDLERS): "/var/task",
        str(Path(sys.prefix) / "lib" / Path(library).name / "site-packages"): "/var/runtime",
        library: f"/var/lang/lib/{Path(library).name}",
    }
    yield from rows(client, PYTHON, [sys.executable, "-m", "awslambdaric"], places)


def node_rows(package: Path) -> Iterator[dict[str, Any]]:
    number = json.loads((package / "package.json").read_text(encoding="utf-8"))["version"]
    node = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True).stdout.strip()
    command = ["node", "--require", str(HANDLERS / "rapid_client.cjs"), str(package / "bin" / "index.mjs")]
    places = {str(HANDLERS): "/var/task", str(package / "dist"): "/var/runtime", str(package): "/var/runtime"}
    yield from rows(
        f"aws-lambda-ric {number}, Node.js {node}", NODE, command, places,
        AWS_LAMBDA_NODEJS_USE_ALTERNATIVE_CLIENT_1="true",
    )  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--node", type=Path, help="an installed aws-lambda-ric; without it its rows are kept")
    options = parser.parse_args()
    before = RESULT.read_text(encoding="utf-8").splitlines() if RESULT.exists() else []
    kept = [row for row in map(json.loads, before) if not row["client"].startswith("awslambdaric")]
    found = [*python_rows(), *(kept if options.node is None else node_rows(options.node.resolve()))]
    RESULT.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in found), encoding="utf-8")
    for row in found:
        wrong = judge(row).wrong
        if wrong:
            print(row["id"], wrong)
    print(f"{len(found)} payloads in {RESULT.name}")


if __name__ == "__main__":
    main()
