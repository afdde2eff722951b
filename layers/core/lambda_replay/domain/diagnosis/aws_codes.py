"""AWS error codes by what they mean for a replay.

Sources: the "Common errors" page of the AWS API references, botocore's and the JavaScript SDK's retry
lists, and
the error lists of the services a function calls most. Written without the suffix Exception, Error or Fault.
"""

from __future__ import annotations

_SUFFIXES = ("Exception", "Error", "Fault")


def stem(code: str) -> str:
    """`ThrottlingException`, `Throttling` and `throttlingError` are one code."""
    for suffix in _SUFFIXES:
        if code.endswith(suffix) and len(code) > len(suffix):
            return code[: -len(suffix)].lower()
    return code.lower()


def _codes(text: str) -> frozenset[str]:
    return frozenset(stem(word) for word in text.split())


THROTTLING = _codes(
    "Throttling ThrottlingException Throttled ThrottledException RequestThrottled RequestThrottledException "
    "TooManyRequests TooManyRequestsException ProvisionedThroughputExceededException RequestLimitExceeded "
    "BandwidthLimitExceeded SlowDown PriorRequestNotComplete EC2ThrottledException RateExceeded "
    "RateLimitExceeded "
    "TooManyEntriesInBatch ThroughputExceeded ConcurrentInvocationLimitExceeded KMSThrottlingException "
    "ReservedFunctionConcurrentInvocationLimitExceeded FunctionInvocationRateLimitExceeded OverLimit "
    "EC2ThrottledException ENILimitReachedException LimitsExceeded ModelNotReadyException "
    "RequestLimitExceeded "
    "InsufficientThroughput KinesisThrottled ConcurrentRunsExceeded ConcurrencyLimitExceeded "
    "RequestRateTooLarge "
    "LambdaThrottlingException CallerRateLimitExceeded MaximumSendingRateExceeded"
) - {"enilimitreached"}
QUOTA = _codes(
    "LimitExceeded LimitExceededException ServiceQuotaExceeded ServiceQuotaExceededException QuotaExceeded "
    "CodeStorageExceeded ResourceLimitExceeded AccountLimitExceeded TooManyBuckets InstanceLimitExceeded "
    "DailyQuotaExceeded AccountSendingPausedException VcpuLimitExceeded SubscriptionLimitExceeded "
    "ENILimitReachedException EC2AccessLimitExceeded TopicLimitExceeded FilterPolicyLimitExceeded "
    "MaxSendingQuota"
)
DENIED = _codes(
    "AccessDenied AccessDeniedException AccessDeniedFault UnauthorizedOperation Unauthorized "
    "UnauthorizedException "
    "NotAuthorized NotAuthorizedException AuthorizationError AuthorizationErrorException Forbidden "
    "ForbiddenException AllAccessDisabled OptInRequired KMSAccessDenied KMSAccessDeniedException "
    "EC2AccessDeniedException CrossAccountAccessDenied PermissionDenied UserNotAuthorized NotPermitted "
    "OperationNotPermitted OperationNotPermittedException MissingAuthenticationToken KMS.AccessDenied "
    "KMSInvalidState KMSDisabled AccountProblem InvalidObjectState.Forbidden DecryptionFailure "
    "EFSAccessDenied"
) - {"kmsinvalidstate", "kmsdisabled"}
EXPIRED = _codes("ExpiredToken ExpiredTokenException TokenRefreshRequired RequestExpired "
                 "ExpiredIdentityToken "
                 "RequestTimeTooSkewed SignatureExpired AuthFailureExpired")  # fmt: skip
CREDENTIALS = _codes(
    "InvalidClientTokenId UnrecognizedClient UnrecognizedClientException InvalidAccessKeyId "
    "SignatureDoesNotMatch "
    "InvalidSignature InvalidSignatureException IncompleteSignature InvalidToken AuthFailure NotSignedUp "
    "MissingAuthenticationTokenException InvalidIdentityToken InvalidSecurity CredentialsError "
    "CredentialsProviderError NoCredentialProviders NoCredentials NoCredentialsError PartialCredentialsError "
    "MissingCredentials MissingCredentialsError TokenProviderError UnauthorizedSSOTokenError "
    "InvalidUserPoolToken"
)
MISSING_ITEM = _codes(
    "NoSuchKey NoSuchVersion NoSuchUpload NotFound 404 NoSuchObject ObjectNotFound ReceiptHandleIsInvalid "
    "InvalidReceiptHandle MessageNotInflight MessageNotInFlight ExecutionDoesNotExist TaskDoesNotExist "
    "TaskTimedOut "
    "InvocationDoesNotExist UserNotFound UserNotFoundException NoSuchEntity ItemNotFound GoneException Gone "
    "NoSuchTagSet InvalidTaskToken UnknownSnapshotId ExpiredIterator ExpiredIteratorException "
    "TrimmedDataAccess "
    "InvalidInstanceID.NotFound InvalidInstanceId InvalidSnapshot.NotFound InvalidVolume.NotFound "
    "InvalidAMIID.NotFound "
    "SequenceTokenNotFound EndpointDisabled EndpointDisabledException ArchiveNotFound"
)
MISSING_INFRASTRUCTURE = _codes(
    "ResourceNotFound ResourceNotFoundException NoSuchBucket QueueDoesNotExist NonExistentQueue "
    "AWS.SimpleQueueService.NonExistentQueue TableNotFound TableNotFoundException NoSuchHostedZone "
    "NotFoundException FunctionNotFound StateMachineDoesNotExist StreamNotFound TopicNotFound "
    "NoSuchDistribution "
    "ParameterNotFound ParameterNotFoundException SecretNotFound ClusterNotFound ClusterNotFoundException "
    "DBInstanceNotFound DBInstanceNotFoundFault DBClusterNotFoundFault RepositoryNotFound "
    "RepositoryNotFoundException ServiceNotFound EntityNotFound EntityNotFoundException KMSNotFoundException "
    "StackNotFound LoadBalancerNotFound LogGroupNotFound NoSuchConfiguration PipelineNotFound "
    "NoSuchWebsiteConfiguration NoSuchBucketPolicy NoSuchLifecycleConfiguration ActivityDoesNotExist "
    "InvalidGroup.NotFound InvalidVpcID.NotFound InvalidSubnetID.NotFound FileSystemNotFound"
)
CONFLICT = _codes(
    "ConditionalCheckFailed ConditionalCheckFailedException ResourceInUse ResourceInUseException "
    "ResourceAlreadyExists ResourceAlreadyExistsException EntityAlreadyExists EntityAlreadyExistsException "
    "AlreadyExists AlreadyExistsException BucketAlreadyExists BucketAlreadyOwnedByYou Conflict "
    "ConflictException "
    "DuplicateItem DuplicateItemException DuplicateTransactionException IdempotentParameterMismatch "
    "IdempotentParameterMismatchException ExecutionAlreadyExists PreconditionFailed UsernameExists "
    "UsernameExistsException AliasExists QueueNameExists QueueDeletedRecently QueueAlreadyExists "
    "InvalidSequenceToken InvalidSequenceTokenException DataAlreadyAccepted DataAlreadyAcceptedException "
    "DBInstanceAlreadyExists DeleteConflict DependencyViolation BucketNotEmpty ResourceExists "
    "ResourceExistsException InvalidObjectState ParameterAlreadyExists VersionConflict "
    "InvalidParameterCombination.Exists InvalidPermission.Duplicate NameInUse HostedZoneNotEmpty "
    "InvalidChangeBatch PurgeQueueInProgress FunctionAlreadyExists TableAlreadyExists StackAlreadyExists"
)
BUSY = _codes(
    "ResourceConflict ResourceConflictException OperationAborted OperationInProgress ResourceNotReady "
    "InvalidDBInstanceState InvalidDBClusterStateFault IncorrectInstanceState InvalidState "
    "InvalidStateException "
    "ConcurrentModification ConcurrentModificationException ResourceUnavailable "
    "ResourceInUseByAnotherOperation "
    "InvalidInstanceState PendingVerification OperationNotReady TableInUse SnapStartNotReady "
    "SnapStartNotReadyException InvalidInstanceID.NotReady ClusterNotAvailable DBInstanceNotReady "
    "UpdateInProgress StackUpdateInProgress CodeVerificationPending"
)
CONTENTION = _codes(
    "TransactionConflict TransactionConflictException TransactionInProgress TransactionInProgressException "
    "ReplicatedWriteConflict OptimisticLock SerializationFailure OptimisticConcurrency DeadlockLoser"
)
SERVICE = _codes(
    "InternalError InternalFailure InternalServerError InternalServerException InternalServiceError "
    "InternalServiceException InternalServiceFault ServiceUnavailable ServiceUnavailableException "
    "ServiceException ServiceFailure ServiceFailureException ServiceUnavailableError Unavailable "
    "RequestTimeout RequestTimeoutException TimeoutError TimeoutException ReadTimeoutError "
    "ConnectTimeoutError "
    "ModelTimeout ModelTimeoutException ModelErrorException InsufficientInstanceCapacity "
    "InsufficientCapacity "
    "EndpointConnectionError NetworkingError NetworkError UnknownEndpoint ConnectionError HTTPClientError "
    "ReadTimeout ConnectTimeout ConnectionClosed ConnectionClosedError IncompleteRead ResponseStreamingError "
    "EC2UnexpectedException EFSMountTimeout EFSMountTimeoutException KMSInternal KMSInternalException "
    "DependencyTimeout DependencyTimeoutException DependencyUnavailable ServerException StatementTimeout "
    "SubnetIPAddressLimitReached StatementTimeoutException DatabaseUnavailable BadGateway 500 502 503 504 "
    "503SlowDown TransientError BatchRequestTooLong.Retry SnapStartTimeout"
) - {"subnetipaddresslimitreached"}
# The word Exception stripped from these leaves a name too common to be a code on its own.
INVALID = _codes(
    "Validation ValidationError ValidationException InvalidParameter InvalidParameterValue "
    "InvalidParameterValueException InvalidParameterException InvalidParameterCombination InvalidInput "
    "InvalidInputException InvalidRequest InvalidRequestException InvalidRequestContent "
    "InvalidRequestContentException InvalidArgument InvalidArgumentException MalformedQueryString "
    "MalformedInput "
    "MalformedXML MalformedPolicyDocument MissingParameter InvalidAttributeValue InvalidMessageContents "
    "InvalidAddress BadRequest BadRequestException EntityTooLarge EntityTooSmall RequestEntityTooLarge "
    "RequestEntityTooLargeException RequestTooLarge RequestTooLargeException MessageTooLong "
    "BatchRequestTooLong "
    "BatchEntryIdsNotDistinct EmptyBatchRequest ItemCollectionSizeLimitExceeded InvalidImageFormat "
    "InvalidImageFormatException InvalidS3Object InvalidS3ObjectException ImageTooLarge "
    "ImageTooLargeException "
    "UnsupportedDocument UnsupportedDocumentException InvalidBucketName KeyTooLong InvalidURI InvalidRange "
    "InvalidRecipient MessageRejected MailFromDomainNotVerified InvalidPhoneNumber PayloadTooLarge "
    "TextSizeLimitExceeded UnsupportedLanguagePair InvalidPassword InvalidPasswordException "
    "UnsupportedMediaType UnsupportedMediaTypeException RecordTooLarge SizeLimitExceeded "
    "ItemSizeLimitExceeded ExpressionError UnprocessableEntity InvalidDigest BadDigest ContentTooLarge "
    "InvalidInputValue InvalidKeyId InvalidFormat InvalidDocument InvalidOutput InvalidDefinition "
    "InvalidName "
    "InvalidExecutionInput InvalidSubnet InvalidSecurityGroupId SerializationException PolicyLengthExceeded "
    "MalformedDocument UnsupportedOperation.Value InvalidParameters MaxMessageLengthExceeded"
) - {"invalidsubnet", "invalidsecuritygroupid", "serialization"}
PARAMETERS = _codes(
    "UnexpectedParameter MissingRequiredParameter MultipleValidationErrors InvalidAction UnknownOperation "
    "UnknownOperationException UnknownParameter NotImplemented MethodNotAllowed InvalidMethod NotSupported "
    "UnsupportedOperation UnsupportedOperationException SerializationException ParamValidationError.Unknown "
    "OperationNotFound MissingAction InvalidQueryParameter MalformedAction"
)
SETUP = _codes(
    "EFSMountConnectivity EFSMountConnectivityException EFSMountFailure EFSMountFailureException KMSDisabled "
    "KMSDisabledException KMSInvalidState KMSInvalidStateException InvalidSubnetID InvalidSubnetIDException "
    "InvalidSecurityGroupID InvalidSecurityGroupIDException InvalidSubnet InvalidRuntime "
    "InvalidRuntimeException KMS.DisabledException KMS.InvalidStateException KMS.NotFoundException "
    "InvalidZipFile InvalidZipFileException ConfigError NoRegion NoRegionError MissingRegion RegionMissing "
    "PermanentRedirect AuthorizationHeaderMalformed IllegalLocationConstraint InvalidCodeSignature "
    "SubnetIPAddressLimitReached SubnetIPAddressLimitReachedException InvalidEndpoint UnknownEndpoint.Region "
    "IllegalLocationConstraintException DisabledException KMSKeyDisabled InvalidKeyUsage "
    "InvalidKeyUsageException "
    "IncorrectKeyException UnknownRegionError UnknownEndpointError SnapStartException ProfileNotFound "
    "InvalidConfiguration InvalidConfigurationRequest"
) - {"disabled"}
TRANSACTION_CANCELLED = _codes("TransactionCanceled TransactionCanceledException TransactionCancelled")

KNOWN: frozenset[str] = (
    THROTTLING | QUOTA | DENIED | EXPIRED | CREDENTIALS | MISSING_ITEM | MISSING_INFRASTRUCTURE
    | CONFLICT | BUSY
    | CONTENTION | SERVICE | INVALID | PARAMETERS | SETUP | TRANSACTION_CANCELLED
)  # fmt: skip

# Class names that other libraries use too: they count as AWS codes only beside an SDK frame or an SDK
# message.
AMBIGUOUS = frozenset(
    "ValidationError TimeoutError ConnectionError NetworkError NotFound NotFoundError Conflict ConflictError "
    "BadRequest Forbidden Unauthorized AuthorizationError ServiceUnavailable InternalError "
    "InternalServerError "
    "Gone InvalidState InvalidRequest InvalidArgument ReadTimeout ConnectTimeout InvalidParameter "
    "InvalidInput "
    "InvalidDefinitionException "
    "InvalidToken InvalidFormat BadGateway AccessDenied PreconditionFailed NotImplemented "
    "UnsupportedOperation "
    "ConcurrentModification AlreadyExists InvalidName InvalidAddress NotSupported Unavailable TransientError "
    "ConfigError PermissionDenied ServiceException ServerException InvalidOutput UserNotFound Serialization "
    "MethodNotAllowed InvalidPassword ObjectNotFound ResourceNotFound IncompleteRead ServiceError "
    "UnprocessableEntity PayloadTooLarge InvalidConfiguration OptimisticLock InvalidURI InvalidMethod "
    "ItemNotFound "
    "TimeoutException InvalidStateException ValidationException ConflictException "
    "NotFoundException".lower().split()
)
