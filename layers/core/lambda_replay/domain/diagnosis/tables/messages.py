"""What the words of a message say when neither a typed fact nor the type has decided."""

from __future__ import annotations

from ..rules import Rule
from ._row import (
    AFTER_FIX,
    AS_IS,
    BUG,
    CONFIGURATION,
    INPUT,
    NEVER,
    PERMISSION,
    PLATFORM,
    STATE,
    THROTTLING,
    TRANSIENT,
    any_of,
    error,
    row,
)

# A row reads better with its id, conclusion and confidence in one line.
# fmt: off
RULES: tuple[Rule, ...] = (
    row(
        "words.throttling", THROTTLING, AS_IS, 0.8,
        "the callee asked for fewer calls",
        {
            "message": any_of(
                "rate exceeded|rate limit|rejected_execution|circuit_breaking|throughput exceeds|"
                "too many requests|throttl|provisioned throughput|"
                "quota exceeded|slow down|exceeded the maximum number of|concurrent invocation|"
                "requests per second|limit exceeded|concurrency limit|exceeded your current quota|"
                "userratelimitexceeded|ratelimited|rate_limited|quota limit|reduce your request rate"
            ),
        },
        error('Error', 'Rate limit reached for requests'),
    ),
    row(
        "words.permission", PERMISSION, AFTER_FIX, 0.8,
        "something was not allowed",
        {
            "message": any_of(
                "access denied|accessdenied|access is denied|not authorized|unauthorized|"
                "permission denied|forbidden|insufficient privileges|insufficient permission|"
                "explicit deny|no identity-based policy|permission to perform|not have permission|"
                "doesn't have permission|security token|not allowed to|lacks permission|unauthorised|"
                "no permission|requires permission|security_exception|not_authorized|permission_denied"
            ),
        },
        error('Error', 'Access Denied'),
    ),
    row(
        "words.configuration", CONFIGURATION, AFTER_FIX, 0.75,
        "the configuration is missing or wrong",
        {
            "message": any_of(
                "environment variable|env var|not configured|misconfigur|is not set|must be set|"
                "configuration error|missing configuration|invalid configuration|no such module|"
                "could not resolve placeholder|architecture|secret_key setting|could not find config|"
                "config file|connection string|missing api key|api key is missing|api_key|"
                "is not configured|not been configured|not initialized|"
                "invalid url|invalid endpoint|license key|unable to find a suitable|"
                "application dependencies|unsupported runtime|failed to load config|appsettings|"
                "no config found|not registered|no service for type|"
                "hashicorp|must provide|feature is not enabled|please install|"
                "is not installed|module initialization error"
            ),
        },
        error('Error', 'DATABASE is not configured'),
    ),
    row(
        "words.schema", INPUT, NEVER, 0.82,
        "the input does not satisfy a schema",
        {
            "message": any_of(
                "validation error for|validation errors for|is a required property|"
                "does not match any of the regexes|must have required property|"
                "event object failed validation|failed schema validation|field required|"
                "missing required field|missing required parameter|missing required argument|"
                "required field|is not one of [|invalid event|invalid input|invalid request|"
                "invalid payload|unsupported event|unknown event|malformed|bad request|"
                "validation failed|failed validation|expected object, received|missing required|"
                "must be provided|is required|cannot be empty|must not be null|must not be blank|"
                "must not be empty|should not be empty|not a valid|is not a valid|is invalid|"
                "invalid value|invalid argument"
            ),
        },
        error('Error', '1 validation error for Order\nid\n  field required'),
        unless={'message': any_of('environment|not a valid win32|credential|endpoint')},
    ),
    row(
        "words.missing", STATE, NEVER, 0.65,
        "what was asked for does not exist",
        {
            "message": any_of(
                "not found|not_found|does not exist|doesn't exist|no such |could not be found|nosuchkey|"
                "cannot find|couldn't find|could not find|no longer exists|unknown user|"
                "has been deleted|was deleted"
            ),
        },
        error('Error', 'Order not found'),
    ),
    row(
        "words.state", STATE, NEVER, 0.65,
        "it exists already, or is in another state",
        {
            "message": any_of(
                "already exist|already been|already processed|already completed|"
                "conditional request failed|conflict|duplicate|in an invalid state|"
                "not in a valid state|is in state|wrong state|stale"
            ),
        },
        error('Error', 'Order was already processed'),
    ),
    row(
        "words.input", INPUT, NEVER, 0.6,
        "the input is not valid",
        {
            "message": any_of(
                "invalid|unsupported|must contain|must be a|must be an|must be of type|must be one of|"
                "must be between|must be greater|must be less|expected * got |expected * but |"
                "unexpected event|no records|empty body|missing parameter|missing field|missing key|"
                "missing property|missing |too large|larger than|exceeds the maximum|exceeds maximum|"
                "out of range|"
                "does not match|unrecognized|unparseable|cannot parse|could not parse|failed to parse|"
                "unable to parse|failed to decode|incorrect padding|not a gzip|invalid literal|"
                "could not convert|could not decode|can't decode|unknown type|bad input|wrong type|"
                "not supported|corrupt|cannot identify image|line contains nul|input buffer contains"
            ),
        },
        error('Error', 'Input must contain two numbers'),
        unless={'message': ('environment',)},
    ),
    row(
        "words.code", BUG, AFTER_FIX, 0.5,
        "a programming error",
        {
            "message": any_of(
                "not implemented|assertion|unreachable|called `result::unwrap()`|"
                "called `option::unwrap()`|panicked at|deprecated|should not happen|unexpected null|"
                "object has no|unexpected keyword|positional argument|runtime error:"
            ),
        },
        error('Error', 'not implemented'),
    ),
    row(
        "frames.serialise", BUG, AFTER_FIX, 0.6,
        "the code could not write a value as JSON",
        {
            "library": any_of(
                "*json.stringify|*_tryserializeresponse|*/json/encoder.py:*|*/lambda_runtime_marshaller.py:*"
            ),
        },
        error('Error', 'odd', '    at JSON.stringify (<anonymous>)', '    at h (file:///var/task/i.mjs:1:2)'),
    ),
    row(
        "frames.network", TRANSIENT, AS_IS, 0.6,
        "it failed while a connection was made or used",
        {
            "library": any_of(
                "node:net:*|node:dns:*|node:_tls_wrap:*|node:_http_client:*|node:internal/dns/*|"
                "*:internalconnect*|*/http/client.py:*|*/lib/python*/socket.py:*|*/lib/python*/ssl.py:*|"
                "*java.net.*socket*|*sun.nio.ch.*|*sun.security.ssl.*|*system.net.sockets.*|"
                "*system.net.security.*|*/net/protocol.rb:*|*/net/http.rb:*"
            ),
        },
        error('AggregateError', '', '    at internalConnectMultiple (node:net:1118:18)'),
    ),
    row(
        "words.child-exit", PLATFORM, AFTER_FIX, 0.45,
        "a program the function started ended with an error",
        {'exit': ('*',)},
        error('Error', 'Command failed with exit code 1: convert a b'),
    ),
    row(
        "words.child", PLATFORM, AFTER_FIX, 0.4,
        "a program the function started ended with an error",
        {
            "message": any_of(
                "command failed|returned non-zero exit status|exited with code|child process|subprocess"
            ),
        },
        error('Error', 'Command failed: convert a b'),
    ),
)
