"""Puts the completed asynchronous invocation into ministack. The only file that knows its insides.

Every replacement names what it completes. ministack is untyped, so its modules are `Any` here.
"""

import contextvars
import importlib
import inspect
import json
import re
import threading
import time
import uuid
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from local.async_invoke import failures, python_runtime, record
from local.async_invoke.destinations import Credentials, Destinations
from local.async_invoke.engine import Engine
from local.async_invoke.model import Event, Outcome, Settings

Response = tuple[int, dict[str, str], bytes]

_request_id: contextvars.ContextVar[str | None] = contextvars.ContextVar("request_id", default=None)
_raw_payload: contextvars.ContextVar[bytes | None] = contextvars.ContextVar("raw_payload", default=None)
_target: contextvars.ContextVar[str | None] = contextvars.ContextVar("target", default=None)
# What the latest execution of this thread left behind, besides ministack's result.
_posted: contextvars.ContextVar[bytes | None] = contextvars.ContextVar("posted", default=None)
_exit_status: contextvars.ContextVar[int | None] = contextvars.ContextVar("exit_status", default=None)

_SOURCES = ("s3", "eventbridge", "sns", "scheduler")
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


class MinistackChangedError(RuntimeError):
    """The installed ministack is not the one that this file completes."""


class RawEvent(bytes):
    """An event that a custom runtime receives as it came; written where ministack writes JSON text."""

    def encode(self) -> bytes:
        return bytes(self)


class MinistackPlatform:
    """The engine's view of ministack's functions. Called in the account and region of the event."""

    def __init__(self, lambda_svc: Any, lambda_runtime: Any) -> None:
        self._svc = lambda_svc
        self._runtime = lambda_runtime

    def settings(self, event: Event) -> Settings | None:
        function = self._svc._functions.get(event.name)
        target, _version = self._target(function, event.qualifier)
        if target is None:
            return None
        invoke_config = self._svc._event_invoke_config(function, _stored_qualifier(event.qualifier)) or {}
        destinations = invoke_config.get("DestinationConfig") or {}
        config = target["config"]
        return Settings(
            max_retries=int(invoke_config.get("MaximumRetryAttempts", 2)),
            max_age=float(invoke_config.get("MaximumEventAgeInSeconds", 21600)),
            on_success=(destinations.get("OnSuccess") or {}).get("Destination") or None,
            on_failure=(destinations.get("OnFailure") or {}).get("Destination") or None,
            dead_letter=(config.get("DeadLetterConfig") or {}).get("TargetArn") or None,
            config=config,
        )

    def credentials(self, settings: Settings) -> Credentials:
        session = self._runtime.execution_credentials(settings.config)
        return Credentials(
            session["AWS_ACCESS_KEY_ID"], session["AWS_SECRET_ACCESS_KEY"], session["AWS_SESSION_TOKEN"]
        )

    def execute(self, event: Event) -> Outcome:
        function = self._svc._functions.get(event.name)
        target, version = self._target(function, event.qualifier)
        if target is None:
            alias_only = function is not None and not (event.qualifier or "").isdigit()
            return Outcome("alias_deleted" if alias_only else "deleted")
        reserved = self._svc._reserved_concurrency(function, function["config"])
        if reserved == 0:
            return Outcome("no_concurrency")
        invoked_arn = event.function_arn + (f":{event.qualifier}" if event.qualifier else "")
        config = {**target["config"], "FunctionArn": invoked_arn}
        # Reserved concurrency belongs to the function, whichever version runs.
        execution = {**target, "config": config, "concurrency": function.get("concurrency")}
        slot, _limit = self._svc._acquire_execution_slot(execution, config)
        if slot is None:
            return Outcome("throttled")
        started = time.monotonic()
        try:
            result = self._dispatch(execution, config, event)
        finally:
            self._svc._release_execution_slot(slot)
        if result.get("throttle"):
            return Outcome("throttled")
        payload = result.get("raw_body") or failures.as_json(result.get("body"))
        kind = "failed" if result.get("error") else "ran"
        return Outcome(kind, payload, version, time.monotonic() - started)  # type: ignore[arg-type]

    def _dispatch(self, execution: dict[str, Any], config: dict[str, Any], event: Event) -> dict[str, Any]:
        payload: object
        if str(config.get("Runtime", "")).startswith("provided"):
            payload = RawEvent(event.payload)
        else:
            try:
                payload = json.loads(event.payload)
            except (ValueError, RecursionError) as error:
                # Valid JSON that the Python runtime itself can't read, such as a number of 5000 digits.
                report = {
                    "errorMessage": f"Unable to unmarshal input: {error}",
                    "errorType": "Runtime.UnmarshalError",
                    "requestId": event.request_id,
                    "stackTrace": [],
                }
                return {"body": report, "error": True}
        result: dict[str, Any] = self._svc._execute_function_dispatch(
            execution, config, payload, event.request_id, time.time()
        )
        return result

    @staticmethod
    def _target(function: Any, qualifier: str | None) -> tuple[Any, str]:
        """The record that a qualifier stands for now, with its version number."""
        if function is None or qualifier in (None, "$LATEST"):
            return function, "$LATEST"
        version = (function["aliases"].get(qualifier) or {}).get("FunctionVersion", qualifier)
        return (function if version == "$LATEST" else function["versions"].get(version)), version


def install(endpoint: str, *, speed: float, width: int) -> Engine:
    """Complete the imported ministack; the environment it reads at import must be set before."""
    app, svc, runtime = (
        importlib.import_module(f"ministack.{name}")
        for name in ("app", "services.lambda_svc", "core.lambda_runtime")
    )
    engine = Engine(MinistackPlatform(svc, runtime), Destinations(endpoint), speed=speed, width=width)
    _accept_invocations(app, svc, engine)
    _accept_event_sources(svc, engine)
    _report_python_failures(svc, runtime)
    _keep_bytes_of_custom_runtimes(svc, runtime)
    _complete_event_invoke_config(svc)
    return engine


def _accept_invocations(app: Any, svc: Any, engine: Engine) -> None:
    """Invoke with type Event: its answer, its limits and its request id (contract section 6)."""
    dispatch, handle = app._dispatch_service_request, svc.handle_request

    async def dispatch_with_id(
        method: str, path: str, headers: Any, body: bytes, query: Any, request_id: str
    ) -> Any:
        _request_id.set(request_id)
        return await dispatch(method, path, headers, body, query, request_id)

    async def handle_request(method: str, path: str, headers: Any, body: bytes, query: Any) -> Any:
        is_event = headers.get("x-amz-invocation-type") == "Event"
        if not (is_event and method == "POST" and path.rstrip("/").endswith("/invocations")):
            return await handle(method, path, headers, body, query)
        payload = body or b"{}"
        if refusal := _refusal(payload, svc.error_response_json):
            return refusal
        token = _raw_payload.set(payload)
        try:
            # ministack need not read the event, which may be JSON that Python can't read.
            status, answer_headers, answer = await handle(method, path, headers, b"", query)
        finally:
            _raw_payload.reset(token)
        if status == 202:
            return 202, {"X-Amzn-Remapped-Content-Length": "0"}, b""
        return status, answer_headers, answer

    def invoke_async_with_retry(func: Any, event: Any) -> None:
        payload = _raw_payload.get()
        if payload is None:
            payload = failures.as_json(event)
        _submit(svc, engine, _target.get() or func["config"]["FunctionArn"], payload, _request_id.get())

    app._dispatch_service_request = dispatch_with_id
    svc.handle_request = handle_request
    svc.invoke_async_with_retry = invoke_async_with_retry


def _refusal(payload: bytes, error_response: Callable[[str, str, int], Response]) -> Response | None:
    if len(payload) > record.MAX_PAYLOAD:
        text = (
            f"{len(payload)} byte payload is too large for the Event invocation type "
            f"(limit {record.MAX_PAYLOAD} bytes)"
        )
        return error_response("RequestTooLargeException", text, 413)
    try:
        record.check_json(payload)
    except record.InvalidPayloadError as error:
        text = f"Could not parse request body into json: {error}"
        return error_response("InvalidRequestContentException", text, 400)
    return None


def _accept_event_sources(svc: Any, engine: Engine) -> None:
    """Rules, schedules, buckets and topics invoke asynchronously; ministack runs some of them once."""
    services: list[Any] = [importlib.import_module(f"ministack.services.{name}") for name in _SOURCES]
    s3, eventbridge, sns, scheduler = services
    # ministack looks for due schedules every ten seconds.
    eventbridge._SCHEDULER_TICK_INTERVAL = scheduler._SCHEDULE_TICK_INTERVAL = 1
    deliver_from_bucket = s3._deliver_event_to_lambda

    def from_bucket(arn: str, event: Any, bucket_region: str) -> None:
        token = _target.set(arn)
        try:
            deliver_from_bucket(arn, event, bucket_region)
        finally:
            _target.reset(token)

    def from_rule(arn: str, payload: str | None) -> None:
        body = (payload or "{}").encode()
        try:
            record.check_json(body)
        except record.InvalidPayloadError:
            body = failures.as_json(payload)
        _submit(svc, engine, arn, body, None)

    def from_topic(endpoint: str, envelope: str, _topic: str, subscription: str, *_message: Any) -> None:
        head = {"EventVersion": "1.0", "EventSubscriptionArn": subscription, "EventSource": "aws:sns"}
        event = {"Records": [{**head, "Sns": json.loads(envelope)}]}
        _submit(svc, engine, endpoint, failures.as_json(event), None)

    s3._deliver_event_to_lambda = from_bucket
    eventbridge._dispatch_to_lambda = from_rule
    sns._deliver_to_lambda = from_topic


def _submit(svc: Any, engine: Engine, function: str, payload: bytes, request_id: str | None) -> None:
    name, qualifier = svc._resolve_name_and_qualifier(function)
    # One S3 or SNS request can start several invocations; only Invoke hands its own id on.
    own = request_id if _raw_payload.get() is not None else None
    engine.submit(Event(own or str(uuid.uuid4()), svc._func_arn(name), qualifier, payload))


def _report_python_failures(svc: Any, runtime: Any) -> None:
    """Error payloads and ends of the process as Lambda's Python runtime reports them (contract 4)."""
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
        result = execute(func, event, request_id)
        body = result.get("body")
        failure = body.get(python_runtime.FAILURE) if isinstance(body, dict) else None
        if failure is None:
            return _worded(func, result, request_id)
        report = failure.get("report") or failures.exited(request_id, failure["exit"])
        return {**result, "error": True, "body": report}

    runtime.Worker._spawn, runtime.Worker.invoke = spawn_noted, invoke_noted
    svc._execute_function_warm = execute_warm


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


def _stored_qualifier(qualifier: str | None) -> str | None:
    return None if qualifier in (None, "", "$LATEST") else qualifier


def _complete_event_invoke_config(svc: Any) -> None:
    """`$LATEST` and no qualifier name one configuration (contract section 7), with IAM actions of its own."""
    put, get, delete = (
        svc._put_event_invoke_config,
        svc._get_event_invoke_config,
        svc._delete_event_invoke_config,
    )
    svc._put_event_invoke_config = lambda name, qualifier, data: put(name, _stored_qualifier(qualifier), data)
    svc._get_event_invoke_config = lambda name, qualifier=None: get(name, _stored_qualifier(qualifier))
    svc._delete_event_invoke_config = lambda name, qualifier=None: delete(name, _stored_qualifier(qualifier))

    iam_actions: Any = importlib.import_module("ministack.core.iam_actions")
    action = iam_actions._lambda_action
    verbs = {"GET": "Get", "PUT": "Put", "POST": "Update", "DELETE": "Delete"}

    def lambda_action(method: str, path: str) -> Any:
        if re.search(r"/functions/[^/]+/event-invoke-config$", path.rstrip("/")) and method in verbs:
            return f"{verbs[method]}FunctionEventInvokeConfig"
        return action(method, path)

    iam_actions._lambda_action = lambda_action
