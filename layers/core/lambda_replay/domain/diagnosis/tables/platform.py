"""What Lambda itself says about a function: conditions, statuses, time limits, exits, start-up
(docs/reference/lambda.md#platform-errors)."""

from __future__ import annotations

from ..rules import Rule
from ._row import (
    AFTER_FIX,
    AS_IS,
    BUG,
    CONFIGURATION,
    INPUT,
    NEVER,
    OOM,
    PERMISSION,
    PLATFORM,
    STATE,
    THROTTLING,
    TIMEOUT,
    TRANSIENT,
    UNKNOWN,
    any_of,
    error,
    row,
)

ABSENT = {"response": ("absent",)}

# A row reads better with its id, conclusion and confidence in one line.
# fmt: off
RULES: tuple[Rule, ...] = (
    row(
        "platform.reserved-concurrency-zero", THROTTLING, AFTER_FIX, 0.99,
        "the function's reserved concurrency is 0, so Lambda ran nothing",
        {'condition': ('ZeroReservedConcurrency',)},
        {'@condition': 'ZeroReservedConcurrency', '@absent': True},
        scope="own",
    ),
    row(
        "platform.recursion", CONFIGURATION, AFTER_FIX, 0.9,
        "Lambda stopped a recursive loop of invocations",
        {'condition': ('*Recurs*',)},
        {'@condition': 'RecursiveInvocationDetected', '@absent': True},
        scope="own",
    ),
    row(
        "platform.payload-too-large", INPUT, NEVER, 0.95,
        "the event is larger than Lambda accepts",
        {'condition': ('MaximumPayloadSizeExceeded',)},
        {'@condition': 'MaximumPayloadSizeExceeded', '@absent': True},
        scope="own",
    ),
    row(
        "platform.throttled", THROTTLING, AS_IS, 0.97,
        "Lambda throttled every attempt; the function never ran",
        {'status': ('429',), **ABSENT},
        {'@condition': 'EventAgeExceeded', '@status': 429, '@absent': True},
        scope="own",
    ),
    row(
        "platform.function-gone", STATE, AFTER_FIX, 0.9,
        "the function, version or alias no longer existed",
        {'status': ('404',), **ABSENT},
        {'@status': 404, '@absent': True},
        scope="own",
    ),
    row(
        "platform.not-allowed", PERMISSION, AFTER_FIX, 0.85,
        "Lambda refused to run the function",
        {'status': ('401', '403'), **ABSENT},
        {'@status': 403, '@absent': True},
        scope="own",
    ),
    row(
        "platform.event-refused", INPUT, NEVER, 0.7,
        "Lambda refused the event before running the function",
        {'status': ('400', '413', '415'), **ABSENT},
        {'@status': 413, '@absent': True},
        scope="own",
    ),
    row(
        "platform.busy", STATE, AS_IS, 0.8,
        "the function was not ready to run",
        {'status': ('409',), **ABSENT},
        {'@status': 409, '@absent': True},
        scope="own",
    ),
    row(
        "platform.service-error", PLATFORM, AS_IS, 0.8,
        "Lambda could not start the function",
        {'status': ('5*',), **ABSENT},
        {'@status': 500, '@absent': True},
        scope="own",
    ),
    row(
        "platform.expired-unrun", THROTTLING, AS_IS, 0.7,
        "the event grew too old before the function could run",
        {'condition': ('EventAgeExceeded', 'RecordAgeExceeded'), **ABSENT},
        {'@condition': 'EventAgeExceeded', '@absent': True},
        scope="own",
    ),
    row(
        "platform.unreported", UNKNOWN, AFTER_FIX, 0.3,
        "the function ran and failed, but this kind of record tells no error; look into its log",
        {'status': ('200',), **ABSENT},
        {'@condition': 'RetryAttemptsExhausted', '@status': 200, '@absent': True},
        scope="own",
    ),
    row(
        "platform.timeout", TIMEOUT, AS_IS, 0.97,
        "Lambda stopped the function at its time limit",
        {'type': any_of('Sandbox.Timedout|Sandbox.Timeout|Runtime.InvokeTimeout|Function.Timeout')},
        error('Sandbox.Timedout', 'RequestId: 1 Error: Task timed out after 3.00 seconds'),
        scope="own",
    ),
    row(
        "platform.timeout-text", TIMEOUT, AS_IS, 0.95,
        "Lambda stopped the function at its time limit",
        {'message': ('task timed out after * seconds',), 'ours': ('yes',)},
        error(
            None,
            (
                "2024-04-08T08:19:55.000Z 7af7ce94-f3a6-11e6-9625-69fa5c90b751 Task timed out after "
                "1.00 seconds"
            ),
        ),
        scope="own",
    ),
    row(
        "platform.hook-timeout", TIMEOUT, AFTER_FIX, 0.8,
        "a SnapStart hook ran out of time",
        {'type': ('Runtime.RestoreHookUserTimeout', '*SnapStartTimeout*')},
        error('Runtime.RestoreHookUserTimeout', 'restore hook timed out'),
        scope="own",
    ),
    row(
        "platform.killed", OOM, AFTER_FIX, 0.9,
        "the runtime was killed, which is nearly always memory",
        {'message': ('signal: killed',), 'ours': ('yes',)},
        error('Runtime.ExitError', 'RequestId: 1 Error: Runtime exited with error: signal: killed'),
        scope="own",
    ),
    row(
        "platform.exit-137", OOM, AFTER_FIX, 0.8,
        "exit status 137 is a kill, nearly always for memory",
        {'exit': ('137',)},
        error('Runtime.ExitError', 'RequestId: 1 Error: Runtime exited with error: exit status 137'),
    ),
    row(
        "platform.out-of-memory", OOM, AFTER_FIX, 0.97,
        "the function used all its memory",
        {
            "type": any_of(
                "Runtime.OutOfMemory|OutOfMemoryError|OutOfMemoryException|MemoryError|NoMemoryError|"
                "InsufficientMemoryException"
            ),
        },
        error('java.lang.OutOfMemoryError', 'Java heap space'),
    ),
    row(
        "platform.out-of-memory-text", OOM, AFTER_FIX, 0.85,
        "the process ran out of memory",
        {
            "message": any_of(
                "heap out of memory|out of memory: |java heap space|runtime: out of memory|"
                "gc overhead limit|cannot allocate memory|std::bad_alloc|"
                "array buffer allocation failed|allowed memory size of|failed to allocate memory|"
                "unable to allocate *array with shape|child killed: sigkill|killed by signal 9|"
                "died with <signals.sigkill|with signal sigkill|memory size: * max memory used|"
                "memory limit exceeded|unable to create new native thread|"
                "unable to allocate *ib for an array|exceeded memory limit|process out of memory|"
                "memory allocation of * bytes failed"
            ),
        },
        error('Error', 'FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory'),
    ),
    row(
        "platform.errno-memory", OOM, AFTER_FIX, 0.85,
        "the operating system had no memory left",
        {'errno': ('ENOMEM',)},
        error('Error', 'spawn ENOMEM'),
    ),
    row(
        "platform.sigkill", OOM, AFTER_FIX, 0.75,
        "a process was killed, which is nearly always memory",
        {'signal': ('SIGKILL', 'killed')},
        error('Error', 'Command was killed with SIGKILL (Forced termination): node build'),
    ),
    row(
        "platform.bootstrap-missing", CONFIGURATION, AFTER_FIX, 0.96,
        "the package has no bootstrap to start",
        {'message': ("couldn't find valid bootstrap",)},
        error(
            "Runtime.InvalidEntrypoint",
            "RequestId: 1 Error: Couldn't find valid bootstrap(s): [/var/task/bootstrap /opt/bootstrap]",
        ),
    ),
    row(
        "platform.exec", CONFIGURATION, AFTER_FIX, 0.96,
        "Lambda could not start the program: wrong file, mode or architecture",
        {
            "message": any_of(
                "fork/exec|exec format error|exec user process caused|bad interpreter|"
                "bad elf interpreter|entrypointexec|runtime.invalidentrypoint|"
                "cannot execute binary file"
            ),
        },
        error('PathError', 'fork/exec /var/task/main: no such file or directory'),
    ),
    row(
        "platform.startup-types", CONFIGURATION, AFTER_FIX, 0.95,
        "the function could not be loaded",
        {
            "type": any_of(
                "Runtime.ImportModuleError|Runtime.HandlerNotFound|Runtime.NoSuchHandler|"
                "Runtime.InvalidEntrypoint|Runtime.InvalidWorkingDir|Runtime.MalformedHandlerName|"
                "Runtime.BuiltInModuleConflict|Runtime.InvalidTaskConfig|"
                "Runtime.MalformedStreamingHandler|Runtime.InvalidRuntime|"
                "Runtime.HandlerMethodNotFound|Runtime.InvalidHandler|Runtime.BadHandler"
            ),
        },
        error('Runtime.ImportModuleError', "Unable to import module 'app': No module named 'x'"),
    ),
    row(
        "platform.extension", CONFIGURATION, AFTER_FIX, 0.85,
        "an extension of the function could not be started",
        {'type': any_of('Extension.LaunchError|TooManyExtensions|PermissionDenied')},
        error('Extension.LaunchError', 'RequestId: 1 Error: exec format error'),
        scope="own",
    ),
    row(
        "platform.extension-crash", PLATFORM, AFTER_FIX, 0.7,
        "an extension of the function ended",
        {'type': ('Extension.*',)},
        error('Extension.Crash', 'RequestId: 1 Error: exit code 0'),
        scope="own",
    ),
    row(
        "platform.syntax", BUG, AFTER_FIX, 0.93,
        "the shipped code does not parse",
        {'type': ('Runtime.UserCodeSyntaxError',)},
        error('Runtime.UserCodeSyntaxError', "Syntax error in module 'm': invalid syntax (m.py, line 3)"),
    ),
    row(
        "platform.answer-too-large", BUG, AFTER_FIX, 0.9,
        "the function's answer is larger than Lambda returns",
        {'type': ('Function.ResponseSizeTooLarge', 'Runtime.TruncatedResponse')},
        error(
            "Function.ResponseSizeTooLarge",
            "Response payload size exceeded maximum allowed payload size (6291556 bytes).",
        ),
        scope="own",
    ),
    row(
        "platform.answer-too-large-text", BUG, AFTER_FIX, 0.88,
        "the function's answer is larger than Lambda returns",
        {
            "message": any_of(
                "response payload size*exceeded|exceeded maximum allowed payload size|"
                "body size is too long|failed to post handler success response|"
                "exception exceeded maximum payload size|response size too large|"
                "exceeds maximum response size"
            ),
        },
        error('LambdaRuntimeError', 'Failed to post handler success response. Http response code: 413.'),
        scope="own",
    ),
    row(
        "platform.answer-not-serialisable", BUG, AFTER_FIX, 0.93,
        "the function's answer can't be written as JSON",
        {
            "type": any_of(
                "Runtime.MarshalError|Runtime.InvalidStreamingOperation|"
                "Runtime.InvalidResponseModeHeader|Runtime.StreamError"
            ),
        },
        error(
            "Runtime.MarshalError",
            "Unable to marshal response: Object of type Decimal is not JSON serializable",
        ),
    ),
    row(
        "platform.event-not-readable", INPUT, NEVER, 0.8,
        "the runtime could not decode the event",
        {'type': ('Runtime.UnmarshalError', 'Runtime.LambdaContextUnmarshalError')},
        error('Runtime.UnmarshalError', 'Unable to unmarshal input: Expecting value'),
    ),
    row(
        "platform.snapshot-hook", BUG, AFTER_FIX, 0.6,
        "a SnapStart hook failed",
        {'type': ('Runtime.BeforeSnapshotError', 'Runtime.AfterRestoreError')},
        error('Runtime.AfterRestoreError', 'hook failed'),
    ),
    row(
        "platform.node-exit", BUG, AFTER_FIX, 0.55,
        "the Node process ended while the handler was still waiting",
        {'type': ('Runtime.NodeJsExit', 'Runtime.NodejsExit')},
        error('Runtime.NodeJsExit', 'RequestId: 1 Error: Runtime exited without providing a reason'),
    ),
    row(
        "platform.efs-io", PLATFORM, AS_IS, 0.85,
        "a file operation on the network file system took too long",
        {'type': ('EFSIO*',)},
        error(
            "EFSIOException",
            (
                "This function instance was stopped because Lambda detected an IO process that was "
                "taking too long."
            ),
        ),
    ),
    row(
        "platform.eni-limit", PLATFORM, AS_IS, 0.75,
        "the VPC had no network interface left",
        {'type': ('ENILimit*', 'EC2Unexpected*', 'SubnetIPAddress*')},
        error(
            "ENILimitReachedException",
            (
                "Lambda was not able to create an elastic network interface in the VPC because the "
                "limit was reached."
            ),
        ),
    ),
    row(
        "platform.sigterm", PLATFORM, AS_IS, 0.6,
        "Lambda ended the sandbox before the function was ready",
        {'signal': ('terminated', 'SIGTERM')},
        error('Runtime.ExitError', 'RequestId: 1 Error: Runtime exited with error: signal: terminated'),
    ),
    row(
        "platform.crash", PLATFORM, AFTER_FIX, 0.75,
        "the process crashed and the record does not say why",
        {
            "signal": any_of(
                "segmentation fault*|SIGSEGV|aborted*|SIGABRT|bus error*|illegal instruction*|SIGILL|"
                "SIGBUS|trace/breakpoint*"
            ),
        },
        error(
            "Runtime.ExitError",
            "RequestId: 1 Error: Runtime exited with error: signal: segmentation fault (core dumped)",
        ),
    ),
    row(
        "platform.exit", PLATFORM, AFTER_FIX, 0.75,
        "the process ended and the record does not say why",
        {
            "message": (
                "runtime exited",
                "process exited before completing request",
                "runtime exited without providing a reason",
            ),
            "ours": ('yes',),
        },
        error(None, 'RequestId: 1 Process exited before completing request'),
    ),
    row(
        "platform.exit-type", PLATFORM, AFTER_FIX, 0.7,
        "the process ended and the record does not say why",
        {
            "type": any_of(
                "Runtime.ExitError|Runtime.Unknown|Function.Unknown|Sandbox.Failure|"
                "Runtime.Unavailable|Runtime.TooManyIdleRuntimes"
            ),
        },
        error('Runtime.ExitError', 'RequestId: 1 Error: exit'),
    ),
    row(
        "platform.init-error", PLATFORM, AFTER_FIX, 0.5,
        "the function failed while it started",
        {'type': ('Runtime.InitError',)},
        error('Runtime.InitError', 'exit'),
    ),
    row(
        "platform.disk-full", PLATFORM, AS_IS, 0.75,
        "the temporary disk of one sandbox was full; a new sandbox starts empty",
        {'errno': ('ENOSPC', 'EDQUOT')},
        error('OSError', '[Errno 28] No space left on device'),
    ),
    row(
        "platform.file-handles", PLATFORM, AS_IS, 0.6,
        "one sandbox had no file handle left; a new sandbox starts fresh",
        {'errno': ('EMFILE', 'ENFILE')},
        error('Error', "EMFILE: too many open files, open '/tmp/a'"),
    ),
    row(
        "platform.disk-io", PLATFORM, AS_IS, 0.6,
        "the operating system could not read or write",
        {'errno': ('EIO', 'ETXTBSY')},
        error('OSError', '[Errno 5] Input/output error'),
    ),
    row(
        "platform.child-timeout", TRANSIENT, AS_IS, 0.6,
        "a function that this one called ran into its time limit",
        {'message': ('task timed out after * seconds',)},
        error('Error', 'invoke failed: 2024-04-08T08:19:55.000Z x Task timed out after 1.00 seconds'),
    ),
)
