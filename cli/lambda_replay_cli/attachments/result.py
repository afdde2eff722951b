"""What became of a plan."""

from dataclasses import dataclass, field
from typing import Any

from lambda_replay.domain.functions.function_arn import FunctionArn
from lambda_replay_cli.attachments.change import Change
from lambda_replay_cli.attachments.plan import Plan


@dataclass(frozen=True, slots=True)
class ApplyResult:
    """`granted` and `revoked` are ARNs of roles, `made` and `removed` are aliases; `failed` says why."""

    granted: set[str] = field(default_factory=set)
    revoked: set[str] = field(default_factory=set)
    made: set[FunctionArn] = field(default_factory=set)
    removed: set[FunctionArn] = field(default_factory=set)
    failed: list[tuple[Change, str]] = field(default_factory=list)

    @classmethod
    def as_planned(cls, plan: Plan) -> "ApplyResult":
        """If all of it goes well."""
        return cls(
            granted=set(plan.grant),
            revoked=set(plan.revoke),
            made={change.target for change in plan.to_do if change.makes_alias},
            removed={change.target for change in plan.to_do if change.removes_alias},
        )

    def row(self, change: Change, *, dry_run: bool = False) -> dict[str, Any]:
        """The change for a program, with what was done of it, or in a dry run would be."""
        role, alias, words = change.source.role, change.target, _WOULD if dry_run else _DID
        policy = words["give"] if role in self.granted else words["take"] if role in self.revoked else None
        version = words["make"] if alias in self.made else words["remove"] if alias in self.removed else None
        why = next((why for failed, why in self.failed if failed is change), None)
        return {**change.as_json(), "alias": version, "policy": policy, "error": why}


_DID = {"give": "given", "take": "taken", "make": "made", "remove": "removed"}
_WOULD = {verb: f"would {verb}" for verb in _DID}
