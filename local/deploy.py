"""Builds and deploys a SAM template to the embedded AWS with the real `sam`."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from local.errors import LocalError
from local.settings import Address, Operator


class DeployError(LocalError):
    """sam failed; the message names the step and ends with its output."""


def deploy(
    template: Path, stack: str, parameters: Mapping[str, str], address: Address, operator: Operator
) -> None:
    """`sam build` and `sam deploy`, as one would run them against AWS."""
    directory = build_directory(stack, address)
    config, environment = _config(address), sam_environment(address, operator)
    _sam(
        "build", "--template-file", str(template), "--build-dir", str(directory),
        "--cache-dir", str(address.state / "cache"), "--cached",
        *overrides(parameters),
        config=config, environment=environment, directory=template.parent,
    )  # fmt: skip
    deploy_built(directory / "template.yaml", stack, parameters, address, operator)


def deploy_built(
    template: Path, stack: str, parameters: Mapping[str, str], address: Address, operator: Operator
) -> None:
    """`sam deploy` alone, for a template whose code can run as it lies there."""
    config, environment = _config(address), sam_environment(address, operator)
    bucket = _artifact_bucket(address, operator)
    _sam(
        "deploy", "--template-file", str(template), "--stack-name", stack,
        "--s3-bucket", bucket, "--s3-prefix", stack, "--region", address.region,
        "--capabilities", "CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND",
        "--no-confirm-changeset", "--no-fail-on-empty-changeset", "--no-progressbar",
        *overrides(parameters),
        config=config, environment=environment, directory=template.parent,
    )  # fmt: skip


def build_directory(stack: str, address: Address) -> Path:
    """Where `sam build` puts the stack's built template and code."""
    return address.state / "build" / stack


def outputs(stack: str, address: Address, operator: Operator) -> dict[str, str]:
    """The outputs of a deployed stack."""
    described = operator.client("cloudformation", address).describe_stacks(StackName=stack)["Stacks"][0]
    return {output["OutputKey"]: output["OutputValue"] for output in described.get("Outputs", [])}


def overrides(parameters: Mapping[str, str]) -> list[str]:
    """For the command line of sam, which refuses the option without a value."""
    values = [f'ParameterKey={name},ParameterValue="{value}"' for name, value in parameters.items()]
    return ["--parameter-overrides", *values] if values else []


def sam_environment(address: Address, operator: Operator) -> dict[str, str]:
    """For the subprocess alone: this endpoint and these credentials, and nothing of the user's own."""
    tools = Path(sys.executable).parent  # `sam build` wants the runtime's own python3.13 on PATH
    return {
        **operator.environment(address),
        "PATH": f"{tools}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
        "SAM_CLI_TELEMETRY": "0",
        # sam keeps a settings folder of its own; it stays with the rest.
        "__SAM_CLI_APP_DIR": str(address.state / "sam"),
    }


def _config(address: Address) -> Path:
    """A configuration file with nothing in it: the checkout's samconfig.toml is for AWS."""
    path = address.state / "samconfig.toml"
    path.write_text("version = 0.1\n")
    return path


def _artifact_bucket(address: Address, operator: Operator) -> str:
    name = "lambda-replay-artifacts"
    operator.client("s3", address).create_bucket(Bucket=name)
    return name


def _sam(*arguments: str, config: Path, environment: Mapping[str, str], directory: Path) -> None:
    command = [str(Path(sys.executable).parent / "sam"), *arguments, "--config-file", str(config)]
    stack = arguments[arguments.index("--stack-name") + 1] if "--stack-name" in arguments else directory.name
    # To standard error, so that what commands print to standard output stays what they print.
    print(f"sam {arguments[0]}: {stack} …", file=sys.stderr, flush=True)
    done = subprocess.run(
        command, env=environment, cwd=directory, text=True, check=False,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    if done.returncode:
        raise DeployError(f"sam {arguments[0]} failed:\n{done.stdout}")
