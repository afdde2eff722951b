"""Missing keys, elements and properties: was it the event, an answer, or the code? (source line, payload)."""

from __future__ import annotations

from ..rules import Rule
from ._row import AFTER_FIX, AS_IS, BUG, CONFIGURATION, INPUT, NEVER, STATE, UNKNOWN, any_of, error, row

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
                "is not subscriptable|can only concatenate|must be str|expected str|"
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
