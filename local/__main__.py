"""`python -m local up | down | status | environment | console | logs FUNCTION`: the embedded AWS"""

import argparse
import contextlib
import json
import os
import shlex
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from local import containers as docker
from local import deploy, invoke_template, process, settings
from local.client import Stack
from local.errors import LocalError
from local.server import ROOT_KEY_ID, ROOT_SECRET
from local.settings import Address, Operator

_OPERATOR = "operator"
_ADMINISTRATOR = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}],
}


def main(argv: list[str] | None = None) -> int:
    options = _parser().parse_args(argv)
    try:
        options.run(options)
    except (process.ProcessError, deploy.DeployError, docker.ContainersError, UsageError) as error:
        print(f"local: {error}", file=sys.stderr)
        return 1
    return 0


class UsageError(LocalError):
    """The command makes no sense now; the message says which one does."""


def up(options: argparse.Namespace) -> None:
    """Start the server, deploy the three stacks, and write down where everything is."""
    if options.speed is not None and options.speed < 1:
        raise UsageError(
            "--speed must be at least 1: 1 is Lambda's own pace, 60 makes a minute's wait a second"
        )
    address = Address(port=options.port, state=options.state)
    server = process.start(address, options.speed)
    print(f"embedded AWS: {address.endpoint} (process {server.pid}, log {process.log_file(address.state)})")
    operator = _operator(address)

    for queue in settings.DEAD_LETTER_QUEUES:
        operator.client("sqs", address).create_queue(QueueName=queue)
    deploy.deploy(settings.TEMPLATE, settings.STACK, settings.PARAMETERS, address, operator)
    outputs = deploy.outputs(settings.STACK, address, operator)
    print(f"deployed {settings.STACK}")
    _deploy_sources(address, operator, outputs, "DISABLED" if options.no_flaky else "ENABLED")
    _write_stack(address, operator, outputs)
    print(f"written {_stack_file(address.state)}")
    print("look at it in a browser: make console")


def _deploy_sources(address: Address, operator: Operator, outputs: dict[str, str], flaky: str) -> None:
    """Both stacks of sources at the same time: they know nothing of each other."""
    own = {settings.FAILURE_QUEUE_OUTPUT: outputs[settings.FAILURE_QUEUE_OUTPUT], "FlakySchedule": flaky}
    via = {name: outputs[name] for name in settings.VIA_OUTPUTS}
    with ThreadPoolExecutor() as both:
        deployments = {
            settings.SOURCES_STACK: both.submit(
                deploy.deploy, settings.SOURCES_TEMPLATE, settings.SOURCES_STACK,
                {**settings.SOURCES_PARAMETERS, **own}, address, operator,
            ),
            settings.VIA_STACK: both.submit(
                deploy.deploy_built, settings.VIA_TEMPLATE, settings.VIA_STACK,
                {**settings.SOURCES_PARAMETERS, **via}, address, operator,
            ),
        }  # fmt: skip
    for stack, deployment in deployments.items():
        deployment.result()
        print(f"deployed {stack}")


def containers(options: argparse.Namespace) -> None:
    """Let `sam local invoke` reach the embedded AWS from its containers (Linux, Docker engine)."""
    stack = _read_stack(options.state)
    server = process.running(options.state)
    if server is None:
        raise UsageError("not running: run 'python -m local up'")
    address = Address(port=server.port, state=options.state)
    operator = Operator(stack["access_key_id"], stack["secret_access_key"])
    endpoint = docker.connect(address, settings.IMAGE)
    build = deploy.build_directory(settings.STACK, address)
    template = invoke_template.write(build, stack["outputs"], address, operator, endpoint)
    print(f"containers in the network {docker.NETWORK} reach the embedded AWS at {endpoint}")
    print(f"written {template}")


def down(options: argparse.Namespace) -> None:
    """End the server that `up` started; everything in it is gone."""
    docker.disconnect(options.state)
    stopped = process.stop(options.state)
    _stack_file(options.state).unlink(missing_ok=True)
    print("stopped" if stopped else "was not running")


def status(options: argparse.Namespace) -> None:
    """What runs, and what is deployed."""
    server = process.running(options.state)
    if server is None:
        print("not running")
        return
    address = Address(port=server.port, state=options.state)
    health = "healthy" if process.healthy(address.endpoint) else "not answering"
    print(f"running: {address.endpoint} (process {server.pid}), {health}")
    if not _stack_file(options.state).exists():
        print("nothing deployed: run 'python -m local up'")
        return
    stack = _read_stack(options.state)
    print(f"api: {stack['api_url']}")
    for name, function in stack["sources"].items():
        print(f"source {name}: {function}")


def environment(options: argparse.Namespace) -> None:
    """What a shell needs to speak to it: source this command's output."""
    stack = Stack(_read_stack(options.state))
    for name, value in stack.operator.variables(stack.address).items():
        print(f"export {name}={shlex.quote(value)}")


def console(options: argparse.Namespace) -> None:
    """Open the console on what is deployed here, as its operator."""
    stack = Stack(_read_stack(options.state))
    command = Path(sys.executable).with_name("lambda-replay")
    own = stack.environment | {"LAMBDA_REPLAY_STACK": stack.description["stack_name"]}
    os.execve(command, [command.name, "console", *options.words], own)  # noqa: S606  # in this one's place


def logs(options: argparse.Namespace) -> None:
    """The log lines of a function: its full name, or a source's logical name such as Switch."""
    stack = _read_stack(options.state)
    operator = Operator(stack["access_key_id"], stack["secret_access_key"])
    server = process.running(options.state)
    if server is None:
        raise UsageError("not running: run 'python -m local up'")
    address = Address(port=server.port, state=options.state)
    name = stack["sources"].get(options.function, options.function)
    lambda_ = operator.client("lambda", address)
    try:
        configuration = lambda_.get_function_configuration(FunctionName=name)
    except lambda_.exceptions.ResourceNotFoundException as error:
        raise UsageError(
            f"there is no function {name}: 'python -m local status' lists the sources"
        ) from error
    group = configuration.get("LoggingConfig", {}).get("LogGroup") or f"/aws/lambda/{name}"
    pages = operator.client("logs", address).get_paginator("filter_log_events")
    for page in pages.paginate(logGroupName=group):
        for event in page["events"]:
            print(event["message"])


def _operator(address: Address) -> Operator:
    """The IAM user for everything from here on: the one of the last `up`, if it is still there."""
    if _stack_file(address.state).exists():
        stack = _read_stack(address.state)
        known = Operator(stack["access_key_id"], stack["secret_access_key"])
        try:
            known.client("sts", address).get_caller_identity()
        except ClientError:
            pass  # the server is a new one
        else:
            return known
    iam = Operator(ROOT_KEY_ID, ROOT_SECRET).client("iam", address)
    with contextlib.suppress(iam.exceptions.EntityAlreadyExistsException):
        iam.create_user(UserName=_OPERATOR)
    iam.put_user_policy(
        UserName=_OPERATOR, PolicyName="administrator", PolicyDocument=json.dumps(_ADMINISTRATOR)
    )
    key = iam.create_access_key(UserName=_OPERATOR)["AccessKey"]
    return Operator(key["AccessKeyId"], key["SecretAccessKey"])


def _write_stack(address: Address, operator: Operator, outputs: dict[str, str]) -> None:
    suffix = "FunctionName"
    stacks = (settings.SOURCES_STACK, settings.VIA_STACK)
    found = {k: v for stack in stacks for k, v in deploy.outputs(stack, address, operator).items()}
    stack = {
        "endpoint": address.endpoint,
        "region": address.region,
        "access_key_id": operator.key_id,
        "secret_access_key": operator.secret,
        "api_url": f"{address.endpoint}/_aws/execute-api/{outputs['ApiId']}/{outputs['ApiStage']}",
        "stack_name": settings.STACK,
        "outputs": outputs,
        "sources": {k.removesuffix(suffix): v for k, v in found.items() if k.endswith(suffix)},
        "sources_outputs": found,
    }
    path = _stack_file(address.state)
    path.touch(mode=0o600)
    path.chmod(0o600)
    path.write_text(json.dumps(stack, indent=2) + "\n")


def _stack_file(state: Path) -> Path:
    return state / "stack.json"


def _read_stack(state: Path) -> dict[str, Any]:
    try:
        stack: dict[str, Any] = json.loads(_stack_file(state).read_text())
    except FileNotFoundError as error:
        raise UsageError("nothing deployed: run 'python -m local up'") from error
    return stack


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m local", description=__doc__)
    parser.add_argument("--state", type=Path, default=settings.STATE, help=argparse.SUPPRESS)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for run in (up, down, status, environment, console, logs, containers):
        command = commands.add_parser(run.__name__, help=run.__doc__, description=run.__doc__)
        command.set_defaults(run=run)
        if run is up:
            command.add_argument("--port", type=int, default=settings.DEFAULT_PORT)
            command.add_argument(
                "--speed", type=float,
                help="how many times faster than on Lambda events wait for retries (default 60)",
            )  # fmt: skip
            command.add_argument("--no-flaky", action="store_true", help="don't start Flaky every minute")
        if run is console:
            command.add_argument("words", metavar="OPTION", nargs=argparse.REMAINDER)
        if run is logs:
            command.add_argument("function", metavar="FUNCTION")
    return parser


if __name__ == "__main__":
    sys.exit(main())
