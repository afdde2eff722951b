"""The words of a diagnosis: what goes in, what comes out.

Everything here is a plain value. What categories and verdicts mean: docs/reference/service.md#words.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from lambda_replay.domain.category import Category, Verdict

type JSON = bool | int | float | str | list[JSON] | dict[str, JSON] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What an execution record says about one failure (docs/reference/lambda.md#the-record).

    `response` and `payload` are raw JSON text exactly as they stood in the record; None means absent.
    """

    function: str
    condition: str
    status_code: int | None
    response: str | None
    payload: str | None
    function_error: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """One line of a stack trace. `in_app` is False for runtimes, standard libraries and vendored packages."""

    file: str | None
    line: int | None
    function: str | None
    code: str | None
    in_app: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """One inner error of a chain. Frames are innermost first."""

    error_type: str | None
    message: str
    frames: tuple[Frame, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorReport:
    """The payload of any runtime in one form.

    runtime: python, nodejs, java, dotnet, go, ruby, rust, custom or unknown.
    phase: init, invoke, platform (Lambda itself speaks), never_executed, or
    unreported (it ran, and the record tells no error). Frames are innermost first. `code` is what the head of
    a Node trace adds to the type: `Error [ERR_INVALID_URL]: …`.
    """

    error_type: str | None
    message: str
    frames: tuple[Frame, ...]
    causes: tuple[Cause, ...]
    runtime: str
    phase: str
    code: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """The answer: category and verdict with the rule that decided, and the group the failure belongs to."""

    category: Category
    verdict: Verdict
    rule: str
    confidence: float
    reasons: tuple[str, ...]
    fingerprint: str
    fingerprint_parts: Mapping[str, JSON]
    algorithm: int
    title: str
    error: ErrorReport
    # The fingerprints that earlier algorithms give to the same failure, the newest first.
    former: tuple[str, ...] = ()
