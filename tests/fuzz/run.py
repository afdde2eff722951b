"""Runs Schemathesis against a stack, and says what it found.

Two passes: one in which every part of a request is made up, and OpenAPI's links lead from an answer to the
next request; one in which paths name what is stored, so that bodies and parameters reach the service's core.
"""

import subprocess
import sys
from pathlib import Path

from local.client import Stack
from tests.fuzz.target import FUNCTION
from tests.support.template import ROOT

CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
)


def fuzz(stack: Stack, work: Path, *bounds: str) -> list[str]:
    """What is wrong, as Schemathesis words it, by pass; nothing when all is well. `bounds` are options of
    Schemathesis that bound a pass."""
    document = {
        "made up": (_configuration(work, {}), ["examples", "coverage", "fuzzing", "stateful"]),
        "of what is stored": (_configuration(work, _stored(stack)), ["fuzzing"]),
    }
    return [
        f"{name}:\n{found}"
        for name, (configuration, phases) in document.items()
        if (found := _pass(stack, work, configuration, [f"--phases={','.join(phases)}", *bounds]))
    ]


def _pass(stack: Stack, work: Path, configuration: Path, options: list[str]) -> str:
    command = [
        str(Path(sys.executable).with_name("schemathesis")),
        f"--config-file={configuration}",
        "run",
        str(ROOT / "docs/openapi.json"),
        f"--url={stack.description['api_url']}",
        f"--checks={','.join(CHECKS)}",
        "--continue-on-failure",
        "--request-timeout=30",  # what API Gateway gives a request, and a second
        "--no-color",
        *options,
    ]
    own = stack.environment | {"SCHEMATHESIS_HOOKS": "tests.fuzz.signing", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=work, env=own, capture_output=True, text=True, check=False)
    sys.stdout.write(done.stdout[-2000:])
    return "" if done.returncode == 0 else done.stdout + done.stderr


def _stored(stack: Stack) -> dict[str, str]:
    """Values of path parameters that name something."""
    execution = stack.call("GET", "/executions").body["executions"][0]
    request = {"filter": {"function": FUNCTION}, "reason": "to be fuzzed"}
    job = stack.call("POST", "/jobs", body=request).body
    return {
        "path.execution_id": execution["id"],
        "path.group_id": execution["failure"]["group"],
        "path.function_name": FUNCTION,
        "path.job_id": job["id"],
    }


def _configuration(work: Path, parameters: dict[str, str]) -> Path:
    path = work / f"schemathesis-{len(parameters)}.toml"
    lines = [f'"{name}" = "{value}"' for name, value in parameters.items()]
    path.write_text("\n".join(["[parameters]", *lines, ""] if lines else [""]))
    return path
