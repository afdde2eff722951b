"""Starts a job once, however often the request has to be sent."""

import uuid
from typing import Any

from lambda_replay_cli.client.service import Service
from lambda_replay_cli.errors import ExternalError


def start(service: Service, request: dict[str, Any], key: str | None = None) -> dict[str, Any]:
    """The job. Raises `ExternalError` when it is unknown whether it was started, with the way to find out.

    The service sends a call with a key again by itself when no answer comes; the API knows the key.
    """
    from lambda_replay_cli.client.aws_errors import is_passing

    key = key or str(uuid.uuid4())
    try:
        job: dict[str, Any] = service.call("POST", "/jobs", body=request, headers={"Idempotency-Key": key})
    except Exception as error:
        if not is_passing(error) or getattr(error, "code", "") == "job_limit":
            raise
        times = {name: at for name, at in (request.get("filter") or {}).items() if name in ("from", "to")}
        exact = "".join(f" --{name} {at}" for name, at in times.items())
        raise ExternalError(
            f"no answer, so it is unknown whether the job was started: {error}\n"
            f"Look with `lambda-replay job list`; the same command with --idempotency-key {key}{exact} "
            "starts no second one."
        ) from error
    return job
