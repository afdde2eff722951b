"""A value of a payload, by its JMESPath (jmespath.org)."""

import json

from lambda_replay.domain.executions.tenant import PATH
from lambda_replay.domain.refusals import Reason, RefusedError


def check_tenant(asked: str | None) -> None:
    """Raises `RefusedError` for a tenant that is a path, and no JMESPath."""
    if asked is not None and asked.startswith(PATH):
        search(b"null", asked.removeprefix(PATH))


def search(payload: bytes, path: str) -> object:
    """None where it finds nothing, or the payload can't be read. Raises `RefusedError` for a path that is
    none."""
    # Loaded here: few replays name a tenant.
    from jmespath import compile as compiled
    from jmespath.exceptions import JMESPathError

    try:
        expression = compiled(path)
    except (JMESPathError, RecursionError, ValueError):
        raise RefusedError(Reason.TENANT_PATH_INVALID) from None
    try:
        return expression.search(json.loads(payload))
    except (JMESPathError, RecursionError, ValueError, TypeError, AttributeError):
        return None
