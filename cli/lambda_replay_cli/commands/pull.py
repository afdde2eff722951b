"""`lambda-replay pull`: the original event as a file, ready for this machine."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lambda_replay.domain.intake.fields import is_request_id
from lambda_replay_cli.client.options import service
from lambda_replay_cli.errors import ExternalError, UsageError, report

if TYPE_CHECKING:
    from lambda_replay_cli.client.service import Service
    from lambda_replay_cli.pull.sam_template import Found


def pull(
    ctx: typer.Context,
    identity: Annotated[str, typer.Argument(metavar="ID", show_default=False)],
    to: Annotated[Path, typer.Option(metavar="FOLDER", help="Where the file goes.")] = Path("events"),
    pytest: Annotated[
        bool, typer.Option("--pytest", help="Also a test beside it that feeds it to the handler (Python).")
    ] = False,
) -> None:
    """Write the original event, byte for byte, as events/ID.json, and print how to run it here.

    \b
    lambda-replay pull 8f9c1c0e
    lambda-replay pull 8f9c1c0e --to tests/events --pytest

    template.yaml in this folder tells the function's logical id. What is there already is not overwritten.
    Ends with 1 when the payload is no longer stored.
    """
    import shlex

    from lambda_replay_cli.client.connection import segment
    from lambda_replay_cli.groups.fingerprint_prefix import execution_id
    from lambda_replay_cli.pull.sam_template import look_through

    if not is_request_id(identity) or "/" in identity or identity.startswith("."):
        raise UsageError(f"{identity[:60]!r} is no execution's id")
    found = service(ctx)
    identity = execution_id(found, identity)
    execution = found.call("GET", f"/executions/{segment(identity)}")
    event = found.raw(f"/executions/{segment(identity)}/payload")
    path = to / f"{identity}.json"
    _write(path, event)
    known = look_through(Path.cwd(), execution["function"])
    typer.echo(f"{path}")
    name = known.logical_id if known else execution["function"]
    typer.echo(shlex.join(["sam", "local", "invoke", name, "-e", str(path)]))
    if known is None:
        report(f"no template.yaml here names {name}: put its logical id there")
    if pytest:
        _write_stub(found, execution, path, known)


def _write_stub(found: "Service", execution: dict[str, Any], event: Path, known: "Found | None") -> None:
    from lambda_replay_cli.pull.regression_test import Stub, relative

    handler = _handler(found, execution, known)
    code = Path.cwd() / (known.code if known and known.code else ".")
    stub = Stub(
        identity=execution["id"],
        function=execution["function"],
        arn=execution["function_arn"],
        title=execution["failure"]["title"],
        event=event.name,
        handler=handler,
        code=relative(code, event.parent),
    )
    path = event.with_name(stub.file_name)
    if path.exists():
        report(f"{path} is there already, and is left as it is")
    else:
        _write(path, stub.text.encode())
    typer.echo(f"{path}")


def _handler(found: "Service", execution: dict[str, Any], known: "Found | None") -> str:
    """As the template says, or else as Lambda has it. Raises `ExternalError` for a function that is not
    Python."""
    if known and known.handler and known.runtime:
        runtime, handler = known.runtime, known.handler
    else:
        deployed = found.client("lambda").get_function_configuration(FunctionName=execution["function"])
        runtime, handler = deployed.get("Runtime", "a container"), deployed.get("Handler", "")
    if not runtime.startswith("python"):
        raise ExternalError(f"--pytest is for Python, and {execution['function']} runs {runtime}")
    return handler


def _write(path: Path, content: bytes) -> None:
    """Raises `UsageError` rather than overwrite something else."""
    try:
        if path.exists() and path.read_bytes() != content:
            raise UsageError(f"{path} is there already, with other content. Remove it, or use --to FOLDER.")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}. Choose another folder with --to.") from None
