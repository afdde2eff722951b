"""How Lambda's Python runtime calls a handler and reports (docs/reference/lambda.md#error-payloads).

The text of this file is put in front of ministack's worker script, so it runs inside the function's own
process: the standard library only. ministack reports str(exception) alone and ends the environment.
"""

import base64
import importlib
import json
import os
import sys
import traceback
from types import ModuleType, TracebackType
from typing import Any

# A reply of the worker that is no return value of the function.
FAILURE = "\u0000lambda-failure"


class RuntimeFaultError(Exception):
    """A failure that the runtime itself words."""

    def __init__(self, error_type: str, message: str, trace: list[str] | None = None) -> None:
        super().__init__(message)
        self.error_type = error_type
        self.trace = trace or []


class JsonMarshaller:
    """Lambda's own way from the event's bytes to the handler's argument, and from its result to text."""

    def unmarshal_request(self, request: bytes, content_type: str = "application/json") -> Any:
        if content_type != "application/json":
            return request
        try:
            return json.loads(request)
        except Exception as error:
            # Valid JSON too, if Python can't read it: a number of 5000 digits.
            raise RuntimeFaultError(
                "Runtime.UnmarshalError", f"Unable to unmarshal input: {error}"
            ) from error

    def marshal_response(self, response: Any) -> tuple[Any, str]:
        try:
            return json.dumps(response, allow_nan=False), "application/json"
        except Exception as error:
            raise RuntimeFaultError("Runtime.MarshalError", f"Unable to marshal response: {error}") from error


class LambdaRuntimeClient:
    """What functions may know of the class of this name in Lambda's `awslambdaric`."""

    # Functions may put one of their own here; awslambdaric's documentation of the class invites them to.
    marshaller: Any = JsonMarshaller()


def provide_runtime_client() -> None:
    """Let functions import LambdaRuntimeClient from where Lambda has it."""
    package = ModuleType("awslambdaric")
    client = ModuleType("awslambdaric.lambda_runtime_client")
    package.__path__ = []
    package.lambda_runtime_client = client  # type: ignore[attr-defined]
    client.LambdaRuntimeClient = LambdaRuntimeClient  # type: ignore[attr-defined]
    sys.modules.update({package.__name__: package, client.__name__: client})


def load_handler(module_name: str, handler_name: str) -> Any:
    """The handler; where it can't be loaded, a stand-in that fails the invocation as Lambda would."""
    provide_runtime_client()
    try:
        module = importlib.import_module(module_name)
    except ImportError as error:
        return _stand_in(
            RuntimeFaultError(
                "Runtime.ImportModuleError", f"Unable to import module '{module_name}': {error}"
            )
        )
    except SyntaxError as error:
        place = f'  File "{_lambda_path(error.filename or "")}" Line {error.lineno}\n    {error.text}'
        message = f"Syntax error in module '{module_name}': {error}"
        return _stand_in(RuntimeFaultError("Runtime.UserCodeSyntaxError", message, [place]))
    except BaseException as error:
        return _stand_in(error)
    try:
        return getattr(module, handler_name)
    except AttributeError:
        message = f"Handler '{handler_name}' missing on module '{module_name}'"
        return _stand_in(RuntimeFaultError("Runtime.HandlerNotFound", message))


def call_handler(handler: Any, carried: str, context: Any) -> tuple[str, int | None]:
    """The worker's reply line, and the exit status when the process must end after it.

    `carried` is the event's bytes in base64: a line of text can't hold them as they are.
    """
    initialised = not getattr(handler, "is_stand_in", False)
    request_id = context.aws_request_id if initialised else ""
    # After a failed init the next invocation starts again, as on Lambda.
    ending = None if initialised else 1
    try:
        if not initialised:
            handler(None, context)
        marshaller = LambdaRuntimeClient.marshaller
        event = marshaller.unmarshal_request(base64.b64decode(carried), "application/json")
        text, _content_type = marshaller.marshal_response(handler(event, context))
        return json.dumps({"status": "ok", "result": json.loads(text)}), ending
    except SystemExit as leaving:
        status = leaving.code if isinstance(leaving.code, int) else int(leaving.code is not None)
        return _reply({"exit": status}), status
    except RuntimeFaultError as fault:
        report = _report(str(fault), fault.error_type, request_id, fault.trace)
    except BaseException as error:
        report = _report(str(error), type(error).__name__, request_id, _frames(error.__traceback__))
    _log(report)
    return _reply({"report": report}), ending


def _stand_in(error: BaseException) -> Any:
    def fail(_event: Any, _context: Any) -> None:
        raise error

    fail.is_stand_in = True  # type: ignore[attr-defined]
    return fail


def _reply(failure: dict[str, Any]) -> str:
    return json.dumps({"status": "ok", "result": {FAILURE: failure}})


def _report(message: str, error_type: str, request_id: str, trace: list[str]) -> dict[str, Any]:
    return {"errorMessage": message, "errorType": error_type, "requestId": request_id, "stackTrace": trace}


def _log(report: dict[str, Any]) -> None:
    lines = [f"[ERROR] {report['errorType']}: {report['errorMessage']}"]
    if report["stackTrace"]:
        lines.append("Traceback (most recent call last):")
        lines += [frame.rstrip("\n") for frame in report["stackTrace"]]
    print("\n".join(lines), file=sys.stderr, flush=True)


def _frames(tb: TracebackType | None) -> list[str]:
    """Everything below the runtime's own frames, in the places where Lambda keeps it."""
    frames = [frame for frame in traceback.extract_tb(tb) if frame.filename != __file__]
    return traceback.format_list(
        [(_lambda_path(frame.filename), frame.lineno or 0, frame.name, frame.line) for frame in frames]
    )


def _lambda_path(path: str) -> str:
    layers = os.environ.get("_LAMBDA_LAYERS_DIRS", "")
    library = os.path.dirname(os.__file__)
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    places = [(os.environ.get("LAMBDA_TASK_ROOT", ""), "/var/task")]
    places += [(layer, "/opt") for layer in layers.split(os.pathsep)]
    places += [(os.path.join(sys.prefix, "lib", version), f"/var/lang/lib/{version}")]
    places += [(library, f"/var/lang/lib/{version}")]
    for here, there in places:
        if here and path.startswith(here + os.sep):
            return there + path[len(here) :]
    return path
