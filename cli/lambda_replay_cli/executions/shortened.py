"""Groups by the beginning of their fingerprint, as screens show them and people type them."""

import re
from typing import TYPE_CHECKING, Any

from lambda_replay.domain.near import did_you_mean, near
from lambda_replay_cli.ending import NO, Trouble, UsageError

if TYPE_CHECKING:
    from lambda_replay_cli.service.connection import Service

_BEGINNING = re.compile(r"[0-9a-f]{4,31}")  # a whole one has 32
_NAMED = 5


def fingerprint(service: "Service", text: str) -> str:
    """The one that begins so. Whole ones, and what is none, are left to the API. Raises `Trouble` where there
    is none and `UsageError` where there are several."""
    if not _BEGINNING.fullmatch(text):
        return text
    known = [
        each["fingerprint"]
        for group in service.pages("/groups", "groups", {"limit": "100"})
        for each in (group, *group["members"])
    ]
    found = [one for one in known if one.startswith(text)]
    if not found:
        meant = did_you_mean(near(text, (one[: len(text)] for one in known)))
        raise Trouble(f"no group's fingerprint begins with {text}{meant or ': see lambda-replay groups'}", NO)
    if len(found) > 1:
        named = ", ".join(sorted(found)[:_NAMED])
        raise UsageError(f"{len(found)} fingerprints begin with {text}: {named}. Give more of it.")
    whole: str = found[0]
    return whole


def with_whole_group[T: (dict[str, str], dict[str, Any])](service: "Service", wanted: T) -> T:
    """A filter whose group, if it names one, is a whole fingerprint. Raises as `fingerprint` does."""
    if "group" in wanted:
        wanted["group"] = fingerprint(service, wanted["group"])
    return wanted
