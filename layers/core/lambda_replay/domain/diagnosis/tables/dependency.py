"""Failures of something the function called: network, HTTP answers, databases, credentials of other
services."""

from __future__ import annotations

from lambda_replay.domain.diagnosis.os_errors import UNREACHABLE

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

NETWORK = frozenset(name.lower() for name in UNREACHABLE | {"EAGAIN"})

# A row reads better with its id, conclusion and confidence in one line.
# fmt: off
RULES: tuple[Rule, ...] = (
    # Databases speak in states and codes; wording below is the servers' own (PostgreSQL appendix A,
    # MySQL, MongoDB)
    row(
        "sql.transient", TRANSIENT, AS_IS, 0.9,
        "the database was busy, restarting or out of connections",
        {'sqlstate': any_of('08*|40*|53*|57*|55P03|25006')},
        error('PgError', 'ERROR: deadlock detected (SQLSTATE 40P01)'),
        unless={'message': ('password', 'username')},
    ),
    row(
        "sql.credentials", PERMISSION, AFTER_FIX, 0.88,
        "the database refused the user",
        {'sqlstate': ('28*', '42501')},
        error('PgError', 'FATAL: password authentication failed (SQLSTATE 28P01)'),
    ),
    row(
        "sql.exists", STATE, NEVER, 0.85,
        "a constraint of the database: the row exists or is referenced",
        {'sqlstate': ('23505', '23503', '23P01')},
        error('PgError', 'ERROR: duplicate key (SQLSTATE 23505)'),
    ),
    row(
        "sql.value", INPUT, NEVER, 0.8,
        "the database refused a value",
        {'sqlstate': ('22*', '23502', '23514')},
        error('PgError', 'ERROR: value too long for type (SQLSTATE 22001)'),
    ),
    row(
        "sql.code", BUG, AFTER_FIX, 0.75,
        "the statement does not fit the database",
        {'sqlstate': ('42*',)},
        error('PgError', 'ERROR: syntax error at or near (SQLSTATE 42601)'),
    ),
    row(
        "sql.mysql-transient", TRANSIENT, AS_IS, 0.88,
        "the database was busy or unreachable",
        {
            "sqlcode": any_of(
                "2002|2003|2006|2013|2055|1040|1203|1205|1213|1226|1290|1836|1927|1053|"
                "ER_CON_COUNT_ERROR|ER_LOCK*|ER_TOO_MANY*|ER_OPTION_PREVENTS*|ORA-12*|ORA-03113|"
                "ORA-03114|ORA-00060|ORA-00054|ORA-01033"
            ),
        },
        error('OperationalError', '(2003, "Can\'t connect to MySQL server on \'db\'")'),
    ),
    row(
        "sql.mysql-credentials", PERMISSION, AFTER_FIX, 0.88,
        "the database refused the user",
        {
            "sqlcode": any_of(
                "1044|1045|1142|1143|ER_ACCESS_DENIED*|ER_DBACCESS*|ER_TABLEACCESS*|ORA-01017|ORA-28000"
            ),
        },
        error('OperationalError', '(1045, "Access denied for user \'a\'@\'b\' (using password: YES)")'),
    ),
    row(
        "sql.mysql-exists", STATE, NEVER, 0.85,
        "a constraint of the database: the row exists or is referenced",
        {'sqlcode': any_of('1062|1451|1452|1586|ER_DUP*|ER_NO_REFERENCED*|ER_ROW_IS*|ORA-00001')},
        error('IntegrityError', '(1062, "Duplicate entry \'a\' for key \'PRIMARY\'")'),
    ),
    row(
        "sql.mysql-value", INPUT, NEVER, 0.8,
        "the database refused a value",
        {
            "sqlcode": any_of(
                "1048|1264|1265|1292|1364|1366|1406|ER_DATA*|ER_BAD_NULL*|ER_TRUNCATED*|ER_NO_DEFAULT*"
            ),
        },
        error('DataError', '(1406, "Data too long for column \'a\' at row 1")'),
    ),
    row(
        "sql.mysql-code", BUG, AFTER_FIX, 0.75,
        "the statement does not fit the database",
        {
            "sqlcode": any_of(
                "1054|1064|1146|1136|1049|ER_PARSE*|ER_NO_SUCH*|ER_BAD_FIELD*|ER_BAD_DB*|ORA-009*|"
                "ORA-00942"
            ),
        },
        error('ProgrammingError', '(1146, "Table \'a.b\' doesn\'t exist")'),
    ),
    row(
        "db.transient-text", TRANSIENT, AS_IS, 0.88,
        "the database was busy, restarting or out of connections",
        {
            "message": any_of(
                "too many connections|connection slots|too many clients|deadlock|lock wait timeout|"
                "could not serialize access|server has gone away|lost connection to|"
                "server closed the connection|terminating connection|ssl connection has been closed|"
                "connection already closed|connection is closed|connection terminated|"
                "connection not open|cannot use a connection|statement timeout|lock timeout|"
                "database system is starting up|database system is shutting down|"
                "the database system is in recovery|can't connect to mysql|"
                "can't connect to local mysql|could not connect to server|connection to server at|"
                "timeout exceeded when trying to connect|"
                "connection is not available, request timed out|timed out fetching a new connection|"
                "unable to acquire a connection|resourcerequest timed out|knex: timeout|"
                "unable to acquire jdbc connection|communications link failure|connection pool|"
                "queuepool limit|pool is exhausted|no connection is available|unexpected eof on client|"
                "can't reach database server|database is locked|--read-only option|"
                "read-only transaction|canceling statement due|not primary|notprimary|no primary|"
                "serverselection|server selection timed out|no suitable servers|topology was destroyed|"
                "replica set|buffering timed out|mongonetwork|write conflict|writeconflict|clusterdown|"
                "loading redis|loading the dataset|readonly you can't write|redis connection|"
                "max number of clients reached|no reachable servers|broker not available|"
                "brokernotavailable|leader not available|communicationsexception|database resuming|"
                "is resuming after|cursor not found|snapshot too old|transport is closed|"
                "dbapi connection|this connection has been closed|connection attempt failed|"
                "network-related or instance-specific|execution timeout expired|"
                "timeout period elapsed|likely due to a transient failure|driver: bad connection|"
                "could not obtain a connection|no connection to the server|transaction api error|"
                "could not connect to any servers|can't reconnect until|"
                "client must be connected|no living connections|"
                "used memory > 'maxmemory'|group coordinator|queue full|brokers are down"
            ),
        },
        error('error', 'sorry, too many clients already'),
        unless={'message': ('goroutines are asleep',)},
    ),
    row(
        "db.credentials-text", PERMISSION, AFTER_FIX, 0.86,
        "a service refused the user or the password",
        {
            "message": any_of(
                "password authentication failed|access denied for user|pam authentication failed|"
                "no pg_hba.conf entry|authentication failed|bad auth|wrongpass|"
                "noauth authentication required|login failed for user|invalid username or password|"
                "permission denied for|must be owner of|not authorized on|command denied to user|535 |"
                "username and password not accepted|invalid_grant|invalid_client|invalid api key|"
                "incorrect api key|invalid token|token has expired|jwt expired|invalid_auth|"
                "bad credentials|authentication required|not_authed|incorrect username|"
                "invalid credentials|token expired|"
                "invalid signature|unable to authenticate|login failed|auth failed|not authenticated|"
                "authentication token"
            ),
        },
        error('OperationalError', 'FATAL:  password authentication failed for user "a"'),
        unless={'message': ('well-formed',)},
    ),
    row(
        "db.exists-text", STATE, NEVER, 0.86,
        "a constraint of the database: the row exists or is referenced",
        {
            "message": any_of(
                "duplicate key|duplicate entry|unique constraint|violates foreign key|"
                "foreign key constraint|e11000|uniqueviolation|already exists|version_conflict|"
                "version conflict|is already in use|unique key constraint|primary key constraint|"
                "conflicted with the foreign key|conflicted with the reference"
            ),
        },
        error('UniqueViolation', 'duplicate key value violates unique constraint "pk"'),
    ),
    row(
        "db.value-text", INPUT, NEVER, 0.82,
        "the database refused a value",
        {
            "message": any_of(
                "violates not-null|null value in column|value too long for type|"
                "data too long for column|invalid input syntax for|violates check constraint|"
                "out of range for type|incorrect string value|column * cannot be null|"
                "mapper_parsing_exception|failed to parse field|out of range value|"
                "incorrect datetime value|invalid byte sequence for encoding|would be truncated|"
                "cannot insert the value null"
            ),
        },
        error('NotNullViolation', 'null value in column "a" violates not-null constraint'),
    ),
    row(
        "db.code-text", BUG, AFTER_FIX, 0.75,
        "the statement does not fit the database",
        {'missing': ('relation:*',)},
        error('UndefinedTable', 'relation "a" does not exist'),
    ),
    row(
        "db.syntax-text", BUG, AFTER_FIX, 0.8,
        "the statement does not parse",
        {
            "message": any_of(
                "syntax error at or near|error in your sql syntax|no such table|no such column|"
                "incorrect syntax near|bind message supplies|"
                "could not determine data type of parameter|converting null to|sql: scan error"
            ),
        },
        error('ProgrammingError', 'syntax error at or near "FROM"'),
    ),
    row(
        "db.redirected", CONFIGURATION, AFTER_FIX, 0.65,
        "the client does not know that it speaks to a cluster",
        {'type': ('ReplyError', 'ResponseError', 'Redis*'), 'message': ('moved * *:', 'crossslot')},
        error('ReplyError', 'MOVED 3999 10.0.0.5:6381'),
    ),
    row(
        "db.no-rows", STATE, NEVER, 0.7,
        "the row asked for does not exist",
        {'message': any_of('no rows in result set|no rows returned by a query|no matching document found')},
        error('errorString', 'sql: no rows in result set'),
    ),
    row(
        "net.aborted", TRANSIENT, AS_IS, 0.75,
        "the connection ended before the answer was complete",
        {'type': ('AxiosError', 'TypeError', 'FetchError'), 'message': ('terminated', 'aborted')},
        error('TypeError', 'terminated'),
    ),
    # HTTP answers
    row(
        "http.throttled-text", THROTTLING, AS_IS, 0.85,
        "the callee asked for fewer calls",
        {
            "http": ('400', '403', '503'),
            "message": any_of(
                "rate exceeded|throttl|too many requests|slow down|rate limit|reduce your request rate"
            ),
        },
        error('SfnException', 'Rate exceeded (Service: Sfn, Status Code: 400, Request ID: x)'),
    ),
    row(
        "http.throttled", THROTTLING, AS_IS, 0.92,
        "the callee answered 429: too many requests",
        {'http': ('429', '420')},
        error('AxiosError', 'Request failed with status code 429'),
    ),
    row(
        "http.slow", TRANSIENT, AS_IS, 0.85,
        "the callee gave up waiting",
        {'http': ('408', '425', '499')},
        error('HTTPError', '408 Client Error: Request Timeout for url: https://a.example/'),
    ),
    row(
        "http.denied", PERMISSION, AFTER_FIX, 0.86,
        "the callee refused the caller",
        {'http': ('401', '403', '407')},
        error('HTTPError', 'HTTP Error 403: Forbidden'),
    ),
    row(
        "http.missing", STATE, NEVER, 0.8,
        "the callee does not know what was asked for",
        {'http': ('404', '410')},
        error('AxiosError', 'Request failed with status code 404'),
    ),
    row(
        "http.conflict", STATE, NEVER, 0.75,
        "the callee is in another state",
        {'http': ('409', '412', '423')},
        error('HTTPError', '409 Client Error: Conflict for url: https://a.example/'),
    ),
    row(
        "http.refused", INPUT, NEVER, 0.75,
        "the callee refused what it was sent",
        {'http': any_of('400|402|405|406|411|413|414|415|416|422|431')},
        error('HTTPError', 'HTTP Error 400: Bad Request'),
    ),
    row(
        "http.failed", TRANSIENT, AS_IS, 0.9,
        "the callee failed on its side",
        {'http': ('5*',)},
        error('HTTPError', '502 Server Error: Bad Gateway for url: https://a.example/'),
    ),
    # Network
    row(
        "net.errno", TRANSIENT, AS_IS, 0.9,
        "the network or the callee could not be reached",
        {'errno': NETWORK},
        error('Error', 'connect ECONNREFUSED 10.0.0.1:5432'),
    ),
    row(
        "net.address-in-use", BUG, AFTER_FIX, 0.5,
        "the code opened the same port twice",
        {'errno': ('EADDRINUSE',)},
        error('Error', 'listen EADDRINUSE: address already in use :::3000'),
    ),
    row(
        "net.text", TRANSIENT, AS_IS, 0.86,
        "the network or the callee could not be reached in time",
        {
            "message": any_of(
                "read timed out|connect timeout|read timeout|timed out waiting for|socket timeout|"
                "request timed out|request timeout|timeout awaiting|context deadline exceeded|"
                "client.timeout exceeded|max retries exceeded|unable to execute http request|"
                "could not connect to the endpoint|connection was closed|connection closed|"
                "connection error|connection failure|unexpected eof|premature close|"
                "tls handshake timeout|ssl handshake|handshake_failure|handshake failure|"
                "ssl connection could not be established|secure channel support|wrong version number|"
                "eof occurred in violation|bad record mac|a task was canceled|"
                "the operation has timed out|the request was canceled|"
                "unable to connect to the remote server|error while sending request|"
                "error sending request|failed to establish a new connection|unable to connect|"
                "failed to connect|cannot connect to|can't connect to|error connecting to|"
                "network error|networkerror|network timeout|timeout of * exceeded|fetch failed|"
                "failed to fetch|service unavailable|temporarily unavailable|bad gateway|"
                "gateway timeout|gateway time-out|internal server error|incompleteread|"
                "connection broken|no response from|deadline exceeded|transport: error while dialing|"
                "upstream connect error|remote host closed|remotedisconnected|server disconnected|"
                "sockets closed|client network socket disconnected|"
                "operation was aborted due to timeout|target server failed to respond|nohttpresponse|"
                "goaway|stream closed|timed out|context canceled|internalservererror|server error|"
                "an http request failed|write eproto|timeoutexception|err_connection|"
                "err_name_not_resolved|overloaded|please try again later|try again later|"
                '": eof|payload is not completed|client error (connect)|deadline has elapsed|'
                "execution expired|is open and does not permit|circuit breaker is open|"
                "other side closed|stream has been aborted|connection unexpectedly closed|timeout expired|"
                "waiter * failed: max attempts"
            ),
        },
        error(
            "ReadTimeout",
            "HTTPSConnectionPool(host='a.example', port=443): Read timed out. (read timeout=10)",
        ),
        unless={
            "message": ('task timed out after', 'unable to load credentials', 'could not load credentials'),
        },
    ),
    row(
        "net.type", TRANSIENT, AS_IS, 0.86,
        "the network or the callee could not be reached in time",
        {
            "type": any_of(
                "*TimeoutError|*TimeoutException|*Timeout|ConnectionError|*ConnectionError|"
                "*ConnectionException|ConnectException|SocketException|SocketError|*NetworkError|"
                "NewConnectionError|MaxRetryError|*DisconnectedError|RemoteDisconnected|IncompleteRead|"
                "ProtocolError|SSLError|SSLHandshakeException|SSLException|*EndpointConnectionError|"
                "HttpHostConnectException|NoHttpResponseException|ConnectionClosed*|ConnectError|"
                "ReadError|RemoteProtocolError|WebException|TaskCanceledException|"
                "*UnavailableException|ServiceUnavailable*|*UnavailableError|InterfaceError|"
                "PrismaClientInitializationError|OperationalError|MongoServerSelectionError|"
                "AutoReconnect|SQLTransient*|SQLRecoverableException|*CommunicationsException|"
                "JedisConnectionException|ClientConnectorError|ServerDisconnectedError|"
                "*DeadlockException|*DeadlockError|DeadlockDetected|SerializationFailure|*LockTimeout*|"
                "CannotAcquireLock*|CannotGetJdbcConnection*|PoolError|PoolTimeout|OpenTimeout|"
                "ReadTimeout|WriteTimeout|KafkaJSConnection*|KafkaTimeout*|NoBrokersAvailable|"
                "RequestError|FetchError|TransportError|ServerError|InternalServerError*|"
                "InternalServiceError*|EOFError*|gaierror|deadlineExceededError|OpError|DNSError|"
                "HttpTimeoutException|UnresolvedAddressException|ClosedChannelException|"
                "CompletionTimeout*|IdleTimeout*|HTTPClientError|RetryableError|TransientError|"
                "*TransientException|TransientException|*RetryError|RetryError|BadGateway*|"
                "GatewayTimeout*|TemporaryFailure*|TemporaryError|ConnectionInterrupted*|"
                "AbortError|CallNotPermittedException|BrokenCircuitException|CircuitBreaker*|"
                "NoLivingConnections*|*RetriesExceeded|MaxRetries*|*NotLeader*|*NotEnoughReplicas*|"
                "*CoordinatorNotAvailable*|*LeaderNotAvailable*|*BrokerNotAvailable*|ConnectionBad|"
                "UnableToSend|*PoolInitializationException"
            ),
        },
        error('SocketException', 'no answer'),
        unless={'message': any_of('syntax|does not exist|no such|invalid|credentials|unknown database')},
    ),
)
