"""What was there before a function was attached, kept in tags of the function itself: anyone who detaches it
finds it, and it goes when the function goes.

A tag holds 256 characters of a few kinds, and an ARN may have more: a long memory goes on in further tags.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass

from lambda_replay_cli.attachments.invoke_config import LATEST

PREFIX = "lambda-replay:before"
_LONGEST_VALUE = 256
_LONGEST_NAME = 64
_OTHERS = re.compile(r"[^A-Za-z0-9.:_/@-]")
_ESCAPED = re.compile(r"=([0-9A-F]{2,6})\.")
_NOTHING = "-"


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviousConfig:
    """Of one qualifier. A destination that attaching left alone is not remembered: `had_failure` and
    `had_success` tell which ones it set. `bare` when there was no configuration at all, `made_alias` when the
    alias was made for it."""

    stack: str
    had_failure: bool = False
    had_success: bool = False
    failure: str | None = None
    success: str | None = None
    bare: bool = False
    made_alias: bool = False

    def tags(self, qualifier: str) -> dict[str, str]:
        words = [f"stack {_escaped(self.stack)}"]
        if self.had_failure:
            words.append(f"failure {_escaped(self.failure or _NOTHING)}")
        if self.had_success:
            words.append(f"success {_escaped(self.success or _NOTHING)}")
        words += ["config none"] * self.bare + ["alias made"] * self.made_alias
        # A tag's value may lose blanks at its ends: a plus is none.
        text = " ".join(words).replace(" ", "+")
        pieces = [text[start : start + _LONGEST_VALUE] for start in range(0, len(text), _LONGEST_VALUE)]
        return {_key(qualifier, number): piece for number, piece in enumerate(pieces)}


def remembered(tags: Mapping[str, str], qualifier: str) -> PreviousConfig | None:
    """None when there is none, or it can't be read."""
    words = "".join(tags[key] for key in keys(tags, qualifier)).split("+")
    found = dict(zip(words[::2], words[1::2], strict=False))
    if "stack" not in found:
        return None
    return PreviousConfig(
        stack=_plain(found["stack"]),
        had_failure="failure" in found,
        had_success="success" in found,
        failure=_destination(found.get("failure")),
        success=_destination(found.get("success")),
        bare="config" in found,
        made_alias="alias" in found,
    )


def keys(tags: Mapping[str, str], qualifier: str) -> list[str]:
    """The tags that hold it, in order."""
    found: list[str] = []
    while (key := _key(qualifier, len(found))) in tags:
        found.append(key)
    return found


def _key(qualifier: str, number: int) -> str:
    # No alias has an @ in its name.
    name = "@latest" if qualifier == LATEST else qualifier
    if len(name) > _LONGEST_NAME:
        name = "@" + hashlib.sha256(name.encode()).hexdigest()[:16]
    return f"{PREFIX}:{name}" + (f":{number + 1}" if number else "")


def _destination(word: str | None) -> str | None:
    return None if word in (None, _NOTHING) else _plain(word or "")


def _escaped(text: str) -> str:
    return _OTHERS.sub(lambda found: f"={ord(found[0]):02X}.", text)


def _plain(word: str) -> str:
    return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), word)
