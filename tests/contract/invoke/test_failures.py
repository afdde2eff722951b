"""The responsePayload of each way to fail (docs/reference/lambda.md#platform-errors)."""

from typing import Any

import pytest

from local.async_invoke import failures
from tests.contract.embedded import Embedded, wait_until, zipped

UUID = "<id>"


def fail(aws: Embedded, source: str | dict[str, str], payload: str = "{}", **options: Any) -> tuple[str, Any]:
    """The function's name and the responsePayload, with the request id replaced."""
    url, arn = aws.queue()
    name = aws.function(source, invoke={"failure": arn, "MaximumRetryAttempts": 0}, **options)
    request_id = aws.invoke(name, payload)["ResponseMetadata"]["RequestId"]
    record = aws.record(url)
    assert record["responseContext"]["functionError"] == "Unhandled"
    response = record["responsePayload"]
    if response.get("requestId"):
        assert response["requestId"] == request_id
        response["requestId"] = UUID
    response["errorMessage"] = response["errorMessage"].replace(request_id, UUID)
    return name, response


def test_an_exception_in_the_handler(aws: Embedded) -> None:
    """Section 4.1, Python: the bare class name, and the user's frames under /var/task."""
    source = """import helper

class Broken(KeyError):
    pass

def handler(event, context):
    helper.call(lambda: event["missing"])
"""
    helper = "def call(function):\n    return function()\n"
    _name, response = fail(aws, {"app.py": source, "helper.py": helper})

    assert response == {
        "errorMessage": "'missing'",
        "errorType": "KeyError",
        "requestId": UUID,
        "stackTrace": [
            '  File "/var/task/app.py", line 7, in handler\n    helper.call(lambda: event["missing"])\n',
            '  File "/var/task/helper.py", line 2, in call\n    return function()\n',
            '  File "/var/task/app.py", line 7, in <lambda>\n    helper.call(lambda: event["missing"])\n',
        ],
    }
    assert list(response) == ["errorMessage", "errorType", "requestId", "stackTrace"]


def test_frames_of_libraries_and_layers(aws: Embedded) -> None:
    """Section 4.1: the standard library lies under /var/lang, a layer under /opt."""
    source = "import json, shared\ndef handler(event, context):\n    shared.run(lambda: json.loads('{'))\n"
    shared = {"python/shared.py": "def run(function):\n    return function()\n"}
    layer = aws.client("lambda").publish_layer_version(
        LayerName="shared", Content={"ZipFile": zipped(shared)}
    )
    _name, response = fail(aws, source, Layers=[layer["LayerVersionArn"]])

    files = [frame.split('"')[1] for frame in response["stackTrace"]]
    library = "/var/lang/lib/python3.13/json"
    assert files[:3] == ["/var/task/app.py", "/opt/python/shared.py", "/var/task/app.py"]
    assert set(files[3:]) == {f"{library}/__init__.py", f"{library}/decoder.py"}
    assert response["errorType"] == "JSONDecodeError"


def test_an_error_is_logged_and_the_environment_stays(aws: Embedded) -> None:
    """Section 4.1: an exception ends the invocation, not the execution environment."""
    url, arn = aws.queue()
    source = (
        "calls = []\ndef handler(event, context):\n    calls.append(1)\n    raise ValueError(len(calls))\n"
    )
    name = aws.function(source, invoke={"failure": arn, "MaximumRetryAttempts": 2})
    aws.invoke(name)

    assert aws.record(url)["responsePayload"]["errorMessage"] == "3"
    wait_until(lambda: "[ERROR] ValueError: 3" in aws.logs(name))


def test_a_timeout(aws: Embedded) -> None:
    """Section 4.2: Sandbox.Timedout, in seconds with two decimals."""
    _name, response = fail(aws, "import time\ndef handler(event, context):\n    time.sleep(9)\n", Timeout=1)

    assert response == {
        "errorType": "Sandbox.Timedout",
        "errorMessage": f"RequestId: {UUID} Error: Task timed out after 1.00 seconds",
    }


@pytest.mark.parametrize(
    ("ending", "reason"),
    [
        ("sys.exit(0)", "Runtime exited without providing a reason"),
        ("sys.exit(3)", "Runtime exited with error: exit status 3"),
        ("sys.exit('no')", "Runtime exited with error: exit status 1"),
        ("os._exit(7)", "Runtime exited with error: exit status 7"),
        ("os.kill(os.getpid(), 9)", "Runtime exited with error: signal: killed"),
    ],
)
def test_the_process_ends(aws: Embedded, ending: str, reason: str) -> None:
    """Section 4.2: Runtime.ExitError, with the status or the signal."""
    _name, response = fail(aws, f"import os, sys\ndef handler(event, context):\n    {ending}\n")

    assert response == {
        "errorType": "Runtime.ExitError",
        "errorMessage": f"RequestId: {UUID} Error: {reason}",
    }


@pytest.mark.parametrize(
    ("source", "error_type", "message", "trace"),
    [
        (
            "import nowhere\n", "Runtime.ImportModuleError",
            "Unable to import module 'app': No module named 'nowhere'", [],
        ),
        ("", "Runtime.HandlerNotFound", "Handler 'handler' missing on module 'app'", []),
        (
            "x = (\n", "Runtime.UserCodeSyntaxError",
            "Syntax error in module 'app': '(' was never closed (app.py, line 1)",
            ['  File "/var/task/app.py" Line 1\n    x = (\n'],
        ),
    ],
)  # fmt: skip
def test_a_handler_that_cannot_be_loaded(
    aws: Embedded, source: str, error_type: str, message: str, trace: list[str]
) -> None:
    """Section 4.2: import, handler missing and syntax; the request id is empty."""
    _name, response = fail(aws, source)

    assert response == {
        "errorMessage": message,
        "errorType": error_type,
        "requestId": "",
        "stackTrace": trace,
    }


def test_an_exception_while_loading(aws: Embedded) -> None:
    """Section 4.1: an init error has an empty request id and the user's frame last."""
    _name, response = fail(
        aws, "import os\nTABLE = os.environ['TABLE_NAME']\ndef handler(event, context): ...\n"
    )

    assert (response["errorType"], response["errorMessage"], response["requestId"]) == (
        "KeyError",
        "'TABLE_NAME'",
        "",
    )
    assert "\n".join(response["stackTrace"]).count("/var/task/app.py") == 1


def test_a_result_that_is_no_json(aws: Embedded) -> None:
    """Section 4.2: Runtime.MarshalError."""
    _name, response = fail(aws, "def handler(event, context):\n    return {1, 2}\n")

    assert response == {
        "errorMessage": "Unable to marshal response: Object of type set is not JSON serializable",
        "errorType": "Runtime.MarshalError",
        "requestId": UUID,
        "stackTrace": [],
    }


def test_an_event_that_python_cannot_read(aws: Embedded) -> None:
    """Section 4.2: Runtime.UnmarshalError for JSON that is valid, such as a number of 5000 digits."""
    _name, response = fail(aws, "def handler(event, context): ...\n", "9" * 5000)

    assert response["errorType"] == "Runtime.UnmarshalError"
    assert response["errorMessage"].startswith("Unable to unmarshal input: ")


def test_a_synchronous_call_reports_the_same(aws: Embedded) -> None:
    """Section 4.1 holds for every invocation, as does the sign that it failed."""
    name = aws.function("def handler(event, context):\n    raise OSError('disk')\n")

    answer = aws.client("lambda").invoke(FunctionName=name, Payload=b"{}")

    assert answer["FunctionError"] == "Unhandled"
    assert b'"errorType": "OSError"' in answer["Payload"].read()


@pytest.mark.parametrize(("status", "reason"), [(-11, "signal: segmentation fault"), (2, "exit status 2")])
def test_words_for_an_exit(status: int, reason: str) -> None:
    """Section 4.2."""
    assert (
        failures.exited("i", status)["errorMessage"]
        == f"RequestId: i Error: Runtime exited with error: {reason}"
    )
