"""How executions are to be replayed: the same words for one and for a million."""

from dataclasses import dataclass
from datetime import datetime

from lambda_replay.domain.executions.replay import ReplayMode


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayOptions:
    """`qualifier` and `function` (its name, or its ARN) replace the record's own; `patch` is a JSON Patch or
    a JSON Merge Patch, as text; executions that failed before `not_before` are left out, and with
    `skip_never` those whose verdict is `never`. `named`: each of them was chosen by its id. `tenant` is
    whom it is for, or where that stands in the payload (`domain.executions.tenant`), with functions that
    isolate their tenants; others are sent none."""

    mode: ReplayMode = ReplayMode.IF_NOT_REPLAYED
    qualifier: str | None = None
    function: str | None = None
    patch: str | None = None
    not_before: datetime | None = None
    named: bool = False
    skip_never: bool = False
    tenant: str | None = None
