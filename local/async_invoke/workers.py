"""What functions' processes are given, and what they give back: exact bytes, and Lambda's own errors.

ministack keeps a process for each execution environment and hands it an event that it parsed and wrote
again. Here the event reaches the process as it came, and its failures are reported as Lambda reports them.
ministack is untyped, so its modules are `Any` here.
"""

import base64
import contextvars
import inspect
import json
import threading
from types import SimpleNamespace
from typing import Any

from local.async_invoke import failures, python_runtime
from local.errors import LocalError

# What the latest execution of this thread left behind, besides ministack's result.
_posted: contextvars.ContextVar[bytes | None] = contextvars.ContextVar("posted", default=None)
_exit_status: contextvars.ContextVar[int | None] = contextvars.ContextVar("exit_status", default=None)

_LOAD = (
    "        mod = importlib.import_module(module_name)\n        handler_fn = getattr(mod, handler_name)\n",
    "        handler_fn = load_handler(module_name, handler_name)\n",
)
_CALL = (
    """        try:
            result = handler_fn(event, context)
            _real_stdout.write(json.dumps({"status": "ok", "result": result}) + "\\n")
        except Exception as e:
            _real_stdout.write(json.dumps({"status": "error", "error": str(e), "trace": traceback.format_exc()}) + "\\n")
        _real_stdout.flush()
""",  # noqa: E501 (ministack's own text)
    """        _line, _ending = call_handler(handler_fn, event, context)
        _real_stdout.write(_line + "\\n")
        _real_stdout.flush()
        if _ending is not None:
            os._exit(_ending)
""",
)


class MinistackChangedError(LocalError, RuntimeError):
    """The installed ministack is not the one that this file completes."""


class RawEvent(bytes):
    """An event that a runtime receives as it came; ministack would have a parsed one here."""

    def encode(self) -> bytes:
        return bytes(self)


def install(svc: Any, runtime: Any) -> None:
    """Complete ministack's Lambda service and its `lambda_runtime`."""
    _complete_python(svc, runtime)
    _keep_bytes_of_custom_runtimes(svc, runtime)


def _complete_python(svc: Any, runtime: Any) -> None:
    """Events as bytes, failures as Lambda reports them (docs/reference/lambda.md#error-payloads)."""
    script = runtime._PYTHON_WORKER_SCRIPT
    for old, new in (_LOAD, _CALL):
        if script.count(old) != 1:
            raise MinistackChangedError("ministack's Python worker changed: compare it with _LOAD and _CALL")
        script = script.replace(old, new)
    runtime._PYTHON_WORKER_SCRIPT = inspect.getsource(python_runtime) + script

    execute, spawn, invoke = svc._execute_function_warm, runtime.Worker._spawn, runtime.Worker.invoke

    def spawn_noted(worker: Any) -> None:
        spawn(worker)
        worker.latest_process = worker._proc

    def invoke_noted(worker: Any, *args: Any, **kwargs: Any) -> Any:
        result = invoke(worker, *args, **kwargs)
        if result.get("error") == "Worker process died":
            _exit_status.set(worker.latest_process.returncode)
        return result

    def execute_warm(func: Any, event: Any, request_id: str) -> Any:
        _exit_status.set(None)
        result = execute(func, _carried(func, event), request_id)
        body = result.get("body")
        failure = body.get(python_runtime.FAILURE) if isinstance(body, dict) else None
        if failure is None:
            return _worded(func, result, request_id)
        report = failure.get("report") or failures.exited(request_id, failure["exit"])
        return {**result, "error": True, "body": report}

    runtime.Worker._spawn, runtime.Worker.invoke = spawn_noted, invoke_noted
    svc._execute_function_warm = execute_warm


def _carried(func: Any, event: Any) -> Any:
    """The event for a warm process: to Python as bytes, written here where none were sent."""
    if str((func.get("config") or func).get("Runtime", "")).startswith("python"):
        return base64.b64encode(event if isinstance(event, RawEvent) else failures.as_json(event)).decode()
    return json.loads(event) if isinstance(event, RawEvent) else event


def _worded(func: Any, result: dict[str, Any], request_id: str) -> dict[str, Any]:
    body = result.get("body")
    if not result.get("error") or result.get("throttle") or not isinstance(body, dict):
        return result
    timeout = float((func.get("config") or func).get("Timeout", 3))
    return {**result, "body": failures.worded(body, request_id, timeout, _exit_status.get())}


def _keep_bytes_of_custom_runtimes(svc: Any, runtime: Any) -> None:
    """The event reaches `provided.*` byte for byte, and so does what it posts back."""
    posting = threading.local()
    cls, execute = runtime.ProvidedWorker, svc._execute_function_provided_warm
    build, record_result, record_init, teardown, invoke = (
        cls._build_handler_class,
        cls._record_result,
        cls._record_init_error,
        cls._teardown,
        cls.invoke,
    )

    def dumps(value: Any, **options: Any) -> Any:
        return value if isinstance(value, RawEvent) else json.dumps(value, **options)

    def build_handler_class(worker: Any, generation: int, pending: Any) -> Any:
        handler = build(worker, generation, pending)
        read_body = handler._read_body

        def read_and_keep(request: Any) -> bytes:
            posting.body = read_body(request)
            return bytes(posting.body)

        handler._read_body = read_and_keep
        return handler

    def keep_result(worker: Any, generation: int, request_id: str, kind: str, payload: Any) -> Any:
        if request_id == worker._current_request_id:
            worker.posted = posting.body  # before the original wakes the invoker
        return record_result(worker, generation, request_id, kind, payload)

    def keep_init_error(worker: Any, generation: int, payload: Any) -> None:
        worker.posted = posting.body
        record_init(worker, generation, payload)

    def teardown_noted(worker: Any) -> None:
        process = worker._proc
        teardown(worker)
        worker.exit_status = process.returncode if process else None

    def invoke_noted(worker: Any, *args: Any, **kwargs: Any) -> Any:
        worker.posted = worker.exit_status = None
        try:
            return invoke(worker, *args, **kwargs)
        finally:
            _posted.set(worker.posted)
            _exit_status.set(worker.exit_status)

    def execute_provided(func: Any, event: Any, request_id: str) -> Any:
        _posted.set(None)
        _exit_status.set(None)
        result = execute(func, event, request_id)
        if (posted := _posted.get()) is not None:
            return {**result, "raw_body": posted}
        return _worded(func, result, request_id)

    runtime.json = SimpleNamespace(dumps=dumps, loads=json.loads, JSONDecodeError=json.JSONDecodeError)
    cls._build_handler_class, cls._record_result, cls._record_init_error = (
        build_handler_class,
        keep_result,
        keep_init_error,
    )
    cls._teardown, cls.invoke = teardown_noted, invoke_noted
    svc._execute_function_provided_warm = execute_provided
