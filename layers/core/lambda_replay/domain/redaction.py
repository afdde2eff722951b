"""What is secret in a text, masked in place: the one redactor for everything that is shown.

Titles, groups, alerts, logs, answers of the API (but payloads and the full error), the command line, exports
and the console show text that went through `redact`. It masks credentials, private keys, tokens of AWS and of
other vendors, passwords in addresses and connection strings, card numbers, e-mail addresses and phone
numbers; it leaves ids, ARNs, UUIDs, times and numbers alone.

Each kind of secret is one row of `KINDS`, tried only where one of its marks is in the text. Every pattern
begins where a token begins and every repetition is bounded or possessive, so the work is linear in the text.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

MASK = "…"

type Mask = str | Callable[[re.Match[str]], str | None]
"""What stands for a match, or what makes it; None keeps the match as it is."""

_ASCII_LOWER = {upper: upper + 32 for upper in range(ord("A"), ord("Z") + 1)}
# The start of a token, also behind an escaped character of an address: %3D.
_START = r"(?:(?<![A-Za-z0-9])|(?<=%[0-9A-Fa-f]{2}))"

# ---------------------------------------------------------------- SECRETS BY THEIR NAME

# Names end with these words: api_key, DB_PASSWORD, clientSecret, X-Amz-Security-Token.
_WORDS = (
    r"pass(?:word|wd|phrase|code)|pwd|(?<!\d:)secret|credentials?|signature|jsessionid|phpsessid|connect\.sid"
    r"|(?:api|access|account|auth|private|encryption|signing|master|shared|subscription|secret)[ _-]?key"
    r"|(?<!unexpected )(?<!illegal )token|(?<![a-z])(?:otp|cvv|cvc|ssn|passcode)"
)
_SUFFIX = r"(?:[_-](?:value|hash|key|base64|b64|\d{1,2})|[_-]?access[_-]?key|[_-]?key|\d{1,2})?"
_SEPARATOR = (
    r"(?:\\?['\"`])?[\])]?(?:\s{0,3}(?:=>|:=|==?|:|>|%3d|%3a)\s{0,3}|\s(?:is|was)\s(?=['\"`]?\S{0,64}?\d))"
)
# Quoted, in the quotes of a text in a text, in braces (ODBC), or up to where the next thing begins.
_VALUE = (
    r"(?:\\\"(?P<escaped>(?:(?!\\\").){1,4096}+)"
    r"|\"(?P<double>(?:[^\"\\]|\\.){1,4096}+)"
    r"|'(?P<single>(?:[^'\\]|\\.){1,4096}+)"
    r"|`(?P<back>[^`]{1,4096}+)"
    r"|(?P<braces>\{[^{}\s\"']{1,256}+\})"
    r"|(?P<bare>(?![\[{])(?:[^\s'\"`,;&<>()\[\]{}\\]"
    r"|[()\[\]{}](?=[^\s,;'\"`()\[\]{}])"
    r"|,(?=[^\s'\"`,])(?!\s?['\"]?[\w.-]{1,40}['\"]?\s?[=:])"
    r"|['`](?=\w)|\\(?=[^\s\"'nrtu])){1,4096}+))"
)
_KINDS_OF_VALUE = ("escaped", "double", "single", "back", "braces", "bare")
# What stands behind a name and is no secret: that there is none, and how a sentence goes on.
_NO_SECRET = frozenset({
    "yes", "no", "true", "false", "null", "none", "nil", "undefined", "empty", "missing", "required",
    "invalid", "expired", "failed", "denied", "revoked", "must", "should", "shall", "is", "was", "are",
    "were", "has", "have", "had", "may", "might", "cannot", "can't", "could", "not", "the", "a", "an",
    "and", "or", "of", "in", "for", "to", "with", "field", "value", "expected", "unknown", "too", "does",
    "doesn't", "did", "didn't", "access", "unauthorized", "forbidden", "error", "str", "string", "int",
    "bytes", "any", "object", "type", "incorrect", "wrong", "mismatch",
})  # fmt: skip
_MASKED = r"[*xX.•…]+|<[\w -]+>|\[[\w ]+\]|\(\w+\)"


def _named(match: re.Match[str]) -> str | None:
    """The name with its signs, and the mask for the value."""
    kind = next(name for name in _KINDS_OF_VALUE if match[name])
    value = match[kind]
    if value.strip(".,:;!?").lower() in _NO_SECRET or _compiled(_MASKED).fullmatch(value):
        return None
    start, end = match.start(kind) - match.start(), match.end(kind) - match.start()
    text = match.group()
    if kind == "bare" and text[start - 1].isspace() and _begins_a_sentence(text[:start], value):
        return None
    return f"{text[:start]}{MASK}{text[end:]}"


def _begins_a_sentence(name: str, value: str) -> bool:
    """`ExpiredToken: Request has expired`: no key or token is a short word of letters; a password may be."""
    is_word = value.isalpha() and len(value) <= 12
    return is_word and not any(word in name for word in ("pass", "pwd", "secret"))


def _query(match: re.Match[str]) -> str | None:
    # ?code=404 is a status, ?code=4f7a… the credential of a login.
    if match["value"].isdigit() and len(match["value"]) <= 3:
        return None
    return f"{match['name']}={MASK}"


# ---------------------------------------------------------------- SECRETS BY THEIR SHAPE

# A word, or words joined in capitals: what stands behind "basic" in a sentence.
_CAMEL = r"[a-z]*(?:[A-Z][a-z]{2,})*[.,:;]?|[A-Z]+[.,:;]?|[a-z]+(?:-[a-z]+)+[.,:;]?"


def _scheme(match: re.Match[str]) -> str | None:
    return None if _compiled(_CAMEL).fullmatch(match["value"]) else f"{match['scheme']}{MASK}"


def _secret_key(match: re.Match[str]) -> str | None:
    """A secret access key of AWS: forty letters of base64, which a hash in hex or a path is not."""
    text = match.group()
    mixed = sum(c.isupper() for c in text) >= 4 and sum(c.islower() for c in text) >= 4
    digits = any(c.isdigit() for c in text)
    return "<secret-key>" if mixed and digits and not _compiled(r"[a-z]{9}").search(text) else None


# First digits and lengths of card numbers, by brand (ISO/IEC 7812; the brands' own ranges).
_BRANDS = (
    r"4\d{12}(?:\d{3}){0,2}|(?:5[1-5]\d\d|222[1-9]|22[3-9]\d|2[3-6]\d\d|27[01]\d|2720)\d{12}|3[47]\d{13}"
    r"|3(?:0[0-5]|[689]\d)\d{11}|35(?:2[89]|[3-8]\d)\d{12}|(?:6011|64[4-9]\d|65\d\d|62\d\d)\d{12,15}"
    r"|(?:50|5[6-8]|6\d)\d{14}"
)


def _card(match: re.Match[str]) -> str | None:
    digits = match.group().replace(" ", "").replace("-", "")
    return "<card>" if _compiled(_BRANDS).fullmatch(digits) and _luhn(digits) else None


def _luhn(digits: str) -> bool:
    doubled = [int(d) if at % 2 == 0 else int(d) * 2 for at, d in enumerate(reversed(digits))]
    return sum(n - 9 if n > 9 else n for n in doubled) % 10 == 0


def _email(match: re.Match[str]) -> str | None:
    return None if match.group().startswith("git@") else "<email>"


# How tokens of vendors begin, and what follows.
_VENDORS = (
    r"(?:sk|rk|pk)_(?:live|test)_[\w]{8,256}+", r"gh[pousr]_\w{16,256}+", r"github_pat_\w{16,256}+",
    r"xox[abeoprs]-[\w-]{8,256}+", r"xapp-[\w-]{8,256}+", r"glpat-[\w-]{16,256}+", r"npm_\w{30,256}+",
    r"pypi-[\w-]{16,512}+", r"AIza[\w-]{30,64}+", r"ya29\.[\w-]{16,512}+",
    r"SG\.[\w-]{16,64}+\.[\w-]{16,128}+", r"sk-(?:ant-|proj-)?[A-Za-z0-9][\w-]{19,256}+", r"hf_\w{20,128}+",
    r"whsec_[\w+/=]{16,128}+", r"do[opr]_v1_\w{32,128}+", r"shp(?:at|ca|pa|ss)_\w{16,128}+",
    r"hvs\.[\w-]{16,256}+", r"dapi[0-9a-f]{32}+", r"NRAK-[A-Z0-9]{20,64}+", r"dckr_pat_[\w-]{16,128}+",
)  # fmt: skip


class Kind(NamedTuple):
    """One kind of secret. `marks` are in lower case; without any of them in the text it holds no such secret.
    Without marks, it is looked for in texts with a long number or word.
    `lower`: the pattern is for the text in lower case, where names are looked for."""

    marks: tuple[str, ...]
    pattern: str
    mask: Mask
    lower: bool = False


KINDS: tuple[Kind, ...] = (
    Kind(
        ("private key",),
        r"-----BEGIN (?=[A-Z0-9 ]{0,40}PRIVATE KEY)[A-Z0-9 ]{1,60}-----"
        r"(?:(?!-----)[A-Za-z0-9+/=\s\\:,.%_-])*+(?:-----END [A-Z0-9 ]{1,60}-----)?",
        "<private-key>",
    ),
    # scheme://user:password@host, and a token alone in front of the host. A port is no password.
    Kind(
        ("@",),
        r"(?<=://)(?:[^\s/:@'\"<>]{0,128}+:(?!\d{1,5}(?:[/?#\s]|$))[^\s'\"<>]{0,128}"
        r"|[^\s/:@'\"<>?#]{16,256})@(?=[\w\[.*-])",
        f"{MASK}@",
    ),
    Kind(("@tcp(", "@unix("), r"(?<![\w.-])[\w.-]{1,64}+:[^\s@'\"]{1,128}+@(?=(?:tcp|unix)\()", f"{MASK}@"),
    Kind((":thin:",), r"(?<=:thin:)[^\s/@]{1,64}+/[^\s@]{1,128}+@", f"{MASK}@"),
    Kind(
        ("hooks.slack.com/", "/api/webhooks/", "webhook.office.com/", "api.telegram.org/bot"),
        r"(?<=hooks\.slack\.com/services/)[^\s'\"<>)]{1,256}+|(?<=/api/webhooks/)[^\s'\"<>)]{1,256}+"
        r"|(?<=webhook\.office\.com/)[^\s'\"<>)]{1,256}+|(?<=api\.telegram\.org/bot)[^\s'\"/<>)]{1,256}+",
        MASK,
    ),
    Kind(("eyj",), r"(?:(?<![\w-])|(?<=%[0-9A-Fa-f]{2}))eyJ[\w-]{8,}+(?:\.[\w-]*+){1,4}+", "<jwt>"),
    Kind(
        ("akia", "asia", "abia"),
        _START + r"(?:AKIA|ASIA|ABIA)[A-Z0-9]{12,20}(?![A-Za-z0-9])",
        "<access-key>",
    ),
    Kind(
        ("b3jpz2lu", "zxivyxdz", "aqodyxdz"),
        _START + r"(?:IQoJb3JpZ2lu|[AF]\wo[A-Z](?:ZXIvYXdz|b3JpZ2lu)|AQoDYXdz)[A-Za-z0-9+/=%_-]{16,}+",
        "<session-token>",
    ),
    Kind(
        (
            "sk_", "rk_", "pk_", "gh", "xox", "xapp-", "glpat-", "npm_", "pypi-", "aiza", "ya29.", "sg.",
            "sk-", "hf_", "whsec_", "_v1_", "shp", "hvs.", "dapi", "nrak-", "dckr_",
        ),
        _START + f"(?:{'|'.join(_VENDORS)})",
        "<token>",
    ),
    Kind(
        ("cookie",),
        r"(?P<name>(?<![a-z])cookie['\"]?\s{0,3}[:=]\s{0,3}['\"]?)"
        r"(?:[\w.%$-]{1,128}+=[^\s;,'\"]{0,4096}+(?:;\s?)?)++",
        lambda match: f"{match['name']}{MASK}",
        lower=True,
    ),
    Kind(
        ("authorization",),
        r"(?P<name>authorization(?:\\?['\"])?\s{0,3}(?:=>|[:=]|%3a)\s{0,3}(?:\\?['\"])?"
        r"(?:(?:bearer|basic|digest|token|apikey|negotiate|ntlm|aws4-hmac-sha256)\s+)?+)"
        r"(?P<value>[^\s'\",;\\]{4,8192}+)",
        lambda match: None if match["value"].strip(".") in _NO_SECRET else f"{match['name']}{MASK}",
        lower=True,
    ),
    Kind(
        ("bearer", "basic"),
        r"(?P<scheme>(?<![A-Za-z])(?:[Bb]earer|[Bb]asic|BEARER|BASIC)(?:\s+|%20|:\s?))(?P<value>[\w.~+/=-]{6,}+)",
        _scheme,
    ),
    # {"name": "DB_PASSWORD", "value": "…"}
    Kind(
        ("value",),
        rf"(?:name|key)['\"]?\s?[:=]\s?['\"]?[\w.-]{{0,40}}?(?:{_WORDS})['\"]?,\s?['\"]?(?:[a-z]{{0,20}}value)['\"]?\s?[:=]\s?"
        + _VALUE,
        _named,
        lower=True,
    ),
    Kind(
        (
            "pass", "pwd", "secret", "token", "credential", "signature", "sessid", "sessionid", "connect.sid",
            "key", "otp", "cvv", "cvc", "ssn",
        ),
        f"(?:{_WORDS}){_SUFFIX}{_SEPARATOR}{_VALUE}",
        _named,
        lower=True,
    ),
    # Of a command line; and a password in quotes behind its word.
    Kind(
        ("--", " -u ", "pass"),
        rf"(?:(?<!\S)--[\w-]{{0,30}}?(?:{_WORDS})\s+(?!-)|(?<!\S)-u\s+[^\s:]{{1,64}}+:"
        r"|(?:password|passphrase|passwd)\s(?=['\"`]))" + _VALUE,
        _named,
        lower=True,
    ),
    # Parameters of an address, absolute or relative.
    Kind(
        ("key=", "sig=", "code=", "auth=", "ticket=", "pass=", "pin=", "jwt=", "sid="),
        r"(?P<name>(?<=[?&;])(?:key|sig|code|auth|ticket|pass|pin|jwt|sid))=(?P<value>[^\s&'\"<>#)]{1,4096}+)",
        _query,
        lower=True,
    ),
    Kind(
        ("@", "%40"),
        r"(?<![\w.+-])[\w.+-]{1,64}+(?:@|%40)(?:[\w-]{1,63}\.){1,6}[^\W\d_]{2,24}(?![\w-])",
        _email,
    ),
    Kind(
        (),
        r"(?:(?<![\w./+-])|(?<=%[0-9A-Fa-f]{2}))(?:\d{13,19}+|\d{4}([ -])\d{4}\1\d{4}\1\d{4}(?:\1\d{1,3})?"
        r"|\d{4}([ -])\d{6}\2\d{4,5})(?![\w-]|\.\d)",
        _card,
    ),
    Kind(("+", "%2b"), r"(?:(?<![\w+/])\+|%2[Bb])[1-9](?:[ ().-]{0,2}\d){6,14}(?!\w)", "<phone>"),
    Kind(
        (),
        r"(?<![\w.+-])(?:1[ .-])?(?:\(\d{3}\) ?|\d{3}[.-])\d{3}[.-]\d{4}(?![\w-]|\.\d)",
        "<phone>",
    ),
    Kind(
        ("phone", "mobile", "msisdn", "tel", "fax"),
        r"(?P<name>(?<![a-z])(?:tele|cell)?(?:phone|mobile|msisdn|fax|tel)(?:[_ -]?(?:number|no|nr))?"
        r"(?:\\?['\"])?\s{0,2}[:=]\s{0,2}(?:\\?['\"])?)\+?[\d(][\d ()./-]{5,20}\d",
        lambda match: f"{match['name']}<phone>",
        lower=True,
    ),
    Kind((), r"(?<![\w+/-])[A-Za-z0-9+/]{40}(?![\w+/=-])", _secret_key),
)  # fmt: skip


# What has no mark: a number of a card or a telephone, a word of forty letters.
_LONG = r"\d[\d ().-]{9}|[A-Za-z0-9+/]{40}"


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


def redact(text: str) -> str:
    """The text with what is secret in it masked. A masked text stays as it is."""
    lowered = _lower(text)
    has_long = _compiled(_LONG).search(text) is not None
    for kind in KINDS:
        for mark in kind.marks:
            if mark in lowered:
                break
        else:
            if kind.marks or not has_long:
                continue
        masked = _masked(kind, text, lowered)
        if masked is not text:
            text, lowered = masked, _lower(masked)
    return text


def redact_all[T](value: T) -> T:
    """Of a JSON value with every text in it redacted; the names of members are ours."""
    whole: Any = value
    if isinstance(whole, str):
        whole = redact(whole)
    elif isinstance(whole, dict):
        whole = {name: redact_all(one) for name, one in whole.items()}
    elif isinstance(whole, list):
        whole = [redact_all(one) for one in whole]
    masked: T = whole
    return masked


def _lower(text: str) -> str:
    """ASCII letters alone, so that places in it are places in the text."""
    return text.lower() if text.isascii() else text.translate(_ASCII_LOWER)


def _masked(kind: Kind, text: str, lowered: str) -> str:
    parts: list[str] = []
    end = 0
    for match in _compiled(kind.pattern).finditer(lowered if kind.lower else text):
        mask = kind.mask if isinstance(kind.mask, str) else kind.mask(match)
        if mask is None:
            continue
        start = match.start()
        if kind.lower:
            # The name as it was written: in front of the mask nothing has changed.
            kept = mask.find(MASK) if MASK in mask else mask.find("<")
            mask = text[start : start + kept] + mask[kept:]
        parts += text[end:start], mask
        end = match.end()
    return "".join((*parts, text[end:])) if parts else text
