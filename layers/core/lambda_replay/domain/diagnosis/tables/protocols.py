"""Failures that a protocol or a client library names by a constant: gRPC statuses, Node and Chrome constants,
Kafka's and Prisma's codes, certificates."""

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
    # gRPC: https://grpc.io/docs/guides/status-codes (which of them a client may repeat)
    row(
        "grpc.transient", TRANSIENT, AS_IS, 0.88,
        "the callee could not answer in time, or gave up the call",
        {'grpc': any_of('UNAVAILABLE|DEADLINE_EXCEEDED|ABORTED|INTERNAL|CANCELLED|DATA_LOSS')},
        error('Error', '14 UNAVAILABLE: No connection established'),
        unless={'message': ('certificate',)},
    ),
    row(
        "grpc.exhausted", THROTTLING, AS_IS, 0.85,
        "a quota of the callee is used up for now",
        {'grpc': ('RESOURCE_EXHAUSTED',)},
        error('Error', '8 RESOURCE_EXHAUSTED: Quota exceeded'),
        unless={'message': ('larger than max',)},
    ),
    row(
        "grpc.too-large", INPUT, NEVER, 0.8,
        "a message is larger than the callee takes",
        {'grpc': ('RESOURCE_EXHAUSTED',)},
        error('Error', '8 RESOURCE_EXHAUSTED: Received message larger than max (5000000 vs 4194304)'),
    ),
    row(
        "grpc.denied", PERMISSION, AFTER_FIX, 0.88,
        "the callee refused the caller",
        {'grpc': ('PERMISSION_DENIED', 'UNAUTHENTICATED')},
        error('Error', '7 PERMISSION_DENIED: The caller does not have permission'),
    ),
    row(
        "grpc.state", STATE, NEVER, 0.8,
        "what was asked for is missing, exists already or is in another state",
        {'grpc': ('NOT_FOUND', 'ALREADY_EXISTS', 'FAILED_PRECONDITION')},
        error('Error', '5 NOT_FOUND: no such document'),
    ),
    row(
        "grpc.invalid", INPUT, NEVER, 0.8,
        "the callee refused what it was sent",
        {'grpc': ('INVALID_ARGUMENT', 'OUT_OF_RANGE')},
        error('Error', '3 INVALID_ARGUMENT: name is too long'),
    ),
    row(
        "grpc.unimplemented", BUG, AFTER_FIX, 0.75,
        "the code calls a method that the callee does not have",
        {'grpc': ('UNIMPLEMENTED',)},
        error('Error', '12 UNIMPLEMENTED: unknown method'),
    ),
    # Certificates, before anything that only knows that a connection failed
    row(
        "net.certificate", CONFIGURATION, AFTER_FIX, 0.65,
        "the callee's certificate is not trusted, or has expired",
        {
            "message": any_of(
                "self signed certificate|self-signed certificate|unable to get local issuer|"
                "unable to get issuer|signed by unknown authority|certificate_verify_failed|"
                "unable to verify the first certificate|pkix path|hostname/ip does not match|"
                "certificate is not valid for|certificate is valid for|doesn't match certificate|"
                "certificate verify failed|unable to find valid certification path|"
                "certificate has expired|certificate expired|failed to verify certificate|"
                "invalid peer certificate|invalid certificate|remote certificate is invalid|"
                "ssl certificate problem|ssl certificate error|certificate is not trusted|"
                "certificate is not yet valid|certificate chain|unknownissuer|err_tls_cert|err_cert_"
            ),
        },
        error('Error', 'self signed certificate in certificate chain'),
    ),
    row(
        "net.certificate-constant", CONFIGURATION, AFTER_FIX, 0.65,
        "the callee's certificate is not trusted, or has expired",
        {
            "constant": any_of(
                "CERT_*|DEPTH_ZERO_*|SELF_SIGNED_*|UNABLE_TO_VERIFY_LEAF*|UNABLE_TO_GET_ISSUER*"
            ),
        },
        error('Error', 'CERT_HAS_EXPIRED'),
    ),
    row(
        "net.certificate-type", CONFIGURATION, AFTER_FIX, 0.65,
        "the callee's certificate is not trusted, or has expired",
        {
            "type": any_of(
                "CertificateExpiredException|CertificateNotYetValidException|"
                "CertPathValidatorException|SunCertPathBuilderException|SSLPeerUnverifiedException|"
                "SSLCertVerificationError|CertificateVerificationError|CertificateInvalidError|"
                "UnknownAuthorityError|HostnameError|CertificateError"
            ),
        },
        error('java.security.cert.CertificateExpiredException', 'NotAfter: Thu Sep 30 14:01:15 UTC 2021'),
    ),
    # Node, undici, axios and Chrome
    row(
        "constant.network", TRANSIENT, AS_IS, 0.85,
        "the network or the callee could not be reached in time",
        {
            "constant": any_of(
                "UND_ERR_CONNECT*|UND_ERR_HEADERS_TIMEOUT|UND_ERR_BODY_TIMEOUT|UND_ERR_SOCKET|"
                "UND_ERR_ABORTED|ERR_BAD_RESPONSE|ERR_NETWORK*|ERR_SOCKET_*|ERR_CONNECTION_*|"
                "ERR_NAME_NOT_RESOLVED|ERR_INTERNET_DISCONNECTED|ERR_TIMED_OUT|ERR_EMPTY_RESPONSE|"
                "ERR_ADDRESS_UNREACHABLE|ERR_PROXY_*|ERR_TUNNEL_*|ERR_CANCELED|"
                "ERR_STREAM_PREMATURE_CLOSE|ERR_HTTP2_*|ERR_INCOMPLETE_*|ERR_NGHTTP2*"
            ),
        },
        error('Error', 'net::ERR_CONNECTION_RESET at https://a.example/'),
    ),
    row(
        "constant.code", BUG, AFTER_FIX, 0.75,
        "the code uses the runtime wrongly",
        {
            "constant": any_of(
                "ERR_INVALID_ARG_*|ERR_ASSERTION|ERR_HTTP_*|ERR_STREAM_*|ERR_OUT_OF_RANGE|"
                "ERR_METHOD_NOT_IMPLEMENTED|ERR_INVALID_CALLBACK|ERR_INVALID_STATE|ERR_MISSING_ARGS|"
                "ERR_UNHANDLED_*|UND_ERR_INVALID_ARG|UND_ERR_REQ_CONTENT_LENGTH_MISMATCH|"
                "UND_ERR_DESTROYED|UND_ERR_CLOSED"
            ),
        },
        error('Error', 'ERR_HTTP_HEADERS_SENT: Cannot set headers after they are sent to the client'),
    ),
    row(
        "constant.load", CONFIGURATION, AFTER_FIX, 0.85,
        "something can't be loaded from the package",
        {
            "constant": any_of(
                "ERR_MODULE_NOT_FOUND|ERR_PACKAGE_*|ERR_UNSUPPORTED_DIR_IMPORT|ERR_DLOPEN_FAILED|"
                "ERR_UNKNOWN_FILE_EXTENSION|ERR_UNKNOWN_BUILTIN_MODULE|ERR_INVALID_PACKAGE_*"
            ),
        },
        error('Error', 'ERR_PACKAGE_PATH_NOT_EXPORTED: "./lib" is not exported'),
    ),
    row(
        "constant.input", INPUT, NEVER, 0.7,
        "the callee refused what it was sent",
        {'constant': any_of('ERR_BAD_REQUEST|ERR_FR_MAX_BODY*|ERR_INVALID_URL*')},
        error('Error', 'ERR_BAD_REQUEST'),
    ),
    # Kafka: librdkafka's names; Java's and KafkaJS's are types
    row(
        "kafka.transient", TRANSIENT, AS_IS, 0.85,
        "the brokers could not be reached, or are choosing a leader",
        {
            "constant": any_of(
                "_TRANSPORT|_ALL_BROKERS_DOWN|_MSG_TIMED_OUT|_TIMED_OUT*|_RESOLVE|_QUEUE_FULL|"
                "LEADER_NOT_AVAILABLE|NOT_LEADER*|REQUEST_TIMED_OUT|NOT_ENOUGH_REPLICAS*|*COORDINATOR*|"
                "NETWORK_EXCEPTION|BROKER_NOT_AVAILABLE|REBALANCE_IN_PROGRESS"
            ),
        },
        error('KafkaException', 'KafkaError{code=_TRANSPORT,val=-195,str="Local: Broker transport failure"}'),
    ),
    row(
        "kafka.denied", PERMISSION, AFTER_FIX, 0.85,
        "the brokers refused the user",
        {'constant': any_of('*_AUTHORIZATION_FAILED|_AUTHENTICATION|SASL_AUTHENTICATION*')},
        error('KafkaException', 'KafkaError{code=TOPIC_AUTHORIZATION_FAILED,val=29,str="no"}'),
    ),
    row(
        "kafka.too-large", INPUT, NEVER, 0.85,
        "a message is larger than the brokers take",
        {'constant': ('MSG_SIZE_TOO_LARGE', 'INVALID_MSG*')},
        error('KafkaException', 'KafkaError{code=MSG_SIZE_TOO_LARGE,val=10,str="no"}'),
    ),
    row(
        "kafka.missing", STATE, NEVER, 0.7,
        "the topic or the group does not exist",
        {'constant': ('UNKNOWN_TOPIC*', '_UNKNOWN_TOPIC', '_UNKNOWN_PARTITION')},
        error('KafkaException', 'KafkaError{code=UNKNOWN_TOPIC_OR_PART,val=3,str="no"}'),
    ),
    # Prisma: https://www.prisma.io/docs/orm/reference/error-reference
    row(
        "prisma.transient", TRANSIENT, AS_IS, 0.85,
        "the database was busy or unreachable",
        {'constant': any_of('P1001|P1002|P1008|P1011|P1017|P2024|P2028|P2034|P2037|P5*|P600*')},
        error('Error', "P1001: Can't reach database server at `db.example:5432`"),
    ),
    row(
        "prisma.credentials", PERMISSION, AFTER_FIX, 0.85,
        "the database refused the user",
        {'constant': ('P1000', 'P1010')},
        error('Error', 'P1000: Authentication failed against database server'),
    ),
    row(
        "prisma.state", STATE, NEVER, 0.85,
        "the row exists, is referenced, or is missing",
        {'constant': any_of('P2001|P2002|P2003|P2004|P2014|P2015|P2017|P2018|P2025')},
        error('Error', 'P2025: Record to delete does not exist.'),
    ),
    row(
        "prisma.value", INPUT, NEVER, 0.78,
        "the database refused a value",
        {'constant': any_of('P2000|P2005|P2006|P2007|P2011|P2012|P2013|P2019|P2020|P2033')},
        error('Error', 'P2000: The provided value for the column is too long'),
    ),
    row(
        "prisma.code", BUG, AFTER_FIX, 0.75,
        "the query or the schema does not fit the database",
        {'constant': any_of('P1003|P1012|P2008|P2009|P2010|P2016|P2021|P2022|P2026|P2029')},
        error('Error', 'P2021: The table does not exist in the current database.'),
    ),
)
