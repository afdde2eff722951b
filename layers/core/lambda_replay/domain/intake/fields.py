"""Single values out of a message: each is what it should be, or None, or the message is refused.

Lambda's own messages are regular; a queue takes whatever anybody sends, and what is kept must be storable.
"""

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from lambda_replay.domain.errors import LambdaReplayError
from lambda_replay.domain.functions.function_arn import FunctionArn, InvalidFunctionArnError
from lambda_replay.domain.intake.raw_json import Member, NotJsonError, members
from lambda_replay.domain.intake.refusal import RefusalReason

_REQUEST_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")
_LONGEST_WORD = 256

Members = Mapping[str, Member]


class NotARecordError(LambdaReplayError, ValueError):
    """The message is no execution record; the text says why, and quotes nothing of the message. `reason` says
    what it is."""

    def __init__(self, why: str, reason: RefusalReason = RefusalReason.INVALID_RECORD) -> None:
        super().__init__(why)
        self.reason = reason


def is_request_id(text: str) -> bool:
    """Whether a record may carry this id; Lambda's are UUIDs."""
    return _REQUEST_ID.fullmatch(text) is not None


def scan(text: str) -> Members:
    """The members of a message that must be a JSON object. Raises `NotARecordError`."""
    storable(text)
    try:
        return members(text)
    except NotJsonError as error:
        raise NotARecordError(f"not a complete JSON object: {error}", RefusalReason.NOT_JSON) from None


def storable(text: str) -> str:
    """The text itself. Raises `NotARecordError` when it holds half a surrogate pair: nothing can store
    that."""
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise NotARecordError(f"unpaired surrogate at character {error.start}: not valid UTF-8") from None
    return text


def value(found: Members, name: str) -> Any:
    """The member parsed; None when there is none, or it can't be read."""
    member = found.get(name)
    if member is None:
        return None
    try:
        return json.loads(member.text)
    except (ValueError, RecursionError):
        return None


def mapping(found: Members, name: str) -> dict[str, Any] | None:
    """The member when it is an object. Only for members that Lambda prints: a payload may be anything."""
    member = found.get(name)
    if member is None or not member.text.startswith("{"):
        return None
    try:
        parsed = json.loads(member.text)
    except (ValueError, RecursionError):
        raise NotARecordError(f"{name} can't be read") from None
    return parsed if isinstance(parsed, dict) else None


def string(found: Members, name: str) -> str | None:
    """The member when it is a string."""
    member = found.get(name)
    if member is None or not member.text.startswith('"'):
        return None
    parsed = value(found, name)
    return storable(parsed) if isinstance(parsed, str) else None


def request_id(given: object, where: str, *, fallback: str) -> str:
    """The id at `where`, or `fallback` where none is given. Raises `NotARecordError`."""
    if given is None:
        return fallback
    if not isinstance(given, str) or not is_request_id(given):
        raise NotARecordError(f"{where} is no request id")
    return given


def function_arn(given: object, where: str) -> FunctionArn:
    """The ARN at `where`. Raises `NotARecordError`."""
    try:
        return FunctionArn.parse(given if isinstance(given, str) else "")
    except InvalidFunctionArnError as error:
        raise NotARecordError(f"{where} is {error}") from None


def word(given: object) -> str | None:
    """A short text, cut at 256 characters; None for anything else."""
    if not isinstance(given, str) or not given:
        return None
    # An escaped lone surrogate is a character that nothing can store.
    return given[:_LONGEST_WORD].encode(errors="replace").decode()


def integer(given: object) -> int | None:
    """A whole number from 0 to 2³¹ - 1; None for anything else."""
    return given if isinstance(given, int) and not isinstance(given, bool) and 0 <= given < 2**31 else None


def moment(given: object) -> datetime | None:
    """A record's own time; None where it is missing or odd, for the queue knows when it arrived."""
    try:
        at = datetime.fromisoformat(given)  # type: ignore[arg-type]  # TypeError for what is no text
    except (ValueError, TypeError):
        return None
    # Whole milliseconds, as Lambda sends and the table keeps.
    at = at.replace(microsecond=at.microsecond // 1000 * 1000)
    try:
        return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except OverflowError:
        return None
