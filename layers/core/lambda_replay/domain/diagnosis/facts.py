# ruff: noqa: E501 - a pattern reads better in one line
"""Typed facts from one link of an error: AWS code and operation, errno, HTTP and gRPC status, missing name,
exit, host, SQLSTATE.

A table of (kind, gate, pattern): the pattern runs only where the gate, a plain lower-case substring,
occurs, so a usual message meets three or four patterns and none is compiled before it is needed.
"""

from __future__ import annotations

import re
from functools import cache

from .aws_codes import AMBIGUOUS, KNOWN, stem
from .os_errors import ERRNO_NAMES, ERRNO_NUMBERS, ERRNO_PHRASES, ERRNO_TYPES
from .unwrap import View, simple_type

type Tokens = dict[str, str]

# The status names of gRPC in the order of their numbers.
GRPC = (
    "OK", "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND", "ALREADY_EXISTS",
    "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION", "ABORTED", "OUT_OF_RANGE",
    "UNIMPLEMENTED", "INTERNAL", "UNAVAILABLE", "DATA_LOSS", "UNAUTHENTICATED",
)  # fmt: skip
_GRPC = {name.replace("_", ""): name for name in GRPC}

# kind, gates (any of them), pattern with one group (a group "name" beats group 1)
PATTERNS: tuple[tuple[str, tuple[str, ...], str], ...] = (
    # AWS code and operation: botocore, Go v2, Go v1, Java v1, PHP, Rust
    ("code", ("an error occurred (",), r"An error occurred \(([\w.-]{2,100})\)"),
    ("operation", ("when calling the",), r"when calling the (\w{2,100}) operation"),
    ("code", ("api error ",), r"api error ([A-Za-z][\w.-]{1,100}):"),
    ("code", ("operation error ",), r"StatusCode: \d{3}, RequestID: [\w-]{0,120}, (?:\w{1,40}: )?([A-Z]\w{2,100}):"),
    ("service", ("operation error ",), r"operation error ([\w ]{2,60}):"),
    ("operation", ("operation error ",), r"operation error [\w ]{2,60}: (\w{2,100})"),
    ("code", ("error code:",), r"Error Code: ([\w.-]{2,100})[;)]"),
    ("service", ("(service:",), r"\(Service: ([\w ]{2,60})[;,]"),
    ("code", ("request id: ",), r"^([A-Z][\w.]{2,100}): [^\x00]{0,1500}?status code: \d{3}, request id: "),
    ("code", ("unhandled error (",), r"unhandled error \((\w{2,100})\)"),
    ("code", ('code: some("', 'code: "'), r'code: (?:Some\()?"([\w.]{2,100})"'),
    ("code", ("<code>",), r"<Code>([\w.]{2,100})</Code>"),
    ("action", ("not authorized to perform",), r"not authorized to perform:? \[?'?([\w-]{1,40}:[\w*]{1,80})"),
    ("action", ("does not have",), r"does not have (?:the )?([a-z0-9-]{1,40}:[A-Z]\w{1,80}) permission"),
    ("reasons", ("cancellation reasons", "cancelled, please", "transaction cancel"), r"\[([\w, ]{2,400})\]"),
    # HTTP
    ("http", ("http error ",), r"HTTP Error (\d{3})\b"),
    ("http", ("status code", "statuscode", "status_code", "status:", "status "),
     r"(?i)\bstatus[ _]?(?:code)?(?: does not indicate success)?(?: of| was| is)?\s?[:=]?\s?\(?([1-5]\d\d)\b"),
    ("http", (" error: ", "client error", "server error"), r"\b([45]\d\d) (?:Client|Server) Error\b"),
    ("http", ("returned an error: (",), r"returned an error: \(([45]\d\d)\)"),
    ("http", ("response code",), r"(?i)response code:? (?:\w{1,10} )?([45]\d\d)\b"),
    ("http", ("http ", "http/1.1 ", "http/2 "), r"\bHTTP(?:/\d(?:\.\d)?)?[: ]{1,2}([45]\d\d)\b"),
    ("http", ("too many requests",), r"\b(429)\b"),
    ("http", ("not found", "forbidden", "unauthorized", "gateway", "unavailable", "internal server", "bad request",
              "too many", "unprocessable"),
     r"^\W{0,3}([45]\d\d) (?:Not Found|Forbidden|Unauthorized|Bad|Gateway|Service|Internal|Too Many|Unprocessable)"),
    ("http", ("error(4", "error(5", "exception(4", "exception(5", ", message="), r"^(?:\w{3,60}\()?([45]\d\d), "),
    # Status names of gRPC: Node, Python, Go, .NET (Java's: `_from_type`)
    ("grpc", ("rpc error: code = ",), r"rpc error: code = (\w{2,30})"),
    ("grpc", ("statuscode.",), r"StatusCode\.([A-Z_]{2,30})"),
    ("grpc", ('statuscode="',), r"StatusCode=\"(\w{2,30})\""),
    ("grpc", tuple(f"{number} {name.lower()}: " for number, name in enumerate(GRPC)), r"\b1?\d ([A-Z_]{5,20}): "),
    # Constants by which libraries name an error: Node and undici, Chrome, OpenSSL, librdkafka, Prisma
    ("constant", ("err_",), r"\b((?:UND_)?ERR_[A-Z][A-Z0-9_]{2,60})\b"),
    ("constant", ("kafkaerror{code=",), r"KafkaError\{code=(\w{2,60})"),
    ("constant", ("cert", "issuer", "leaf_sig"),
     r"\b(CERT_[A-Z_]{4,40}|DEPTH_ZERO_[A-Z_]{4,40}|SELF_SIGNED_[A-Z_]{4,40}|UNABLE_TO_[A-Z_]{4,40})\b"),
    ("constant", ("p1", "p2", "p5", "p6"), r"(?:^|\(|[Cc]ode:? [`'\"]?)(P[1256]\d{3})(?=[:)`'\",]|$)"),
    # Names that are missing
    ("module", ("no module named",), r"No module named '?\"?([\w.-]{1,150})"),
    ("module", ("cannot find module", "cannot find package"), r"Cannot find (?:module|package) '([^'\n]{1,200})'"),
    ("module", ("cannot import name",), r"cannot import name '?([\w.]{1,150})"),
    ("module", ("cannot load such file",), r"cannot load such file -- ([^\s,]{1,200})"),
    ("module", ("could not find ",), r"[Cc]ould not find (?:gem )?'?([\w-]{2,80}(?:-\d[\w.]{0,20})?)'? .{0,40}in (?:any|locally|rubygems)"),
    ("module", ("does not provide an export",), r"does not provide an export named '?([\w$]{1,100})"),
    ("module", ("must use import to load",), r"Must use import to load ES Module: ([^\s]{1,200})"),
    ("module", ("error [err_require_esm]", "require() of es module"), r"require\(\) of ES Module ([^\s]{1,200})"),
    ("class", ("could not load file or assembly",), r"Could not load file or assembly '([^',\n]{1,200})"),
    ("class", ("not found",), r"\bClass [\"']([\w\\\\]{1,200})[\"'] not found"),
    ("class", ("class not found:",), r"Class not found: ([\w.$]{1,200})"),
    ("class", ("unable to load type",), r"Unable to load type '([^'\n]{1,200})'"),
    ("class", ("error loading class",), r"Error loading class [\w.$]{1,200}: ([\w./$]{1,200})"),
    ("class", ("uninitialized constant",), r"uninitialized constant ([\w:]{1,150})"),
    ("class", ("could not initialize class",), r"Could not initialize class ([\w.$]{1,200})"),
    ("library", ("shared librar", "shared object"), r"([\w.+-]{1,120}\.so[\w.]{0,20}): (?:cannot open shared|undefined)"),
    ("library", ("invalid elf header",), r"([\w.+-]{1,120}): invalid ELF header"),
    ("library", ("glib", "cxxabi"), r"version [`'\"]?((?:GLIBC|GLIBCXX|CXXABI)_[\d.]{1,12})"),
    ("library", ("undefined symbol",), r"undefined symbol: (\w{1,120})"),
    ("library", ("unable to load shared library", "unable to load dll"), r"(?:library|DLL) '([^'\n]{1,150})'"),
    ("handler", ("missing on module",), r"Handler '([^'\n]{1,150})' missing on module"),
    ("handler", ("is undefined or not exported",), r"([\w./-]{1,150}) is undefined or not exported"),
    ("handler", ("could not find handler",), r"[Cc]ould not find handler '?([\w./:-]{1,150})"),
    ("handler", ("bad handler",), r"Bad handler '?([^'\n]{1,150})"),
    ("handler", ("invalid lambda function handler",), r"function handler: '([^'\n]{0,200})'"),
    ("handler", ("unable to find method",), r"Unable to find method '([^'\n]{1,150})'"),
    ("handler", ("no public method named",), r"No public method named ([\w$]{1,100})"),
    ("property", ("(reading '", "(setting '"), r"\((?:reading|setting) '([^'\n]{0,100})'\)"),
    ("property", ("cannot read property", "cannot set property"), r"Cannot (?:read|set) property '([^'\n]{0,100})' of"),
    ("property", ("cannot destructure property",), r"Cannot destructure property [`']([^`'\n]{0,100})[`']"),
    ("property", ("is not a function", "is not a constructor", "is not iterable"),
     r"([\w$.()\[\]]{1,150}) is not (?:a function|a constructor|iterable)"),
    ("property", ("undefined is not an object", "null is not an object"), r"evaluating '([^'\n]{1,100})'"),
    ("attribute", ("has no attribute",), r"has no attribute '?([\w$]{1,100})"),
    ("attribute", ("call to ",), r"Call to (?:a member function|undefined (?:function|method)) ([\w\\\\:]{1,150})\("),
    ("attribute", ("undefined method",), r"undefined method [`']([^`'\n]{1,100})'"),
    ("attribute", ("cannot invoke \"", "cannot read field"), r"Cannot (?:invoke|read field) \"([^\"\n]{1,200})\""),
    ("name", ("is not defined",), r"(?:name )?'?([\w$]{1,100})'? is not defined"),
    ("name", ("undefined local variable",), r"undefined local variable or method [`']([^`'\n]{1,100})'"),
    ("name", ("referenced before assignment", "cannot access local variable"), r"variable '([\w]{1,100})'"),
    ("name", ("undefined variable",), r"Undefined variable:? \$?(\w{1,100})"),
    ("name", ("cannot be retrieved because it has not been set",), r"variable '\$([\w:]{1,100})' cannot be"),
    ("name", ("before initialization",), r"Cannot access '([\w$]{1,100})' before"),
    ("env", ("environment variable", "env var", "environment key"),
     r"(?:[Ee]nvironment (?:variables?|key)|env vars?)[\s:'\"`(\[]{1,4}([A-Z][A-Z0-9_]{2,80})\b"),
    ("env", ("environment variable", "env var"), r"\b([A-Z][A-Z0-9]{0,40}_[A-Z0-9_]{1,60})['\"`]? (?:is |env)"),
    ("env", ("environment variable not found: ",), r"variable not found: ([A-Za-z]\w{1,100})"),
    ("env", ("could not resolve placeholder",), r"resolve placeholder '([^'\n]{1,150})'"),
    ("field", ("unmarshal ",), r"Go struct field ([\w.]{1,200}) of type"),
    ("field", ("go value of type",), r"into Go value of type ([\w.\[\]*]{1,200})"),
    ("field", ("missing field",), r"missing field `([^`\n]{1,100})`"),
    ("field", ("unknown field", "unrecognized field"), r"[uU]n(?:known|recognized) field [\"`']([^\"`'\n]{1,100})"),
    ("field", ("reference chain",), r"through reference chain: ([^)\n]{1,200})\)"),
    ("field", ("is a required property",), r"'([\w.$-]{1,100})' is a required property"),
    ("field", ("must have required property",), r"required property '([\w.$-]{1,100})'"),
    ("field", ("| linenumber",), r"\bPath: ([^|\n]{1,200}) \| LineNumber"),
    ("field", ("path:", "path '"), r"\bPath:? '?(\$?[\w.$\[\]]{1,150})"),
    ("field", ("path `",), r"Path `([\w.$-]{1,100})`"),
    ("model", ("validation error",), r"validation errors? for (\w{1,100})"),
    ("field", ("validation error",), r"validation errors? for \w{1,100}\n([\w.-]{1,100})\n"),
    ("argument", ("positional argument", "keyword argument"), r"arguments?:? '(\w{1,100})'"),
    ("argument", ("parameter in input",), r"parameter in input: \"(\w{1,100})\""),
    ("argument", ("for parameter ",), r"for parameter ([\w.\[\]]{1,100})"),
    ("argument", ("required key '", "unexpected key '"), r"key '([\w.]{1,100})'"),
    ("argument", ("(parameter '", "parameter name: "), r"(?:\(Parameter '|Parameter name: )([\w ]{1,100})"),
    ("key", ("key not found",), r"key not found: :?\"?([\w.-]{1,100})"),
    ("key", ("undefined array key", "undefined index"), r"Undefined (?:array key|index):? \"?([\w.-]{1,100})"),
    ("key", ("was not present in the dictionary",), r"given key '([^'\n]{1,100})'"),
    ("relation", ("does not exist",), r"(?:relation|column|database|table|role) [\"`]([^\"`\n]{1,100})[\"`](?: of relation \"[^\"\n]{1,100}\")? does not exist"),
    ("relation", ("does not exist",), r"(?:column|relation) ([\w.]{1,100}) does not exist"),
    ("relation", ("invalid object name", "invalid column name"), r"Invalid (?:object|column) name '([^'\n]{1,150})'"),
    ("relation", ("doesn't exist",), r"Table '([^'\n]{1,150})' doesn't exist"),
    ("relation", ("unknown column", "unknown database"), r"Unknown (?:column|database) '([^'\n]{1,100})'"),
    ("relation", ("constraint",), r"constraint \"([^\"\n]{1,100})\""),
    ("file", ("no such file", "permission denied", "read-only file system", "enoent", "eacces", "erofs", "exec format"),
     r"(?:fork/exec |open(?:dir)? |spawn |mkdir |stat |scandir |directory: |denied: |system: |exec )'?\"?(/?[\w@./+-]{1,200})"),
    # How a process ended
    ("exit", ("exit status", "exit code", "exited with code"), r"\bexit(?:ed)?(?: with)? (?:status|code):? (\d{1,5})\b"),
    ("signal", ("signal: ",), r"signal: ([a-z ]{2,40})"),
    ("signal", ("sigkill", "sigterm", "sigsegv", "sigabrt", "sigbus", "sigill"), r"\b(SIG(?:KILL|TERM|SEGV|ABRT|BUS|ILL))\b"),
    # SQL
    ("sqlstate", ("sqlstate",), r"SQLSTATE[\[: (=]{1,3}([0-9A-Z]{5})\b"),
    ("sqlstate", ("): ",), r"^\d{6} \(([0-9A-Z]{5})\): "),  # Snowflake
    ("sqlcode", ("sqlstate",), r"SQLSTATE\[\w{5}\] \[(\d{3,5})\]"),
    ("sqlcode", ("ora-",), r"\b(ORA-\d{4,5})\b"),
    ("sqlcode", ("er_", "(1", "(2", "error 1", "error 2"), r"\b(ER_[A-Z_]{3,60})\b|^\W{0,3}(?:Error )?([12]\d{3})(?: \(|, |:)"),
    # Hosts (names only: addresses vary)
    ("host", ("host='",), r"host='([\w.-]{3,253})'"),
    ("host", ("host \"", "host name \""), r"host(?: name)? \"([\w.-]{3,253})\""),
    ("host", ("enotfound", "eai_again"), r"(?:ENOTFOUND|EAI_AGAIN) ([\w.-]{3,253})"),
    ("host", ("lookup ",), r"lookup ([\w.-]{3,253})"),
    ("host", ("://",), r"://(?:[\w.%+-]{1,80}@)?([a-zA-Z][\w-]{0,62}(?:\.[\w-]{1,63}){1,8})"),
    ("host", ("connect to ", "connecting to ", "connect: ", "connection to "),
     r"(?i)connect(?:ing|ion)? to (?:server )?(?:at )?['\"]?([a-z][\w-]{0,62}(?:\.[\w-]{1,63}){1,8})"),
    ("host", (":443", ":80", ":5432", ":3306", ":6379", ":27017", ":9092", ":9200"),
     r"\b([a-zA-Z][\w-]{0,62}(?:\.[\w-]{1,63}){1,8}):\d{2,5}\b"),
)  # fmt: skip

# Kinds that mean "this name is missing or wrong": the discriminator `missing` of a fingerprint.
MISSING_KINDS = ("module", "class", "library", "handler", "key", "property", "attribute", "name", "env", "field",
                 "argument", "relation", "file")  # fmt: skip
SCANNED = 2400


@cache
def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(text)


def _errno(lowered: str, message: str, simple: str) -> str | None:
    if simple.upper() in ERRNO_NAMES:
        return simple.upper()
    if simple in ERRNO_TYPES:
        return ERRNO_TYPES[simple]
    if "E" in message:
        found = _pattern(r"\b(E[A-Z][A-Z0-9_]{2,14})\b").findall(message)
        for word in found[:20]:
            if word in ERRNO_NAMES:
                return str(word)
    if "[errno" in lowered or "error " in lowered:
        match = _pattern(r"\[Errno (-?\d{1,4})\]|\bError (-?\d{1,4}) connecting").search(message)
        if match:
            return ERRNO_NUMBERS.get(match.group(1) or match.group(2))
    return next((name for phrase, name in ERRNO_PHRASES if phrase in lowered), None)


# A name with a package counts as an AWS code only in a package of an SDK: others use the same words.
SDK_OWNERS = ("amazon", "aws", "botocore", "smithy")
SDK_MARKS = ("/aws-sdk/", "/@aws-sdk/", "/@smithy/", "/botocore/", "/boto3/")


def _sdk_frames(view: View) -> bool:
    return any(any(mark in (frame.file or "") for mark in SDK_MARKS) for frame in view.frames[:4])


def _code_from_type(view: View, simple: str) -> str | None:
    kind = view.error_type or ""
    if "awssdk.services." in kind or "com.amazonaws.services." in kind or "::Errors::" in kind:
        # AmazonS3Exception and the like name the service, not the error.
        return None if simple.startswith(("Amazon", "AWS")) or simple in ("ServiceError",) else simple
    if kind.startswith("Amazon.") and ".Model." in kind:
        return simple
    if (
        stem(simple) in KNOWN
        and (simple.lower() not in AMBIGUOUS or _sdk_frames(view))
        and ("." not in kind or any(owner in kind.lower() for owner in SDK_OWNERS))
    ):
        return simple
    if _sdk_frames(view) and simple.endswith("Exception"):
        return simple
    return None


def _from_type(simple: str, message: str) -> Tokens:
    """Errors whose type says what stands at the start of the message, or is the whole of it."""
    text = message.strip()
    if simple == "KeyError":
        key = text[1:-1] if len(text) > 1 and text[0] == text[-1] and text[0] in "'\"" else text
        return {"key": key[:100]} if key and "\n" not in key[:100] else {}
    if simple in ("ClassNotFoundException", "NoClassDefFoundError", "TypeNotPresentException"):
        word = text.rsplit(": ", 1)[-1][:200]
        return {"class": word.replace("/", ".")} if word and " " not in word else {}
    if simple == "PostgresException" and text[5:7] == ": ":
        return {"sqlstate": text[:5]}
    if simple in ("StatusRuntimeException", "StatusException"):
        return {"grpc": text.split(":", 1)[0][:30]}
    if simple == "UnknownHostException":
        return {"host": text.split(":", 1)[0].split(" ", 1)[0][:253]}
    return {}


def _reasons(text: str) -> str:
    """The list of a cancelled transaction: which reasons, in no order and without the items that were fine."""
    return ",".join(sorted({word for word in text.replace(",", " ").split() if word != "None"}))


def extract(view: View) -> Tokens:
    """The typed facts of one link. Values are short; keys are the kinds of `PATTERNS` plus errno."""
    message = view.message[:SCANNED]
    lowered = message.lower()
    simple = simple_type(view.error_type)
    tokens: Tokens = {}
    for kind, gates, pattern in PATTERNS:
        if kind in tokens:
            continue
        for gate in gates:
            if gate in lowered:
                break
        else:
            continue
        match = _pattern(pattern).search(message)
        if match:
            tokens[kind] = match.group(match.lastindex or 0)
    for kind, value in _from_type(simple, message).items():
        tokens.setdefault(kind, value)
    if "code" not in tokens:
        code = _code_from_type(view, simple)
        if code:
            tokens["code"] = code
    elif tokens["code"].isdigit():
        # HeadObject has no body: botocore writes the HTTP status where the code belongs.
        tokens.setdefault("http", tokens["code"])
    if "code" not in tokens:
        errno = _errno(lowered, message, simple)
        if errno:
            tokens["errno"] = errno
    if "grpc" in tokens:
        # One status in two spellings: NOT_FOUND, NotFound.
        status = _GRPC.get(tokens["grpc"].replace("_", "").upper())
        tokens |= {"grpc": status} if status else {}
    if "reasons" in tokens:
        tokens["reasons"] = _reasons(tokens["reasons"])
    if "class" in tokens:
        tokens["class"] = tokens["class"].replace("/", ".")
    return tokens


def missing(tokens: Tokens) -> tuple[str, str] | None:
    """The most telling missing name, as (kind, name)."""
    return next(((kind, tokens[kind]) for kind in MISSING_KINDS if tokens.get(kind)), None)
