"""What the type of an error says, in any language; the more exact name first, families by their
endings last."""

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
    any_of,
    error,
    row,
)

# A row reads better with its id, conclusion and confidence in one line.
# fmt: off
RULES: tuple[Rule, ...] = (
    row(
        "type.parameter-names", BUG, AFTER_FIX, 0.8,
        "the code calls the SDK with wrong parameter names",
        {
            "message": any_of(
                "unknown parameter in input|unexpected key '|missing required parameter in input|"
                "missing required key '|is not a valid operation|unknown parameter "
            ),
        },
        error(
            "ParamValidationError",
            'Parameter validation failed:\nUnknown parameter in input: "Tabel", must be one of: TableName',
        ),
    ),
    row(
        "type.parameter-values", INPUT, NEVER, 0.65,
        "the SDK refused a value before sending it",
        {
            "type": any_of(
                "ParamValidationError|ValidationMetrics|InvalidParameterType|"
                "ParameterValidationException|MultipleValidationErrors|ErrInvalidParams|"
                "invalidparamerror"
            ),
        },
        error(
            "ParamValidationError",
            (
                "Parameter validation failed:\nInvalid type for parameter Key, value: None, type: "
                "<class 'NoneType'>, valid types: <class 'str'>"
            ),
        ),
    ),
    row(
        "type.region", CONFIGURATION, AFTER_FIX, 0.9,
        "no region is configured",
        {
            "message": any_of(
                "you must specify a region|missing region in config|region is missing|"
                "could not find region|unable to find a region|unable to load region|no regionendpoint|"
                "invalid region|unable to load partition metadata"
            ),
        },
        error('Error', 'Missing region in config'),
    ),
    row(
        "type.credentials", PERMISSION, AFTER_FIX, 0.88,
        "no usable credentials were found",
        {
            "message": any_of(
                "unable to locate credentials|unable to load credentials|could not load credentials|"
                "missing credentials in config|unable to get iam security credentials|"
                "partial credentials|failed to retrieve credentials|"
                "failed to refresh cached credentials|no valid credential|nocredentialproviders|"
                "could not automatically determine credentials|credential is missing|"
                "default credentials"
            ),
        },
        error('SdkClientException', 'Unable to load credentials from any of the providers in the chain'),
    ),
    row(
        "type.recursion", BUG, AFTER_FIX, 0.85,
        "the code calls itself without end",
        {
            "type": any_of(
                "RecursionError|StackOverflowError|SystemStackError|StackOverflowException|"
                "InsufficientExecutionStackException"
            ),
        },
        error('RecursionError', 'maximum recursion depth exceeded'),
    ),
    row(
        "type.call-stack", BUG, AFTER_FIX, 0.8,
        "the code calls itself without end",
        {
            "message": any_of(
                "maximum call stack size exceeded|maximum recursion depth|"
                "converting circular structure|stack level too deep|circular reference detected|"
                "object cycle was detected|infinite recursion"
            ),
        },
        error('RangeError', 'Maximum call stack size exceeded'),
    ),
    row(
        "type.json-answer", BUG, AFTER_FIX, 0.85,
        "the function's answer can't be written as JSON",
        {
            "message": any_of(
                "is not json serializable|unable to marshal response|"
                "do not know how to serialize a bigint|failed to marshal|unsupported value: nan|"
                "json: unsupported type|no serializer found for class|error while serializing|"
                "not serializable|serialization and deserialization of 'system.|unable to stringify|"
                "are not json compliant|could not serialize|failed to serialize|error serializing|"
                "json: unsupported value|unable to serialize|during serialization of"
            ),
        },
        error('TypeError', 'Object of type Decimal is not JSON serializable'),
    ),
    row(
        "type.json", INPUT, NEVER, 0.8,
        "text that should be JSON is not",
        {
            "type": any_of(
                "JSONDecodeError|JsonParseException|JsonSyntaxException|JsonReaderException|"
                "JsonEOFException|JSON::ParserError|ParserError|MalformedJsonException|JsonException|"
                "JSONException|JsonMappingException|MismatchedInputException|InvalidFormatException|"
                "UnrecognizedPropertyException|InvalidDefinitionException|ValueInstantiationException|"
                "JsonSerializationException|UnmarshalTypeError|JsonSerializerException|"
                "LambdaSerializationException|InvalidUnmarshalError|JsonDataException|"
                "InvalidTypeIdException|XMLSyntaxError|ExpatError|XmlException|SAXParseException|"
                "YAMLException|CSVParserError|Psych::SyntaxError|DecodeError|"
                "InvalidProtocolBufferException"
            ),
        },
        error('JSONDecodeError', 'Expecting value: line 1 column 1 (char 0)'),
    ),
    row(
        "type.json-text", INPUT, NEVER, 0.78,
        "text that should be JSON is not, or has another shape",
        {
            "message": any_of(
                "in json at position|is not valid json|unexpected end of json|"
                "unexpected token * in json|expecting value: line|expecting property name|"
                "extra data: line|expecting ',' delimiter|invalid control character at|"
                "unterminated string starting at|invalid character * looking for beginning of value|"
                "invalid character * after|cannot deserialize|can not deserialize|"
                "cannot construct instance|can not construct instance|"
                "error occurred during json parsing|cannot unmarshal|error converting value|"
                "could not be converted to|missing field `|unknown variant|invalid type: |"
                "data did not match any variant|expected a json|"
                "unexpected character encountered while parsing|json: unknown field|json parse error|"
                "not a json object|error parsing json|unexpected token at '|expected value at line|"
                "deserializing the lambda|error deserializing|unexpected non-whitespace character|"
                "expected double-quoted property name|bad control character|unmarshal input|"
                "invalid json|malformed json|trailing characters at line|unable to parse json|"
                "parsing json|could not parse json|unexpected end of input at character|"
                "was expected to start"
            ),
        },
        error('SyntaxError', 'Unexpected token u in JSON at position 0'),
    ),
    row(
        "type.null", BUG, AFTER_FIX, 0.85,
        "the code used a value that is not there",
        {
            "type": any_of(
                "NullPointerException|NullReferenceException|UninitializedPropertyAccessException|"
                "ArgumentNullException|NoSuchElementException|UndefinedError|"
                "KotlinNullPointerException|NilError"
            ),
        },
        error('java.lang.NullPointerException', 'java.lang.NullPointerException'),
    ),
    row(
        "type.null-text", BUG, AFTER_FIX, 0.85,
        "the code used a value that is not there",
        {
            "message": any_of(
                "nil pointer dereference|'nonetype' object|nonetype|undefined method * for nil|"
                'of undefined|of null|object reference not set|on a `none` value|because "*" is null|'
                "undefined is not|null is not|cannot read propert|cannot set propert|"
                "cannot destructure|assignment to entry in nil map|invalid memory address|"
                "is not defined|undefined array key|undefined index|undefined variable|"
                "undefined property|undefined offset|attempt to read property|on value of type null|"
                "because it has not been set"
            ),
        },
        error('errorString', 'runtime error: invalid memory address or nil pointer dereference'),
        unless={'type': ('ValueError',)},
    ),
    row(
        "type.bug-text", BUG, AFTER_FIX, 0.85,
        "the code did what its language does not allow",
        {
            "message": any_of(
                "is not a function|is not iterable|is not a constructor|index out of range|"
                "interface conversion|undefined local variable|undefined method|"
                "wrong number of arguments|close of closed channel|send on closed channel|"
                "slice bounds out of range|divide by zero|division by zero|/ by zero|missing keyword|"
                "unknown keyword|call to a member function|call to undefined|"
                "changed size during iteration|event loop is|was never awaited|after they are sent|"
                "goroutines are asleep|called `result::unwrap()|wrong kind of value"
            ),
        },
        error('ZeroDivisionError', 'division by zero'),
        unless={'type': ('ValueError',)},
    ),
    row(
        "type.programming", BUG, AFTER_FIX, 0.82,
        "a programming error",
        {
            "type": any_of(
                "AttributeError|NameError|TypeError|ReferenceError|UnboundLocalError|IndexError|"
                "NotImplementedError|AssertionError|ZeroDivisionError|NoMethodError|FrozenError|"
                "ClassCastException|ArrayIndexOutOfBoundsException|IndexOutOfBoundsException|"
                "StringIndexOutOfBoundsException|ArithmeticException|UnsupportedOperationException|"
                "ConcurrentModificationException|InvalidCastException|ArgumentOutOfRangeException|"
                "DivideByZeroException|ObjectDisposedException|NotImplementedException|"
                "NotSupportedException|IndexOutOfRangeException|NegativeArraySizeException|"
                "ArrayStoreException|IllegalMonitorStateException|RangeError|TypeAssertionError|"
                "boundsError|plainError|StopIteration|FloatDomainError|FiberError|ERR_INVALID_ARG_TYPE|"
                "SyntaxError|StandardError::NilClass|ERR_ASSERTION|KeyError:Internal|"
                "BufferOverflowException|MissingPropertyException|MissingMethodException|MatchError|"
                "NotImplementedError|UnboundMethodError|LocalJumpError|OverflowError|"
                "IllegalAccessError|InvocationError|NullArgumentException|PydanticUserError|"
                "PydanticSchemaGenerationError|ArgumentCountError"
            ),
        },
        error('AttributeError', "'str' object has no attribute 'get'"),
    ),
    row(
        "type.configuration", CONFIGURATION, AFTER_FIX, 0.75,
        "the configuration is missing or wrong",
        {
            "type": any_of(
                "*ConfigurationError|*ConfigurationException|*ConfigError|*ConfigException|"
                "ImproperlyConfigured|BeanCreationException|UnsatisfiedDependencyException|"
                "BeanDefinitionStoreException|OptionsValidationException|*MissingEnv*|ConfigNotFound*|"
                "NoSuchBeanDefinitionException|*EnvironmentError*|ApplicationContextException|"
                "*Misconfigur*|InvalidLambdaFunction*|DeploymentException|UnsupportedRuntime*"
            ),
        },
        error('ImproperlyConfigured', 'The SECRET setting must not be empty'),
        unless={'type': ('EnvironmentError',)},
    ),
    row(
        "type.permission", PERMISSION, AFTER_FIX, 0.8,
        "something was not allowed",
        {
            "type": any_of(
                "*AccessDenied*|*Unauthorized*|*Forbidden*|*NotAuthorized*|*AuthenticationError|"
                "*AuthenticationException|*AuthorizationError|*AuthorizationException|*AuthError|"
                "*Credential*|*PermissionDenied*|RefreshError|InvalidGrantError|TokenExpiredError|"
                "JsonWebTokenError|ExpiredSignatureError|InvalidClientError|*PermissionError*|"
                "*ExpiredToken*|SecurityException|*AuthFailed*|InvalidPassword|"
                "InvalidAuthorizationSpecification|SMTPAuthenticationError|InsufficientPrivilege|"
                "NotAllowedError"
            ),
        },
        error('UnauthorizedAccessException', 'no'),
        unless={'type': ('PermissionError',)},
    ),
    row(
        "type.permission-file", CONFIGURATION, AFTER_FIX, 0.6,
        "a file may not be read or written",
        {'type': ('PermissionError',)},
        error('PermissionError', "[Errno 13] Permission denied: 'a.py'"),
    ),
    row(
        "type.throttling", THROTTLING, AS_IS, 0.85,
        "the callee asked for fewer calls",
        {
            "type": any_of(
                "*Throttl*|*RateLimit*|*TooManyRequests*|*QuotaExceeded*|*SlowDown*|*TooManyConcurrent*"
            ),
        },
        error('RateLimitError', 'slow'),
    ),
    row(
        "type.exists", STATE, NEVER, 0.8,
        "it exists already, or was changed in between",
        {
            "type": any_of(
                "*AlreadyExists*|*Duplicate*|UniqueViolation*|*UniqueConstraint*|IntegrityError|"
                "*Conflict|*ConflictError|*ConflictException|*ConditionalCheck*|*ConcurrencyException|"
                "*OptimisticLock*|VersionError|*StaleObject*|RecordNotUnique|ForeignKeyViolation|"
                "DataIntegrityViolationException|ConstraintViolationException|"
                "SQLIntegrityConstraintViolationException|FileExistsError|AlreadyProcessed*"
            ),
        },
        error('IntegrityError', 'no'),
        unless={'message': ('deadlock',)},
    ),
    row(
        "type.missing", STATE, NEVER, 0.75,
        "what was asked for does not exist",
        {
            "type": any_of(
                "*NotFound|*NotFoundError|*NotFoundException|*DoesNotExist|*NotExist*|NoResultFound|"
                "NoResultException|EntityNotFound*|EmptyResultDataAccess*|*NoSuchKey*|"
                "*Missing*Resource*|WorksheetNotFound|*Gone|*DeletedException"
            ),
        },
        error('RecordNotFound', "Couldn't find Order"),
    ),
    row(
        "type.file-exists", STATE, NEVER, 0.55,
        "a file or directory is in the way",
        {'errno': any_of('EEXIST|ENOTEMPTY|EISDIR|ENOTDIR')},
        error('OSError', "[Errno 17] File exists: '/tmp/a'"),
    ),
    row(
        "type.not-permitted", PERMISSION, AFTER_FIX, 0.5,
        "the sandbox does not permit this operation",
        {'errno': ('EACCES', 'EPERM', 'ENOSYS')},
        error('Error', "EACCES: permission denied, mkdir '/data'"),
    ),
    row(
        "type.input", INPUT, NEVER, 0.78,
        "the input is not valid",
        {
            "type": any_of(
                "*ValidationError|*ValidationException|*ValidationErrors|*Validation*Error*|"
                "*Invalid*Input*|*Input*Exception|*InputError|*Malformed*|*BadRequest*|*SchemaError*|"
                "*ParseException|*ParseError|*ParsingError|*ParsingException|*DecodeError|"
                "*DecodingError|*DeserializationException|*DeserializationError|*DeserializeError|"
                "*SerializationException|Invalid*|NumberFormatException|DateTimeParseException|"
                "FormatException|UnicodeDecodeError|UnicodeEncodeError|ZodError|MultipleInvalid|"
                "DataError|MethodArgumentNotValidException|StringDataRightTruncation|NotNullViolation|"
                "BadZipFile|BadGzipFile|UnidentifiedImageError|EmptyDataError|ParserError|*TooLarge*|"
                "*TooLong*|Unsupported*|Unprocessable*|*Unexpected*Event*|*UnknownEvent*|"
                "Missing*Parameter*|Missing*Field*|Missing*Argument*|*RequiredError|*RequiredException|"
                "NumError|ErrSyntax|MissingServletRequestParameterException|ZipException|DocumentError|"
                "binascii.Error|IdempotencyKeyError|EventTypeError|*EventException|*EventError|IllegalFormat*|"
                "URISyntaxException|MalformedURLException|UnknownEnum*"
            ),
        },
        error('ValidationError', 'no'),
        unless={
            "type": any_of(
                "InvalidOperationException|InvalidStateError|InvalidPathException|*InvalidState*|"
                "InvalidOperation|SchemaVersion*|UnsupportedOperation*|InvalidHandler*"
            ),
        },
    ),
    row(
        "type.value", INPUT, NEVER, 0.55,
        "a value is not what the code expects",
        {
            "type": any_of(
                "ValueError|IllegalArgumentException|ArgumentError|ArgumentException|RangeError::Value|"
                "decimal.InvalidOperation|"
                "DateError|DateTimeError|OutOfRange*"
            ),
        },
        error('ValueError', 'no such colour'),
    ),
    row(
        "type.state", BUG, AFTER_FIX, 0.5,
        "the code did something out of order",
        {
            "type": any_of(
                "IllegalStateException|InvalidOperationException|InvalidStateError|InvalidOperation|"
                "IllegalThreadStateException|LookupError|BufferError"
            ),
        },
        error('java.lang.IllegalStateException', 'no'),
    ),
    row(
        "type.io", PLATFORM, AS_IS, 0.3,
        "reading or writing failed",
        {'type': any_of('IOException|OSError|IOError|UncheckedIOException|Errno')},
        error('java.io.IOException', 'stream'),
    ),
    row(
        "type.system-exit", PLATFORM, AFTER_FIX, 0.6,
        "the code ended its own process",
        {'type': any_of('SystemExit|ExitError|Exit|exitError')},
        error('SystemExit', '1'),
    ),
)
