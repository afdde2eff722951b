"""Where the stack is: from the command line, the environment, or a file, in this order."""

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lambda_replay_cli.errors import UsageError

DEFAULT_STACK = "lambda-replay"
_STACK, _CONFIG = "LAMBDA_REPLAY_STACK", "LAMBDA_REPLAY_CONFIG"
_CHOICES = ("AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_ACCESS_KEY_ID")
_KEYS = ("stack", "profile", "region", "endpoint_url")
_LABELS = "stacks"


@dataclass(frozen=True)
class ConnectionOptions:
    """What the options before the command's name say; None where they say nothing."""

    stack: str | None = None
    profile: str | None = None
    region: str | None = None
    endpoint_url: str | None = None
    debug: bool = False


def completed(options: ConnectionOptions, environment: Mapping[str, str] = os.environ) -> ConnectionOptions:
    """With what the environment and the file say. botocore reads its own variables itself, so the
    file gives way to them. Raises `UsageError`."""
    written = _file(environment)
    own = {
        "stack": environment.get(_STACK),
        "region": environment.get("AWS_REGION") or environment.get("AWS_DEFAULT_REGION"),
        "endpoint_url": environment.get("AWS_ENDPOINT_URL"),
    }
    # A profile that is passed on goes before everything; one in the environment gives way to keys there.
    if any(environment.get(name) for name in _CHOICES):
        written.pop("profile", None)
    return ConnectionOptions(
        stack=options.stack or own["stack"] or written.get("stack") or DEFAULT_STACK,
        profile=options.profile or written.get("profile"),
        region=options.region or own["region"] or written.get("region"),
        endpoint_url=options.endpoint_url or own["endpoint_url"] or written.get("endpoint_url"),
        debug=options.debug,
    )


def stack_label(stack: str, environment: Mapping[str, str] = os.environ) -> tuple[str, str]:
    """What the file calls the stack, and its colour; empty where it says nothing. Raises `UsageError`."""
    labels = _read(environment).get(_LABELS, {})
    path = config_file(environment)
    label = labels.get(stack, {}) if isinstance(labels, dict) else None
    if not isinstance(label, dict) or not all(
        isinstance(label.get(key, ""), str) for key in ("name", "colour")
    ):
        raise UsageError(
            f'{path}: {_LABELS}: expected a table like [stacks.{stack}] with name = "production"'
        )
    return label.get("name", ""), label.get("colour", "")


def config_file(environment: Mapping[str, str] = os.environ) -> Path:
    """`~/.config/lambda-replay/config.toml`, or where the environment says."""
    if named := environment.get(_CONFIG):
        return Path(named)
    base = environment.get("XDG_CONFIG_HOME")
    return (Path(base) if base else Path.home() / ".config") / "lambda-replay" / "config.toml"


def _file(environment: Mapping[str, str]) -> dict[str, str]:
    path = config_file(environment)
    written = {key: value for key, value in _read(environment).items() if key != _LABELS}
    for key, value in written.items():
        if key not in _KEYS or not isinstance(value, str):
            raise UsageError(f"{path}: {key}: expected texts named {', '.join(_KEYS)}")
    return written


def _read(environment: Mapping[str, str]) -> dict[str, Any]:
    path = config_file(environment)
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        if _CONFIG in environment:
            raise UsageError(f"{path}: no such file, and {_CONFIG} names it") from None
        return {}
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}") from None
    except ValueError as error:
        raise UsageError(f'{path}: {error}. Lines are like: stack = "lambda-replay"') from None
