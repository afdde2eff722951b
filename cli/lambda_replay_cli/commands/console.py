"""`lambda-replay console`: the whole job in a browser."""

from typing import TYPE_CHECKING, Annotated

import typer

from lambda_replay_cli.client.options import connection_options, service
from lambda_replay_cli.errors import ExternalError, report

if TYPE_CHECKING:
    from lambda_replay_cli.client.config import ConnectionOptions

_EXTRA = "the console needs more packages: pip install 'lambda-replay[console]'"


def console(
    ctx: typer.Context,
    at: Annotated[
        str,
        typer.Option(
            "--open", metavar="PATH", help="The page to open: groups/FINGERPRINT, executions/ID, jobs/JOB."
        ),
    ] = "",
    browser: Annotated[
        bool, typer.Option("--browser/--no-browser", help="Open a browser, where there is a display.")
    ] = True,
    port: Annotated[
        int | None,
        typer.Option(min=1, max=65535, help="Default: the first free one from 8420.", show_default=False),
    ] = None,
    host: Annotated[
        str, typer.Option(help="Listen at another address than this machine's own. Others can then reach it.")
    ] = "127.0.0.1",
) -> None:
    """Open the console: what is broken, why, and its replays, in a browser on this machine.

    It signs with your own credentials and can do what you can do. The link that it prints opens it once; who
    has not got it is refused. Ctrl-C ends it; jobs in AWS go on.

    \b
    lambda-replay console
    lambda-replay console --open executions/8f9c1c0e-5a4b-4a55-9d5c-1f6c7f6f2f10
    lambda-replay console --no-browser        # on another machine: ssh -L 8420:127.0.0.1:8420 THERE
    """
    try:
        from lambda_replay_cli.console.web.run import run
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in (
            "starlette",
            "jinja2",
            "uvicorn",
            "markupsafe",
            "anyio",
        ):
            raise
        raise ExternalError(_EXTRA) from None
    found, asked = service(ctx), connection_options(ctx)
    run(found, asked, at=at, host=host, port=port, browser=browser, options=_given(asked), say=report)


def _given(asked: "ConnectionOptions") -> list[str]:
    """The options for the stack, as they were given."""
    named = {
        "--stack": asked.stack,
        "--profile": asked.profile,
        "--region": asked.region,
        "--endpoint-url": asked.endpoint_url,
    }
    return [word for name, value in named.items() if value is not None for word in (name, value)]
