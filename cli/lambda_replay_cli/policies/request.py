"""The options of `policy set` and `policy test`, and the API's request made of them."""

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lambda_replay_cli.errors import UsageError
from lambda_replay_cli.files import parsed, whole_text

if TYPE_CHECKING:
    from lambda_replay_cli.client.service import Service

Policy = dict[str, Any]


def _option(*names: str, metavar: str, say: str) -> Any:
    return typer.Option(*names, metavar=metavar, help=say, show_default=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyOptions:
    """A whole policy, or what is to be different about the one in effect."""

    category: Annotated[
        list[str] | None,
        _option(metavar="CATEGORY", say="Replay these failures; may be repeated, or joined by commas."),
    ] = None
    attempts: Annotated[
        int | None, _option(metavar="N", say="Automatic replays of one execution, at most. Default: 3.")
    ] = None
    base: Annotated[
        str | None, _option(metavar="TIME", say="The longest first wait, doubled each time. Default: 1m.")
    ] = None
    cap: Annotated[str | None, _option(metavar="TIME", say="The longest wait of all. Default: 1h.")] = None
    max_age: Annotated[
        str | None, _option(metavar="TIME", say="Nothing that failed longer ago. Default: 1d.")
    ] = None
    rate: Annotated[
        float | None, _option(metavar="N", say="Automatic replays per second, at most. Default: 10.")
    ] = None
    idempotent: Annotated[
        bool | None,
        typer.Option(
            "--idempotent/--not-idempotent",
            help="Whether it does no harm to run an event twice. Default: not.",
            show_default=False,
        ),
    ] = None
    unverified_origin: Annotated[
        bool | None,
        typer.Option(
            "--unverified-origin/--verified-origin",
            help="Also what others than the function may have sent. The risk: who can send to the failure "
            "queue, topic, bus or bucket can then have the function invoked with any payload. Default: not.",
            show_default=False,
        ),
    ] = None
    qualifier: Annotated[
        str | None, _option(metavar="ALIAS", say="Replay through this alias or version.")
    ] = None
    tenant: Annotated[
        str | None,
        _option(metavar="ID|jmespath:PATH", say="For functions that isolate their tenants: whom it is for."),
    ] = None
    except_category: Annotated[
        list[str] | None,
        _option(
            metavar="C:WHAT",
            say="Otherwise for a category: timeout:never, or timeout:attempts=1,base=5m. May be repeated.",
        ),
    ] = None
    except_group: Annotated[
        list[str] | None, _option(metavar="FP:WHAT", say="The same for a group, by its fingerprint.")
    ] = None
    enabled: Annotated[
        bool | None,
        typer.Option(
            "--on/--off",
            help="Off: no automatic replays, whatever the stack says. Alone, the policy stays as it is.",
            show_default=False,
        ),
    ] = None
    from_file: Annotated[
        str | None, _option(metavar="FILE", say="The whole policy as JSON, as the API takes it.")
    ] = None

    @property
    def _given(self) -> set[str]:
        return {field.name for field in fields(self) if getattr(self, field.name) not in (None, [])}

    @property
    def says_something(self) -> bool:
        return bool(self._given)

    @property
    def switches(self) -> bool:
        """It says on or off, and nothing else."""
        return self._given == {"enabled"}


# What an exception may say, and under which of the API's names.
_SPANS = {
    "base": "base_seconds",
    "cap": "cap_seconds",
    "max_age": "max_age_seconds",
    "max-age": "max_age_seconds",
}
_SWITCHES = {"yes": True, "true": True, "no": False, "false": False}


def policy_of(options: PolicyOptions) -> Policy:
    """The body of `PUT /functions/{name}/policy`, without a reason. Raises `UsageError`."""
    given: dict[str, Any] = {
        "categories": _categories(options.category),
        "attempts": options.attempts,
        "base_seconds": _seconds(options.base),
        "cap_seconds": _seconds(options.cap),
        "max_age_seconds": _seconds(options.max_age),
        "rate": options.rate,
        "idempotent": options.idempotent,
        "unverified_origin": options.unverified_origin,
        "qualifier": options.qualifier,
        "tenant": options.tenant,
        "by_category": _exceptions("--except-category", options.except_category),
        "by_group": _exceptions("--except-group", options.except_group),
        "enabled": options.enabled,
    }
    given = {name: value for name, value in given.items() if value is not None}
    if options.from_file is not None:
        if given:
            raise UsageError("--from-file is the whole policy: leave it out, or the other options")
        return _file(options.from_file)
    if not given:
        raise UsageError("say what the policy is: --category throttling, --off, or --from-file FILE")
    return given


def with_whole_groups(service: "Service", policy: Policy) -> Policy:
    """Screens shorten fingerprints, and a policy needs whole ones. Raises as `fingerprint` does."""
    from lambda_replay_cli.groups.fingerprint_prefix import fingerprint

    groups = policy.get("by_group")
    if not isinstance(groups, dict):
        return policy
    return {**policy, "by_group": {fingerprint(service, key): rule for key, rule in groups.items()}}


def _categories(given: list[str] | None) -> list[str] | None:
    from lambda_replay.domain.category import Category

    if not given:
        return None
    found = [one.strip() for text in given for one in text.split(",") if one.strip()]
    for one in found:
        if one not in set(Category):
            raise UsageError(f"--category {one}: there are {', '.join(Category)}")
    return list(dict.fromkeys(found))


def _exceptions(option: str, given: list[str] | None) -> dict[str, Any] | None:
    """`timeout:never` and `timeout:attempts=1,base=5m`, by what stands before the colon."""
    if not given:
        return None
    found: dict[str, Any] = {}
    for text in given:
        key, colon, said = text.partition(":")
        if not key or not colon or not said:
            raise UsageError(f"{option} {text}: write {key or 'timeout'}:never, or …:attempts=1,base=5m")
        found[key] = None if said == "never" else dict(_setting(option, one) for one in said.split(","))
    return found


def _setting(option: str, text: str) -> tuple[str, object]:
    name, _, value = text.partition("=")
    if name in _SPANS and value:
        return _SPANS[name], _seconds(value)
    if name == "attempts" and value.isdecimal():
        return name, int(value)
    if name in ("idempotent", "unverified_origin") and value in _SWITCHES:
        return name, _SWITCHES[value]
    if name in ("qualifier", "tenant") and value:
        return name, value
    raise UsageError(
        f"{option} …{text}: expected attempts=N, base=TIME, cap=TIME, max_age=TIME, idempotent=yes|no, "
        "unverified_origin=yes|no, qualifier=ALIAS or tenant=ID"
    )


def _seconds(text: str | None) -> int | None:
    """Of `90m` or `90`."""
    from lambda_replay_cli.time_format import span

    if text is None:
        return None
    return int(text) if text.isdecimal() else round(span(text).total_seconds())


def _file(name: str) -> Policy:
    found = parsed(whole_text(name, name, "Name a JSON file with a policy."), name)
    if not isinstance(found, dict):
        raise UsageError(f"{name}: expected a JSON object with a policy")
    return found
