"""The wishes of a job as fields of a form and parts of an address: the options of `job start`."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lambda_replay.domain.category import Category, Verdict
from lambda_replay.domain.executions.execution import ExecutionStatus
from lambda_replay.domain.executions.replay import ReplayMode
from lambda_replay_cli.console.backend.form import Fields
from lambda_replay_cli.console.client import JobOptions, UsageError, job_request, time_format

SELECTION = ("ids", "function", "group", "category", "verdict", "status", "error_type", "from", "to")
MANNER = (
    "rate", "ramp", "patience", "guard", "share", "minimum", "new_error", "max_age", "mode", "qualifier",
    "tenant", "target", "patch",
)  # fmt: skip
# Where the command line has it.
OPTIONAL = tuple(name for name in ("skip_never",) if name in JobOptions.__dataclass_fields__)
FIELDS = (*SELECTION, *MANNER, *OPTIONAL, "name", "reason")
DEFAULTS = {
    "rate": "10",
    "ramp": "usual",
    "guard": "on",
    "share": "20",
    "minimum": "3",
    "mode": "if_not_replayed",
}
"""Of a form that was not filled in yet: the careful way."""


@dataclass(frozen=True, slots=True)
class JobForm:
    """`fields` are what the form shows; `options` what the command line would be given."""

    fields: Mapping[str, str]
    options: JobOptions

    def request(self) -> dict[str, Any]:
        """The body of the API's plan and of its start. Raises `UsageError`."""
        return job_request(self.options)

    @property
    def address(self) -> list[tuple[str, str]]:
        """What differs from the defaults, so that a plan can be passed on."""
        return [(name, value) for name, value in self.fields.items() if value and value != DEFAULTS.get(name)]


def wanted(given: Fields) -> JobForm:
    """Raises `UsageError` for what can't be understood."""
    fields = {name: given.get(name, "").strip() for name in FIELDS}
    if "drawn" not in given:
        # An address may leave out what is usual; a form that was sent means what is empty.
        fields |= {name: value for name, value in DEFAULTS.items() if name not in given}
    for name in ("from", "to"):
        if fields[name]:
            fields[name] = time_format.query(fields[name])
    return JobForm(fields, _options(fields))


def _options(fields: Mapping[str, str]) -> JobOptions:
    guarded = fields["guard"] != "off"
    optional: Any = {name: fields[name] == "on" for name in OPTIONAL}
    patch = fields["patch"]
    if patch and not patch.startswith(("[", "{")):
        raise UsageError("payload patch: expected JSON, a list (JSON Patch) or an object (JSON Merge Patch)")
    ramp = fields["ramp"].replace(" ", "")
    share = _number("halt above", fields["share"]) if guarded and fields["share"] else None
    minimum = _number("at least", fields["minimum"]) if guarded and fields["minimum"] else None
    return JobOptions(
        ids=fields["ids"].split() or None,
        function=fields["function"] or None,
        group=fields["group"].split() or None,
        category=_one(Category, "category", fields),
        verdict=_one(Verdict, "verdict", fields),
        status=_one(ExecutionStatus, "status", fields),
        error_type=fields["error_type"] or None,
        since=fields["from"] or None,
        until=fields["to"] or None,
        max_age=fields["max_age"] or None,
        rate=_number("rate", fields["rate"]) if fields["rate"] else None,
        ramp=ramp == "usual",
        ramp_sizes=None if ramp in ("", "none", "usual") else ramp,
        patience=fields["patience"] or None,
        guard_share=None if share is None else share / 100,
        guard_minimum=None if minimum is None else int(minimum),
        stop_on_new_error=guarded and fields["new_error"] == "on",
        no_guard=not guarded,
        qualifier=fields["qualifier"] or None,
        tenant=fields["tenant"] or None,
        target=fields["target"] or None,
        patch=patch or None,
        mode=_one(ReplayMode, "mode", fields) if fields["mode"] != DEFAULTS["mode"] else None,
        name=fields["name"] or None,
        reason=fields["reason"] or None,
        **optional,
    )


def _number(name: str, text: str) -> float:
    try:
        found = float(text)
    except ValueError:
        found = float("nan")
    if not 0 <= found <= 1_000_000:
        raise UsageError(f"{name}: {text[:20]!r} is no number that fits")
    return found


def _one(choices: Any, name: str, fields: Mapping[str, str]) -> Any:
    text = fields[name]
    if text and text not in set(choices):
        raise UsageError(f"{name}: {text[:40]!r} is none of {', '.join(choices)}")
    return choices(text) if text else None
