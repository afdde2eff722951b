"""What varies between two failures of one cause is masked: ids, numbers, times, addresses, quoted values.

All patterns are bounded and every text is clipped first, so the work is linear in (clipped) input.
"""

from __future__ import annotations

import re
from functools import cache

MAX_MESSAGE = 4096
MAX_NORMALISED = 1000
MAX_TITLE = 160

# How a trace inside a message begins: Java, V8, .NET, Python, Chrome, PHP, Go, Ruby.
TRACE_MARKS = (
    "\n\tat ", "\n    at ", "\n   at ", "Traceback (most recent call last)", "\nStacktrace:", "\n#0 ",
    "\ngoroutine ", "\n\tfrom ",
)  # fmt: skip

# One pass, first alternative wins. Names of groups are the masks that replace them.
MASKS = r"""
(?P<email>[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,5})
|(?P<arn>\barn:[\w-]{1,20}:(?P<service>[\w-]{1,40}):[^\s,;'"()\]]{1,400})
|(?P<url>\b[a-zA-Z][a-zA-Z0-9+]{1,14}://[^\s'"<>)\]]{1,400})
|(?P<time>\b\d{4}-\d\d-\d\d(?:[T\ ]\d\d:\d\d(?::\d\d)?(?:[.,]\d{1,9})?(?:Z|[+-]\d\d:?\d\d)?)?)
|(?P<id>\b[0-9a-fA-F]{8}-[0-9a-zA-Z]{4}-[0-9a-zA-Z]{4}-[0-9a-zA-Z]{4}-[0-9a-zA-Z]{12}\b
  |\b(?:sg|subnet|fsap|vpc|eni|fs|i|vol|ami|lt|rtb|nat|igw|eipalloc|snap|acl|tgw)-[0-9a-z]{8,32}\b
  |\b1-[0-9a-f]{8}-[0-9a-f]{24}\b
  |\b(?:AKIA|ASIA|AROA|AIDA)[A-Z0-9]{12,124}\b)
|(?P<ip>\b\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}(?::\d{1,5})?\b|\[?\b(?:[0-9a-fA-F]{1,4}:){3,7}[0-9a-fA-F]{0,4}\]?)
|(?P<address>\b0x[0-9a-fA-F]{1,32}\b|@[0-9a-f]{5,16}\b)
|(?P<quoted>'[^'\n]{0,400}'|"[^"\n]{0,400}"|`[^`'\n]{0,400}[`'])
|(?P<path>(?<![\w/])/(?:tmp|mnt|private|var/folders)/[^\s'"),:;]{1,300})
|(?P<token>\b(?=[A-Za-z_-]{0,40}\d)(?=[\w-]{0,40}[A-Za-z])[A-Za-z0-9_-]{20,512}={0,2})
|(?P<hex>\b(?=[a-f]{0,16}\d)[0-9a-f]{8,128}\b)
|(?P<n>\d{1,64}(?:[.,]\d{1,64}){0,8})
"""


@cache
def _masks() -> re.Pattern[str]:
    return re.compile(MASKS, re.VERBOSE)


@cache
def _identifier() -> re.Pattern[str]:
    # Code names in quotes stay (a column, a class); anything with digits, blanks or signs may be a value.
    return re.compile(r"[A-Za-z_$][A-Za-z_$]*(?:[./:\\-][A-Za-z_$]+)*")


def clean(text: str, limit: int = MAX_MESSAGE) -> str:
    """Clipped, and safe to encode: lone surrogates become a question mark."""
    text = text[:limit]
    return text.encode("utf-8", "replace").decode("utf-8") if not text.isascii() else text


def strip_prefix(message: str) -> str:
    """Without what Lambda writes in front of a message (docs/reference/lambda.md#platform-errors)."""
    text = message.lstrip()
    if text[:10].lower() == "requestid:":
        _, _, text = text[10:].lstrip().partition(" ")
        return text.removeprefix("Error: ") if text.startswith("Error: ") else text
    if text[:4].isdigit() and text[4:5] == "-" and text[10:11] == "T":
        parts = text.split(" ", 2)
        if len(parts) == 3 and len(parts[1]) >= 30 and parts[1].count("-") == 4:
            return parts[2]
    return text.removeprefix("Error: ") if text.startswith("Error: Runtime exited") else text


def trace_start(message: str) -> int:
    """Where the lines of a trace begin inside the message; -1 where there are none behind some text."""
    return min((at for mark in TRACE_MARKS if (at := message.find(mark)) > 0), default=-1)


def without_trace(message: str) -> str:
    """The message up to a stack trace that is written into it: its lines differ with each version.

    The whole message where nothing stands before the trace.
    """
    at = trace_start(message)
    return message[:at] if at > 0 and not message[:at].isspace() else message


def is_identifier(text: str) -> bool:
    """A short name made of letters: a field, a module, a class; no value of a customer."""
    return len(text) <= 80 and _identifier().fullmatch(text) is not None


def mask(match: re.Match[str], *, keep_identifiers: bool) -> str:
    """What stands for one match of `MASKS`."""
    kind = match.lastgroup or "n"
    if match.group("arn"):
        return f"<arn {match.group('service')}>"
    text = match.group()
    if kind == "quoted":
        inner = text[1:-1]
        return f"'{inner}'" if keep_identifiers and is_identifier(inner) else "'…'"
    # One id may be all digits and the next one hex: telling them apart would split a group.
    return "<n>" if kind in ("hex", "token", "address", "n") else f"<{kind}>"


def normalise(message: str, *, keep_identifiers: bool = True, limit: int = MAX_NORMALISED) -> str:
    """One line in which two failures of one cause read the same."""
    text = clean(without_trace(strip_prefix(message)), limit)
    if len(text) == limit:
        text = text.rsplit(" ", 1)[0]  # a half-cut id would not be recognised
    text = _masks().sub(lambda match: mask(match, keep_identifiers=keep_identifiers), text)
    return " ".join(text.split())


def printable(text: str) -> str:
    """The text with a space for each control character."""
    return "".join(c if c.isprintable() else " " for c in text)


@cache
def _generated() -> tuple[tuple[re.Pattern[str], str], ...]:
    """Names that compilers invent, and the stable name behind them."""
    table = (
        (r".{0,400}\[as ([^\]]{1,200})\].{0,400}", r"\1"),  # V8: Object.x [as handler]
        (
            r"(?:[\w.]{0,400}\.)?<([\w.]{1,200})>[a-z]__\w{0,80}(?:\|\d{1,6}_\d{1,6})?(?:\.MoveNext)?.{0,200}",
            r"<\1>",
        ),
        (r"\.?<>c(?:__DisplayClass\d{1,6}_\d{1,6})?", ""),
        (r"\$\$Lambda(?:\$|/)?[\w/.]{0,60}", "$$Lambda"),
        (r"lambda\$(\w{0,100}?)\$\d{1,6}", r"lambda$\1"),
        (r"(GeneratedMethodAccessor|GeneratedConstructorAccessor|\$Proxy)\d{1,9}", r"\1"),
        (r"\$\$(?:Enhancer|FastClass)By\w{1,40}\$\$\w{1,40}", ""),
        (r"^(?:block|rescue|ensure)(?: \(\d{1,3} levels\))? in ", ""),
        (r"(?:\.func\d{1,4}|\.\d{1,4}|-fm)+$", ".func"),
        (r"`\d{1,3}", ""),
    )
    return tuple((re.compile(pattern), replacement) for pattern, replacement in table)


def clean_function(name: str) -> str:
    """The name a person gave to the function, not what compiler or version made of it."""
    name = name[:400]
    if name.isidentifier() and "Accessor" not in name:
        return clean(name, 200)  # compilers use signs that no plain name has
    for pattern, replacement in _generated():
        name = pattern.sub(replacement, name)
    return clean(name.strip(), 200)
