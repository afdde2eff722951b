"""AWS error codes (see `aws_codes`), in the order in which the more telling group wins."""

from __future__ import annotations

from .. import aws_codes as codes
from ..rules import Rule
from ._row import (
    AFTER_FIX,
    AS_IS,
    BUG,
    CONFIGURATION,
    INPUT,
    NEVER,
    PERMISSION,
    STATE,
    THROTTLING,
    TRANSIENT,
    any_of,
    boto,
    error,
    row,
)

# What DynamoDB says about a request that the code has built wrongly.
EXPRESSION = any_of(
    "syntax error; token|attribute name is a reserved keyword|expressionattributenames must not be empty|"
    "expressionattributevalues must not be empty|expression attribute|does not match the schema|"
    "invalid keyconditionexpression|invalid updateexpression|invalid filterexpression|"
    "invalid projectionexpression|invalid conditionexpression|value provided in expressionattribute|"
    "query condition missed key schema element"
)

# A row reads better with its id, conclusion and confidence in one line.
# fmt: off
RULES: tuple[Rule, ...] = (
    row(
        "aws.transaction-condition", STATE, NEVER, 0.93,
        "a condition of the transaction was not met",
        {'reasons': ('*ConditionalCheckFailed*', '*DuplicateItem*')},
        error(
            "TransactionCanceledException",
            (
                "Transaction cancelled, please refer cancellation reasons for specific reasons [None, "
                "ConditionalCheckFailed]"
            ),
        ),
    ),
    row(
        "aws.transaction-throttled", THROTTLING, AS_IS, 0.9,
        "the table throttled an item of the transaction",
        {'reasons': ('*Throttling*', '*ProvisionedThroughput*')},
        error(
            "TransactionCanceledException",
            (
                "Transaction cancelled, please refer cancellation reasons for specific reasons "
                "[ThrottlingError]"
            ),
        ),
    ),
    row(
        "aws.transaction-conflict", TRANSIENT, AS_IS, 0.88,
        "another transaction held the same item",
        {'reasons': ('*TransactionConflict*',)},
        error(
            "TransactionCanceledException",
            (
                "Transaction cancelled, please refer cancellation reasons for specific reasons "
                "[TransactionConflict]"
            ),
        ),
    ),
    row(
        "aws.transaction-invalid", INPUT, NEVER, 0.85,
        "an item of the transaction is not valid",
        {'reasons': ('*ValidationError*', '*ItemCollectionSize*')},
        error(
            "TransactionCanceledException",
            (
                "Transaction cancelled, please refer cancellation reasons for specific reasons "
                "[ValidationError]"
            ),
        ),
    ),
    row(
        "aws.transaction", STATE, NEVER, 0.6,
        "the transaction was cancelled",
        {'code': codes.TRANSACTION_CANCELLED},
        error('TransactionCanceledException', 'Transaction cancelled'),
    ),
    row(
        "aws.function-state", STATE, AS_IS, 0.85,
        "the resource is still being created or changed",
        {
            "code": codes.BUSY | codes.CONFLICT | codes.MISSING_INFRASTRUCTURE,
            "message": any_of(
                "currently in the following state|update is in progress|being created|is pending|"
                "in progress|being updated|status of creating|not in an active state|state: pending|"
                "is being|being deleted"
            ),
        },
        error(
            "ResourceConflictException",
            (
                "The operation cannot be performed at this time. The function is currently in the "
                "following state: Pending"
            ),
        ),
    ),
    row(
        "aws.setup-words", CONFIGURATION, AFTER_FIX, 0.85,
        "the call needs a different set-up",
        {
            "code": ('*',),
            "message": any_of(
                "must be addressed using the specified endpoint|is not subscribed|the region|"
                "email address is not verified|identities failed the check|is not a valid region|"
                "no longer supported|model access|on-demand throughput isn|not enabled for"
            ),
        },
        boto(
            "PermanentRedirect",
            "GetObject",
            "The bucket you are attempting to access must be addressed using the specified endpoint.",
        ),
    ),
    row(
        "aws.assume-role", PERMISSION, AFTER_FIX, 0.92,
        "Lambda or the function may not assume the role",
        {
            "message": any_of(
                "cannot be assumed by lambda|role defined for the function cannot be assumed|"
                "unable to assume role|not authorized to perform: sts:assumerole"
            ),
        },
        error('AccessDeniedException', 'The role defined for the function cannot be assumed by Lambda.'),
    ),
    row(
        "aws.kinesis-limit", THROTTLING, AS_IS, 0.8,
        "the stream asked for less",
        {
            "code": codes.QUOTA,
            "message": any_of(
                "rate exceeded|too many requests|shard|per second|concurrent|throttl|simultaneous|"
                "try again"
            ),
        },
        error('LimitExceededException', 'Rate exceeded for shard shardId-000000000000 in stream s'),
    ),
    row(
        "aws.throttling", THROTTLING, AS_IS, 0.95,
        "the service asked for fewer calls",
        {'code': codes.THROTTLING},
        error('ThrottlingException', 'Rate exceeded'),
    ),
    row(
        "aws.quota", THROTTLING, AFTER_FIX, 0.6,
        "a quota of the account is used up",
        {'code': codes.QUOTA},
        error('ServiceQuotaExceededException', 'quota reached'),
    ),
    row(
        "aws.expired", PERMISSION, AS_IS, 0.8,
        "the credentials had expired; a role's credentials renew themselves",
        {'code': codes.EXPIRED},
        error('ExpiredTokenException', 'The security token included in the request is expired'),
    ),
    row(
        "aws.signature-expired", PERMISSION, AS_IS, 0.75,
        "the request was signed too long ago",
        {'message': ('signature expired', 'signature not yet current')},
        error(
            "InvalidSignatureException",
            "Signature expired: 20200101T000000Z is now earlier than 20200101T000001Z",
        ),
    ),
    row(
        "aws.kms-denied", PERMISSION, AFTER_FIX, 0.9,
        "the key may not be used",
        {
            "message": any_of(
                "kms access was denied|not authorized to perform: kms:|kms key access denied|"
                "access to kms is not allowed|ciphertext refers to a customer master key"
            ),
        },
        error(
            "KMSAccessDeniedException",
            "Lambda was unable to decrypt the environment variables because KMS access was denied.",
        ),
    ),
    row(
        "aws.denied", PERMISSION, AFTER_FIX, 0.93,
        "the role may not do this",
        {'code': codes.DENIED},
        boto('AccessDenied', 'GetObject', 'Access Denied'),
    ),
    row(
        "aws.credentials", PERMISSION, AFTER_FIX, 0.85,
        "the credentials are missing or not valid",
        {'code': codes.CREDENTIALS},
        error('UnrecognizedClientException', 'The security token included in the request is invalid.'),
    ),
    row(
        "aws.setup", CONFIGURATION, AFTER_FIX, 0.85,
        "the function or the resource is set up wrongly",
        {'code': codes.SETUP},
        error('InvalidSubnetIDException', 'The subnet ID is not valid.'),
    ),
    row(
        "aws.contention", TRANSIENT, AS_IS, 0.85,
        "another request held the same item",
        {'code': codes.CONTENTION},
        error('TransactionConflictException', 'Transaction is ongoing for the item'),
    ),
    row(
        "aws.busy", STATE, AS_IS, 0.7,
        "the resource was busy with another change",
        {'code': codes.BUSY},
        boto('OperationAborted', 'PutBucketPolicy', 'A conflicting conditional operation is running'),
    ),
    row(
        "aws.conflict", STATE, NEVER, 0.88,
        "it exists already, or the condition of the write was not met",
        {'code': codes.CONFLICT},
        error('ConditionalCheckFailedException', 'The conditional request failed'),
    ),
    row(
        "aws.missing-item", STATE, NEVER, 0.85,
        "the item asked for does not exist",
        {'code': codes.MISSING_ITEM},
        error('NoSuchKey', 'The specified key does not exist.'),
    ),
    row(
        "aws.missing-infrastructure", STATE, NEVER, 0.7,
        "the resource asked for does not exist",
        {'code': codes.MISSING_INFRASTRUCTURE},
        error('ResourceNotFoundException', 'Requested resource not found'),
    ),
    row(
        "aws.validation-transient", TRANSIENT, AS_IS, 0.6,
        "the resource was not ready yet",
        {
            "code": codes.INVALID,
            "message": any_of("is in update_|_in_progress state|rollback_in_progress|try again later|"
                "communications link failure"),
        },
        boto(
            "ValidationError",
            "UpdateStack",
            "Stack:x is in UPDATE_IN_PROGRESS state and can not be updated.",
        ),
    ),
    row(
        "aws.parameters-set-up", CONFIGURATION, AFTER_FIX, 0.6,
        "parameters of a template are missing",
        {
            "code": codes.INVALID,
            "message": any_of(
                "must have values|template format error|template error|template validation error"
            ),
        },
        boto('ValidationError', 'CreateStack', 'Parameters: [A] must have values'),
    ),
    row(
        "aws.expression", BUG, AFTER_FIX, 0.65,
        "the code builds a wrong expression or request",
        {"code": codes.INVALID, "message": EXPRESSION},
        boto('ValidationException', 'Query', 'Invalid KeyConditionExpression: Syntax error; token: "x"'),
    ),
    row(
        "aws.expression-text", BUG, AFTER_FIX, 0.65,
        "the code builds a wrong expression or request",
        {"type": ("ValidationException",), "message": EXPRESSION},
        error('ValidationException', 'Invalid KeyConditionExpression: Syntax error; token: "x"'),
    ),
    row(
        "aws.parameters", BUG, AFTER_FIX, 0.75,
        "the code calls the service wrongly",
        {'code': codes.PARAMETERS},
        error('UnexpectedParameter', "Unexpected key 'x' found in params"),
    ),
    row(
        "aws.invalid", INPUT, NEVER, 0.78,
        "the service refused the values it was given",
        {'code': codes.INVALID},
        boto('ValidationException', 'PutItem', 'One or more parameter values were invalid'),
    ),
    row(
        "aws.service", TRANSIENT, AS_IS, 0.88,
        "the service failed on its side",
        {'code': codes.SERVICE},
        error('ServiceUnavailableException', 'Service unavailable'),
    ),
    row(
        "aws.like-throttling", THROTTLING, AS_IS, 0.8,
        "the service asked for fewer calls",
        {
            "code": any_of(
                "*Throttl*|*TooManyRequests*|*RateExceeded*|*ThroughputExceeded*|*TooManyConcurrent*"
            ),
        },
        error(
            "ClientError",
            "An error occurred (WidgetThrottlingDetected) when calling the GetWidget operation: slow",
        ),
    ),
    row(
        "aws.like-quota", THROTTLING, AFTER_FIX, 0.55,
        "a quota of the account is used up",
        {'code': ('*LimitExceeded*', '*QuotaExceeded*', '*LimitReached*')},
        error(
            "ClientError",
            "An error occurred (WidgetLimitExceeded) when calling the CreateWidget operation: no",
        ),
    ),
    row(
        "aws.like-denied", PERMISSION, AFTER_FIX, 0.8,
        "the role may not do this",
        {'code': any_of('*Denied*|*Unauthorized*|*NotAuthorized*|*Forbidden*|*Credential*')},
        error(
            "ClientError",
            "An error occurred (WidgetAccessDenied) when calling the GetWidget operation: no",
        ),
    ),
    row(
        "aws.like-missing", STATE, NEVER, 0.7,
        "the item asked for does not exist",
        {'code': any_of('*NotFound*|*DoesNotExist*|NoSuch*|Unknown*|*NotExist*')},
        error('ClientError', 'An error occurred (WidgetNotFound) when calling the GetWidget operation: no'),
    ),
    row(
        "aws.like-conflict", STATE, NEVER, 0.7,
        "it exists already, or is in another state",
        {
            "code": any_of(
                "*AlreadyExist*|*Exists|*Conflict*|*InUse*|*Duplicate*|*AlreadyOwned*|*InvalidState*|"
                "*Mismatch*"
            ),
        },
        error(
            "ClientError",
            "An error occurred (WidgetAlreadyExists) when calling the CreateWidget operation: no",
        ),
    ),
    row(
        "aws.like-service", TRANSIENT, AS_IS, 0.7,
        "the service failed on its side",
        {
            "code": any_of(
                "*Unavailable*|*Timeout*|*InternalError*|*InternalFailure*|*InternalServ*|*NotReady*|"
                "*ServiceError*"
            ),
        },
        error(
            "ClientError",
            "An error occurred (WidgetBackendUnavailable) when calling the GetWidget operation: no",
        ),
    ),
    row(
        "aws.like-invalid", INPUT, NEVER, 0.65,
        "the service refused the values it was given",
        {
            "code": any_of(
                "Invalid*|*Malformed*|*TooLarge*|*TooLong*|*Validation*|*BadRequest*|Missing*|"
                "*Unsupported*|*Illegal*|*Incorrect*"
            ),
        },
        error(
            "ClientError",
            "An error occurred (InvalidWidgetColour) when calling the CreateWidget operation: no",
        ),
    ),
)
