"""Which failures have one cause: SHA-256 over canonical JSON of the parts that an algorithm chooses.

Line numbers, ids, times, addresses, versions and install paths are not part of it; AWS codes, statuses,
errnos, missing names and call sites are.

A change of what goes in is a new algorithm: one more row of `ALGORITHMS`, with the functions it changes under
new names, so that the old ones still give what they always gave. Failures then get the new fingerprint, and
the old ones with it, by which their groups are found.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from lambda_replay.domain.redaction import redact, redact_all

from .facts import MISSING_KINDS, Tokens
from .model import JSON, ErrorReport, Evidence, Frame
from .normalise import MAX_MESSAGE, MAX_NORMALISED, clean, clean_function, normalise
from .unwrap import View, is_generic, simple_type

INNERMOST = 5
# Of a text that a raise line passes on, the start says what happened.
MAX_PASSED_ON = 200

# Tokens that tell causes apart. A host alone does not say what happened, so the message stays with it.
STRONG = (
    "code", "grpc", "constant", "model", "operation", "action", "errno", "http", "reasons", "exit", "signal",
    "sqlstate", "sqlcode",
)  # fmt: skip
ALONE = frozenset({"code", "grpc", "errno", "http", "exit", "signal", "sqlstate", "sqlcode", *MISSING_KINDS})
# Codes under which a service files very different complaints: the message tells them apart.
VAGUE = (
    "validation",
    "invalidparameter",
    "invalidrequest",
    "badrequest",
    "invalidargument",
    "invalidinput",
    "clienterror",
)
# Types under which a library or a service files every complaint: where nothing typed says which, the text
# does.
UMBRELLAS = frozenset(
    [
        "ClientError", "SdkClientException", "SdkException", "AwsServiceException", "ServiceError",
        "SdkError", "HttpRequestException", "HTTPError", "HttpError", "RequestException", "AxiosError",
        "FetchError", "RequestError", "ResponseError", "ReplyError", "TransportError", "ApiError",
        "APIError",
        "ApiException", "WebDriverException", "OperationalError", "DatabaseError", "ProgrammingError",
        "InternalError", "SqlException", "SQLException", "PSQLException", "NpgsqlException", "PDOException",
        "MongoServerError", "OperationFailure", "PrismaClientKnownRequestError", "ErrorException",
        "PrismaClientUnknownRequestError", "PrismaClientInitializationError", "KafkaException",
        "CalledProcessError",
    ]
)  # fmt: skip
SOURCE_LINE_TYPES = frozenset({"KeyError", "IndexError", "TypeError", "AttributeError"})

# One fault, several spellings over the years of one runtime.
TYPE_WORDS: tuple[tuple[str, str], ...] = (
    ("task timed out after", "Sandbox.Timedout"),
    ("unable to import module", "Runtime.ImportModuleError"),
    ("runtime exited", "Runtime.ExitError"),
    ("couldn't find valid bootstrap", "Runtime.InvalidEntrypoint"),
    ("is undefined or not exported", "Runtime.HandlerNotFound"),
    ("' missing on module '", "Runtime.HandlerNotFound"),
    ("cannot find module", "Runtime.ImportModuleError"),
)


def root_type(view: View, tokens: Tokens) -> str:
    """The type without package; the AWS code where there is one, because SDKs name classes differently."""
    lowered = view.message[:300].lower()
    plain = (
        is_generic(view.error_type)
        or (view.error_type or "").startswith(("Runtime.", "Sandbox."))
        or (simple_type(view.error_type) in ("exitError", "PathError", "ImportError", "ModuleNotFoundError"))
    )
    if plain:
        for words, kind in TYPE_WORDS:
            if words in lowered:
                return kind
    if tokens.get("code"):
        return clean(tokens["code"], 120)
    return clean(simple_type(view.error_type) or "Error", 120)


def _file(frame: Frame) -> str:
    """The file's own name: directories differ between packages, images and build machines."""
    path = (frame.file or "").replace("\\", "/").rstrip("/")
    return clean(path.rsplit("/", 1)[-1].split("?", 1)[0], 120)


def _call_site(frame: Frame) -> str:
    function = clean_function(frame.function or "")
    if frame.file and frame.file.endswith((".js", ".mjs", ".cjs", ".ts", ".tsx")):
        function = function.rsplit(".", 1)[-1]
    elif frame.file and frame.file.endswith(".rb"):
        # Ruby 3.4 names the class as well: `Object#handler`, once `handler`.
        function = function.rsplit("#", 1)[-1].rsplit(".", 1)[-1]
    return f"{_file(frame)}:{normalise_name(function)}"


def normalise_name(name: str) -> str:
    """A function name without the digits that compilers count with."""
    return name if len(name) < 80 else name[-80:]


def call_sites(frames: tuple[Frame, ...]) -> list[str]:
    """The innermost own frames and the entry; repeated neighbours (recursion, async state machines) once."""
    sites: list[str] = []
    for frame in frames:
        if frame.in_app:
            site = _call_site(frame)
            if not sites or sites[-1] != site:
                sites.append(site)
    return sites if len(sites) <= INNERMOST else [*sites[:INNERMOST], sites[-1]]


def _is_name(value: str) -> str:
    """A missing name without what varies: addresses, hashes, temporary directories."""
    return normalise(value, limit=200) if any(c.isdigit() for c in value) else clean(value, 200)


def discriminators(tokens: Tokens) -> dict[str, JSON]:
    """The facts that tell causes of one error type apart, by kind."""
    found: dict[str, JSON] = {}
    for kind in STRONG:
        if tokens.get(kind):
            found[kind] = clean(tokens[kind], 160)
    for kind in MISSING_KINDS:
        if tokens.get(kind):
            value = tokens[kind]
            name = value.rsplit("/", 1)[-1] if kind in ("file", "module") and value.startswith("/") else value
            found[kind] = _is_name(name) if kind in ("file", "key", "property", "field") else clean(name, 200)
    if tokens.get("host"):
        found["host"] = clean(tokens["host"].lower(), 200)
    return found


def _is_umbrella(kind: str) -> bool:
    # AmazonS3Exception and its like name the service.
    return kind in UMBRELLAS or (kind.startswith("Amazon") and kind.endswith("Exception"))


@dataclass(frozen=True, kw_only=True)
class Material:
    """What is known of a failure when its group is looked for. `view` is the root of the chain."""

    evidence: Evidence
    report: ErrorReport
    view: View
    tokens: Tokens

    @cached_property
    def first_parts(self) -> dict[str, JSON]:
        """What version 1 makes of it; later versions add to this."""
        return _first_parts(self)


def parts_1(material: Material) -> dict[str, JSON]:
    """Type, phase, typed facts and own call sites; the message only where those say too little."""
    return material.first_parts


def _first_parts(material: Material) -> dict[str, JSON]:
    report, view = material.report, material.view
    found = discriminators(material.tokens)
    sites = call_sites(view.frames)
    result: dict[str, JSON] = {
        "function": clean(material.evidence.function, 200),
        "phase": report.phase,
        "type": root_type(view, material.tokens),
    }
    if report.phase in ("never_executed", "unreported"):
        result["condition"] = clean(material.evidence.condition, 100)
    if found:
        result["discriminators"] = found
    if sites:
        result["frames"] = list(sites)
    kind = simple_type(view.error_type)
    if kind in SOURCE_LINE_TYPES:
        code = next((frame.code for frame in view.frames if frame.in_app and frame.code), None)
        if code:
            result["source"] = clean(code.replace('"', "'"), 120)
    vague = str(found.get("code", "")).lower().startswith(VAGUE)
    telling = ALONE & found.keys()
    if vague or (not telling and (not sites or _is_umbrella(kind))):
        result["message"] = normalise(view.message)
    return result


def parts_2(material: Material) -> dict[str, JSON]:
    """As version 1, with the facts that it did not know.

    A text that a decoder could not read is one cause at one call site, whatever its first letter. Where the
    raise line passes on a text that it did not write, the words tell causes apart.
    """
    result = dict(material.first_parts)
    view, tokens = material.view, material.tokens
    found = result.get("discriminators")
    found = dict(found) if isinstance(found, dict) else {}
    for kind in ("object", "decoded"):
        if tokens.get(kind):
            found[kind] = clean(tokens[kind], 80)
    if found:
        result["discriminators"] = found
    if "decoded" in found:
        result.pop("message", None)
    elif "message" not in result and not (ALONE & found.keys()) and _passes_on(view.frames):
        result["message"] = normalise(view.message, limit=MAX_PASSED_ON)
    return result


def _passes_on(frames: tuple[Frame, ...]) -> bool:
    """The innermost own line raises with a text from elsewhere: `raise PaymentError(result.message)`."""
    code = next((frame.code for frame in frames if frame.in_app), None)
    if code is None or not code.startswith("raise ") or "'" in code or '"' in code:
        return False
    arguments = code.partition("(")[2].strip(") ")
    return bool(arguments) and not arguments.replace(",", "").replace(" ", "").isdigit()


def parts_3(material: Material) -> dict[str, JSON]:
    """As version 2, with what is secret masked first: one cause with two passwords is one cause, and what the
    parts show is no secret."""
    result = parts_2(material)
    if "message" in result:
        limit = MAX_NORMALISED if "message" in material.first_parts else MAX_PASSED_ON
        result["message"] = normalise(redact(material.view.message[:MAX_MESSAGE]), limit=limit)
    texts = "\n".join(_texts(result))
    return result if redact(texts) == texts else redact_all(result)


def _texts(value: JSON) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for one in value.values() if isinstance(value, dict) else value:
            yield from _texts(one)


type Algorithm = Callable[[Material], dict[str, JSON]]

# By version; the highest is in effect.
ALGORITHMS: dict[int, Algorithm] = {1: parts_1, 2: parts_2, 3: parts_3}
ALGORITHM = max(ALGORITHMS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fingerprints:
    """The fingerprint in effect with its parts by name (they answer why failures are in one group), and those
    that earlier algorithms give, the newest first."""

    algorithm: int
    current: str
    parts: dict[str, JSON]
    former: tuple[str, ...]


def fingerprints(
    materials: Mapping[int, Material], algorithms: Mapping[int, Algorithm] = ALGORITHMS
) -> Fingerprints:
    """`materials` is what each version knows of the failure; a later version knows what the last one does."""
    newest, *older = sorted(algorithms, reverse=True)
    last = materials[max(materials)]

    def components(version: int) -> dict[str, JSON]:
        return {"algorithm": version, **algorithms[version](materials.get(version, last))}

    parts = components(newest)
    return Fingerprints(
        algorithm=newest,
        current=digest(parts),
        parts=parts,
        former=tuple(digest(components(version)) for version in older),
    )


_CANONICAL = json.JSONEncoder(ensure_ascii=True, sort_keys=True, separators=(",", ":"))


def digest(components: dict[str, JSON]) -> str:
    """First 16 bytes of SHA-256 over canonical JSON, as 32 hex characters."""
    return hashlib.sha256(_CANONICAL.encode(components).encode("ascii")).hexdigest()[:32]
