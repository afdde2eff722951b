"""An asynchronous Invoke of a durable function starts a durable execution, one for each name; of its failure
only the dead-letter queue tells (docs/reference/lambda.md#durable-functions).

ministack keeps durable executions for functions whose `DurableConfig` has a member `Enabled`, which Lambda's
has not, and knows no names. What the function is handed and answers is that of Lambda's own SDKs (AWS Durable
Execution, language SDK specification, 3.1 and 3.2). What waits (`PENDING`) is resumed by ministack, which
then tells no dead-letter queue.
"""

import importlib
import json
from dataclasses import replace
from typing import Any
from urllib.parse import unquote

from local.async_invoke import install as async_invoke
from local.async_invoke.model import Event, Outcome, Settings

_UNQUALIFIED = "You cannot invoke a durable function using an unqualified ARN."
_TAKEN = "A durable execution of this name has been started with another payload."


def install(_endpoint: str) -> None:
    """Complete the imported ministack, after `local.async_invoke`."""
    svc: Any = importlib.import_module("ministack.services.lambda_svc")
    durable: Any = importlib.import_module("ministack.services.lambda_durable")
    _name_in_the_arn(durable)
    executions = _Executions(durable)
    _accept(svc, executions)
    _run(executions)
    _authorise()


class _Executions:
    """Durable executions by the request id that they were started with."""

    def __init__(self, durable: Any) -> None:
        self._durable = durable
        self._started: dict[str, str] = {}
        self._payloads: dict[str, bytes] = {}

    def named(self, function_arn: str, name: str) -> tuple[str, bytes] | None:
        """Its ARN and the payload as it came."""
        for arn, found in self._durable._executions.items():
            if found["FunctionArn"] == function_arn and found["DurableExecutionName"] == name:
                return arn, self._payloads.get(arn, b"")
        return None

    def start(
        self, request_id: str, function_arn: str, version: str, payload: bytes, name: str | None
    ) -> str:
        text = payload.decode()
        record = self._durable.create_execution_for_invoke(function_arn, version, text, name=name)
        arn: str = record["DurableExecutionArn"]
        self._started[request_id], self._payloads[arn] = arn, payload
        return arn

    def envelope(self, request_id: str) -> bytes | None:
        """What the function is handed for this run; None where it is of no durable function."""
        arn = self._started.get(request_id)
        if arn is None:
            return None
        found = self._durable._executions[arn]
        state = {
            "Operations": self._durable._serialize_operations(found["Operations"], for_event=True),
            "NextMarker": "",
        }
        event = {
            "DurableExecutionArn": arn,
            "CheckpointToken": found["CheckpointToken"],
            "InitialExecutionState": state,
        }
        return json.dumps(event).encode()

    def ended(self, request_id: str, outcome: Outcome) -> Outcome:
        """What the function's answer means for the event that started it."""
        arn, said = self._started[request_id], _parsed(outcome.payload)
        if outcome.kind == "ran" and said.get("Status") == "PENDING":
            self._durable.schedule_resume(arn)
            return outcome
        if outcome.kind == "ran" and said.get("Status") == "SUCCEEDED":
            self._durable.mark_execution_completed(arn, said.get("Result"), None)
            return outcome
        error = said.get("Error") or {
            "ErrorType": said.get("errorType", "Unhandled"),
            "ErrorMessage": said.get("errorMessage", ""),
            "StackTrace": said.get("stackTrace", []),
        }
        self._durable.mark_execution_completed(arn, None, error)
        error_payload = {"errorType": error.get("ErrorType"), "errorMessage": error.get("ErrorMessage")}
        return replace(outcome, kind="failed", payload=json.dumps(error_payload).encode())


def _parsed(payload: bytes | None) -> dict[str, Any]:
    try:
        found = json.loads(payload or b"null")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _name_in_the_arn(durable: Any) -> None:
    """The ARN is `…:VERSION/durable-execution/NAME/ID`."""
    build = durable.build_durable_execution_arn

    def with_name(function_arn: str, version: str = "$LATEST", name: str | None = None) -> Any:
        arn, own, token = build(function_arn, version, name)
        head, _token, identity = arn.rsplit("/", 2)
        return f"{head}/{own}/{identity}", own, token

    durable.build_durable_execution_arn = with_name


def _accept(svc: Any, executions: _Executions) -> None:
    invoke = svc._invoke

    async def invoke_durable(name: str, event: Any, headers: Any, *more: Any) -> Any:
        config = (svc._functions.get(name) or {}).get("config", {})
        if not config.get("DurableConfig") or headers.get("x-amz-invocation-type") != "Event":
            return await invoke(name, event, headers, *more)
        path_qualifier, query = (*more, None, None)[:2]
        qualifier = path_qualifier or svc._qp_first(query or {}, "Qualifier")
        if not qualifier:
            return svc.error_response_json("InvalidParameterValueException", _UNQUALIFIED, 400)
        function_arn, payload = config["FunctionArn"], async_invoke._raw_payload.get()
        run_name = headers.get("x-amz-durable-execution-name")
        known = executions.named(function_arn, run_name) if run_name else None
        if known is not None:
            arn, before = known
            if before != payload:
                return svc.error_response_json("DurableExecutionAlreadyStartedException", _TAKEN, 409)
            return 202, {"X-Amz-Durable-Execution-Arn": arn}, b""
        _target, version = async_invoke.MinistackPlatform._target(svc._functions[name], qualifier)
        request_id = async_invoke._request_id.get() or ""
        arn = executions.start(request_id, function_arn, version, payload, run_name)
        status, answered, body = await invoke(name, event, headers, *more)
        return status, {**answered, "X-Amz-Durable-Execution-Arn": arn}, body

    svc._invoke = invoke_durable


def _run(executions: _Executions) -> None:
    platform = async_invoke.MinistackPlatform
    execute, settings = platform.execute, platform.settings

    def execute_durable(self: Any, event: Event) -> Outcome:
        envelope = executions.envelope(event.request_id)
        if envelope is None:
            return execute(self, event)
        outcome = execute(self, replace(event, payload=envelope))
        is_over = outcome.kind in ("ran", "failed")
        return executions.ended(event.request_id, outcome) if is_over else outcome

    def settings_durable(self: Any, event: Event) -> Settings | None:
        """Neither retried nor sent to a destination."""
        found = settings(self, event)
        if found is None or not found.config.get("DurableConfig"):
            return found
        return replace(found, max_retries=0, on_success=None, on_failure=None)

    platform.execute, platform.settings = execute_durable, settings_durable  # type: ignore[method-assign]


def _authorise() -> None:
    """GetDurableExecution asks for its own action, on the execution's ARN."""
    actions: Any = importlib.import_module("ministack.core.iam_actions")
    action, resource = actions._lambda_action, actions.extract_resource_arn

    def lambda_action(method: str, path: str) -> Any:
        return "GetDurableExecution" if _execution_in(method, path) else action(method, path)

    def resource_arn(service: str, method: str, path: str, *more: Any, **named: Any) -> Any:
        if service == "lambda" and _execution_in(method, path):
            return unquote(path.split("/durable-executions/", 1)[1])
        return resource(service, method, path, *more, **named)

    actions._lambda_action, actions.extract_resource_arn = lambda_action, resource_arn


def _execution_in(method: str, path: str) -> bool:
    return method == "GET" and "/durable-executions/" in path
