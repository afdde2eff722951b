"""Missing keys, elements and properties: was it the event, an answer, or the code? (source line, payload)."""

from __future__ import annotations

from ..rules import Rule
from ._row import (
    AFTER_FIX,
    AS_IS,
    BUG,
    CONFIGURATION,
    INPUT,
    NEVER,
    STATE,
    TRANSIENT,
    UNKNOWN,
    any_of,
    error,
    row,
)

EVENT_FIELDS = (
    "Records", "0", "records", "body", "detail", "detail-type", "headers", "httpMethod", "path",
    "pathParameters",
    "queryStringParameters", "multiValueHeaders", "requestContext", "resource", "resources", "s3", "Sns",
    "dynamodb",
    "kinesis", "eventSource", "eventName", "eventTime", "eventSourceARN", "messageAttributes", "awslogs",
    "source",
    "RequestType", "ResourceProperties", "ResponseURL", "StackId", "LogicalResourceId", "isBase64Encoded",
    "rawPath",
    "rawQueryString", "stageVariables", "invokingEvent", "userPoolId", "triggerSource", "CodePipeline.job",
    "bucket",
    "object", "NewImage", "OldImage", "Keys", "receiptHandle", "messageId", "action", "session", "request",
    "currentIntent", "sessionAttributes", "alarmName", "cf", "config", "clientContext", "authorizationToken",
    "methodArn", "invocationId", "taskToken", "Message", "data", "arguments", "identity", "info", "job",
    "Key",
)  # fmt: skip
KEYS = tuple(f"key:{name}" for name in EVENT_FIELDS)
PROPERTIES = tuple(
    f"property:{name}"
    for name in EVENT_FIELDS
    if name
    not in (
        "data",
        "path",
        "body",
        "headers",
        "config",
        "info",
        "identity",
        "source",
        "request",
        "action",
        "object",
        "job",
        "Key",
        "Message",
        "session",
        "resource",
        "bucket",
    )
)
MISSING_KEY = ("KeyError", "KeyNotFoundException", "NoSuchElementException")

# A row reads better with its id, conclusion and confidence in one line.
# fmt: off
RULES: tuple[Rule, ...] = (
    row(
        "durable.ordinary-function", CONFIGURATION, AFTER_FIX, 0.85,
        "durable execution is not enabled for this function: Lambda alone sends what is missing",
        {'missing': any_of('key:DurableExecutionArn|key:CheckpointToken|key:InitialExecutionState|'
            'property:CheckpointToken|property:InitialExecutionState|field:DurableExecutionArn')},
        error('KeyError', "'DurableExecutionArn'"),
    ),
    row(
        "durable.ordinary-function-text", CONFIGURATION, AFTER_FIX, 0.85,
        "durable execution is not enabled for this function",
        {'message': ('unexpected payload*durable execution', 'durable execution*is not enabled')},
        error('ExecutionError', 'Unexpected payload provided to start the durable execution.'),
    ),
    row(
        "durable.ordinary-function-frame", CONFIGURATION, AFTER_FIX, 0.75,
        "durable execution is not enabled for this function: its SDK found no state of one",
        {'missing': ('property:Operations',), 'frame': ('*:initializeExecutionContext',)},
        error(
            "TypeError",
            "Cannot read properties of undefined (reading 'Operations')",
            "    at initializeExecutionContext (/var/task/index.js:1:2)",
        ),
    ),
    row(
        "answer.not-readable", TRANSIENT, AS_IS, 0.8,
        "something that was called answered with no JSON: an error page, plain text or nothing",
        {'decoded': ('answer',)},
        error(
            "SyntaxError",
            "Unexpected token 'I', \"Internal S\"... is not valid JSON",
            "    at JSON.parse (<anonymous>)",
            "    at parseJSONFromBytes (node:internal/deps/undici/undici:5880:19)",
        ),
    ),
    row(
        "value.not-writable", BUG, AFTER_FIX, 0.8,
        "the code could not write a value as JSON",
        {
            "type": any_of(
                "GeneratorError|JsonGenerationException|JSONEncodeError|JsonEncodeError|UnsupportedTypeError|"
                "UnsupportedValueError|MarshalerError|JsonEncodingException|EncodingException|EncodeException"
            ),
        },
        error('Function<JSON::GeneratorError>', '920: NaN not allowed in JSON'),
    ),
    row(
        "event.member-lacking", INPUT, NEVER, 0.75,
        "the event lacks what the code reads from it, or has it in another type",
        {
            "type": any_of('TypeError|AttributeError|IndexError|NoMethodError|ArgumentError|RangeError'),
            "subject": ('event',),
            "payload": ('lacks',),
        },
        {
            **error('TypeError', 'e.Records is not iterable', '    at handler (/var/task/index.js:3:5)'),
            "@payload": {'id': 1},
        },
    ),
    row(
        "event.list-lacking", INPUT, NEVER, 0.6,
        "a list that events of AWS have is missing",
        {
            "type": ('TypeError',),
            "missing": any_of('property:*.Records|property:*.records'),
            "message": ('is not iterable', 'is not a function'),
        },
        error('TypeError', 'event.Records is not iterable'),
        unless={'payload': ('has',)},
    ),
    row(
        "event.object-null", INPUT, NEVER, 0.6,
        "a part of the event is missing",
        {'message': ('because the return value of "com.amazonaws.services.lambda.runtime.events.',)},
        error(
            "java.lang.NullPointerException",
            (
                'Cannot invoke "java.util.List.iterator()" because the return value of '
                '"com.amazonaws.services.lambda.runtime.events.SQSEvent.getRecords()" is null'
            ),
        ),
    ),
    row(
        "value.decimal", INPUT, NEVER, 0.7,
        "a value can't be read as a number",
        {'type': ('InvalidOperation', 'ConversionSyntax'), 'message': ("<class 'decimal.",)},
        error('InvalidOperation', "[<class 'decimal.ConversionSyntax'>]"),
        unless={'subject': ('response', 'environ')},
    ),
    row(
        "value.conversion", INPUT, NEVER, 0.65,
        "a value can't be read as a number, a date or an identifier",
        {
            "message": any_of(
                "invalid time value|to a bigint|cannot be converted to a bigint|uri malformed|"
                "invalid value for integer()|invalid value for float()|invalid value for rational()|"
                "badly formed hexadecimal uuid|invalid isoformat string|does not match format|"
                "invalid literal for int()|could not convert string to|no enum constant|for input string:|"
                "could not be parsed at index|could not be parsed:|was not in a correct format|"
                "was not recognized as a valid|too large or too small for|"
                "cannot parse * as|parsing time \"|strconv.*parsing \"|invalid digit found in string|"
                "invalid float literal|cannot parse integer from empty string|number too large to fit|"
                "invalid uuid string|not a valid uuid|expected an optional prefix of `urn|invalid date|"
                "failed to parse time string|unrecognized guid format|guid should contain|"
                "unknown string format|string does not contain a date|input contains invalid characters|"
                "not a valid base64|invalid base64|incorrect padding|illegal base64|"
                "cannot convert float nan|cannot convert float infinity|cannot convert the null value|"
                "unparseable date|unparseable number|character * is neither a decimal digit|"
                "invalid unit|non-hexadecimal number found|invalid character * in string escape|"
                "string was not recognized|is not a valid enum|is not a valid * value|expected iso"
            ),
        },
        error('RangeError', 'Invalid time value'),
        unless={'subject': ('response', 'environ')},
    ),
    row(
        "value.swift", INPUT, NEVER, 0.8,
        "the event does not fit the type that the code decodes it into",
        {
            "message": any_of(
                "keynotfound(|typemismatch(|valuenotfound(|datacorrupted(|decodingerror|codingpath:|"
                "couldn’t be read because it is|couldn’t be read because it isn’t|"
                "couldn't be read because it is"
            ),
        },
        error(
            "FunctionError",
            (
                'keyNotFound(CodingKeys(stringValue: "id", intValue: nil), Swift.DecodingError.Context('
                'codingPath: [], debugDescription: "No value associated with key"))'
            ),
        ),
    ),
    row(
        "key.event-has-it", BUG, AFTER_FIX, 0.7,
        "the code looked in the wrong place: the payload has this field",
        {'type': MISSING_KEY, 'missing': ('key:*',), 'payload': ('has',), 'subject': ('event',)},
        {
            **error(
                "KeyError",
                "'name'",
                '  File "/var/task/app.py", line 3, in handler\n    x = event[\'name\']\n',
            ),
            "@payload": {'detail': {'name': 1}},
        },
    ),
    row(
        "key.payload-lacks-it", INPUT, NEVER, 0.88,
        "the payload lacks the field the code reads",
        {'type': MISSING_KEY, 'missing': ('key:*',), 'payload': ('lacks',)},
        {**error('KeyError', "'orderId'"), '@payload': {'id': 1}},
        unless={'subject': ('response',)},
    ),
    row(
        "key.event", INPUT, NEVER, 0.85,
        "the code read a field that the event does not have",
        {'type': MISSING_KEY, 'subject': ('event',)},
        error(
            "KeyError",
            "'orderId'",
            '  File "/var/task/app.py", line 3, in handler\n    x = event[\'orderId\']\n',
        ),
    ),
    row(
        "key.response", BUG, AFTER_FIX, 0.65,
        "the code read a field that an answer does not have",
        {'type': MISSING_KEY, 'subject': ('response',)},
        error(
            "KeyError",
            "'Item'",
            '  File "/var/task/app.py", line 3, in handler\n    x = response[\'Item\']\n',
        ),
    ),
    row(
        "key.answer-field", STATE, NEVER, 0.5,
        "the item read from a table does not exist",
        {'type': MISSING_KEY, 'missing': ('key:Item', 'key:Attributes'), 'phase': ('invoke',)},
        error('KeyError', "'Item'"),
    ),
    row(
        "key.event-field", INPUT, NEVER, 0.8,
        "a field that events of AWS have is missing",
        {'missing': KEYS, 'type': MISSING_KEY},
        error('KeyError', "'Records'"),
    ),
    row(
        "key.configuration-name", CONFIGURATION, AFTER_FIX, 0.6,
        "a name in capitals is missing: usually an environment variable",
        {'type': MISSING_KEY, 'capitals': ('yes',)},
        error('KeyError', "'TABLE_NAME'"),
    ),
    row(
        "key.missing", INPUT, NEVER, 0.55,
        "a key is missing, most often from the event",
        {'type': MISSING_KEY},
        error('KeyError', "'colour'"),
    ),
    row(
        "element.event", INPUT, NEVER, 0.7,
        "the event has fewer elements than the code expects",
        {'type': ('IndexError',), 'subject': ('event',)},
        error(
            "IndexError",
            "list index out of range",
            '  File "/var/task/app.py", line 3, in handler\n    x = event[\'Records\'][0]\n',
        ),
    ),
    row(
        "type.event", INPUT, NEVER, 0.55,
        "the event has another shape than the code expects",
        {
            "type": ('TypeError',),
            "subject": ('event',),
            "message": any_of(
                "string indices must be integers|list indices must be integers|byte indices|"
                "is not subscriptable|object is not iterable|has no len()|not enough values to unpack|"
                "too many values to unpack|can only concatenate|must be str|expected str|"
                "the json object must be str|argument should be|a bytes-like object is required|"
                "expected string or|can't concat|unhashable type|int() argument must be|"
                "float() argument must be"
            ),
        },
        error(
            "TypeError",
            "string indices must be integers",
            '  File "/var/task/app.py", line 3, in handler\n    x = event[\'body\'][\'id\']\n',
        ),
    ),
    row(
        "property.event", INPUT, NEVER, 0.65,
        "a field that events of AWS have is missing",
        {'type': ('TypeError',), 'missing': PROPERTIES},
        error('TypeError', "Cannot read properties of undefined (reading '0')"),
    ),
    row(
        "property.payload-lacks-it", INPUT, NEVER, 0.6,
        "neither the object nor the field is in the payload",
        {
            "type": ('TypeError',),
            "missing": ('property:*',),
            "payload": ('lacks',),
            "message": ('of undefined',),
            "depth": ('entry',),
        },
        {
            "errorType": "TypeError",
            "errorMessage": "Cannot read properties of undefined (reading 'colour')",
            "trace": ['TypeError: x', '    at Runtime.handler (/var/task/index.js:3:5)'],
            "@payload": {'a': 1},
        },
    ),
    row(
        "event.type-unreadable", BUG, AFTER_FIX, 0.75,
        "a class of the code can't be read from any JSON",
        {
            "message": any_of(
                "without parameterless constructor|without a parameterless constructor|"
                "no creators, like default construct|not supported by default: add module|"
                "types either need to be mapped to concrete|must have a parameterless constructor|"
                "deserialization of interface|deserialization of types without|is an interface or abstract|"
                "no default constructor|unable to find a constructor to use"
            ),
        },
        error(
            "InvalidDefinitionException",
            "Cannot construct instance of `a.B` (no Creators, like default constructor, exist)",
        ),
    ),
    row(
        "event.bean-validation", INPUT, NEVER, 0.8,
        "the input breaks a constraint that the code declares",
        {'type': ('javax.validation.*', 'jakarta.validation.*', 'CastError')},
        error('javax.validation.ConstraintViolationException', 'order.name: must not be blank'),
    ),
    row(
        "event.type-entry", BUG, AFTER_FIX, 0.6,
        "the handler is declared for another kind of event",
        {'message': ('into go value of type',)},
        error('UnmarshalTypeError', 'json: cannot unmarshal object into Go value of type string'),
        unless={'message': ('struct field',)},
    ),
    row(
        "event.not-entered", UNKNOWN, AFTER_FIX, 0.4,
        "the handler answered with null",
        {'response': ('null',)},
        {'@null': True},
        scope="own",
    ),
    row(
        "cold.retry", STATE, AS_IS, 0.5,
        "the function said it wants to be called again",
        {
            "type": any_of(
                "*RetryableException|*RetryLater*|*RetriableException|*NotReadyException|"
                "*NotReadyError|*NotStabilized*"
            ),
        },
        error('NotReadyError', 'not finished'),
    ),
)
