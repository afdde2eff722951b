"""Serves the embedded AWS: `python -m local.server --port N`.

Everything ministack reads from the environment is set here before it is imported. Nothing listens
beyond 127.0.0.1: one HTTP port, and for each custom runtime a Runtime API on a free loopback port.
"""

import argparse
import asyncio
import importlib
import logging
import os
import signal
import tempfile
from typing import Any

from hypercorn.asyncio import serve
from hypercorn.config import Config

HOST = "127.0.0.1"
REGION = "us-east-1"
ACCOUNT_ID = "123456789012"
ROOT_KEY_ID = "LOCALROOT"
ROOT_SECRET = "local-root-secret"  # noqa: S105 (loopback only; root signatures are not even checked)


def main(argv: list[str] | None = None) -> None:
    options = _parser().parse_args(argv)
    if options.speed < 1:
        raise SystemExit(
            "--speed must be at least 1: 1 is Lambda's own pace, 60 makes a minute's wait a second"
        )
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    endpoint = f"http://{HOST}:{options.port}"
    os.environ.update(environment(options.port, endpoint))
    app: Any = importlib.import_module("ministack.app")
    if not options.plain:
        install = importlib.import_module("local.async_invoke.install").install
        install(endpoint, speed=options.speed, width=options.concurrency)
        importlib.import_module("local.completions").install(endpoint)
    asyncio.run(_serve(app.app, options.port))


def environment(port: int, endpoint: str) -> dict[str, str]:
    """ministack's settings; no credentials or configuration of the user's own are read."""
    return {
        "AUTH": "true",
        "BIND_HOST": HOST,
        "GATEWAY_PORT": str(port),
        "MINISTACK_HOST": HOST,
        "MINISTACK_REGION": REGION,
        "MINISTACK_ACCOUNT_ID": ACCOUNT_ID,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ACCESS_KEY_ID": ROOT_KEY_ID,
        "AWS_SECRET_ACCESS_KEY": ROOT_SECRET,
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "LAMBDA_EXECUTOR": "local",
        "STATE_DIR": os.path.join(tempfile.gettempdir(), f"embedded-aws-{port}"),
        # Listeners of services that are not used here.
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        "LOG_LEVEL": os.environ.get("LOG_LEVEL", "WARNING"),
    }


async def _serve(app: Any, port: int) -> None:
    config = Config()
    config.bind = [f"{HOST}:{port}"]
    config.keep_alive_timeout = 75
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, _end)
    await serve(app, config, shutdown_trigger=asyncio.Event().wait)


def _end() -> None:
    """Ends the execution environments, then at once: a graceful end would wait for their connections."""
    lambda_svc: Any = importlib.import_module("ministack.services.lambda_svc")
    lambda_svc.reset()
    os._exit(0)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m local.server", description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument(
        "--speed",
        type=float,
        default=60.0,
        help="how many times faster than on Lambda events wait (default 60)",
    )
    parser.add_argument(
        "--concurrency",
        type=int,
        default=4,
        help="asynchronous executions of one function at once (default 4)",
    )
    parser.add_argument("--plain", action="store_true", help="ministack as it is, without what completes it")
    return parser


if __name__ == "__main__":
    main()
