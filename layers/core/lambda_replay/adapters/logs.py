"""Log lines in Powertools' JSON, with secrets masked: a traceback may quote what a stranger wrote."""

from collections.abc import Mapping
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.logging.formatter import LambdaPowertoolsFormatter

from lambda_replay.domain.redaction import redact

# Who did it: session names are often e-mail addresses, and an audit that hides the person is none.
_PEOPLE = frozenset({"by", "caller"})


class _Redacting(LambdaPowertoolsFormatter):
    def serialize(self, log: Any) -> str:
        return super().serialize(
            {name: value if name in _PEOPLE else _masked(value) for name, value in log.items()}
        )


def _masked(value: Any) -> Any:
    """Of anything that is logged, exceptions within a trace too, with its texts masked."""
    if isinstance(value, str):
        return redact(value)
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, Mapping):
        return {name: _masked(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_masked(one) for one in value]
    return redact(str(value))


def logger_of(service: str) -> Logger:
    """The logger of one function; a child logger of the same service prints through it."""
    return Logger(service=service, logger_formatter=_Redacting())
