"""Why something can't be done, as the words that API, CLI and logs use, each with what it means."""

from enum import StrEnum

from lambda_replay.domain.errors import LambdaReplayError


class Reason(StrEnum):
    """A refusal (nothing was tried) or a rejection (Lambda refused the Invoke)."""

    EXECUTION_NOT_FOUND = "execution_not_found"
    REPLAY_IN_FLIGHT = "replay_in_flight"
    ALREADY_RECOVERED = "already_recovered"
    UNCONFIRMED = "unconfirmed"
    IGNORED = "ignored"
    NOT_IGNORED = "not_ignored"
    GROUP_NOT_FOUND = "group_not_found"
    GROUP_OPEN = "group_open"
    GROUP_MERGED = "group_merged"
    GROUP_NOT_MERGED = "group_not_merged"
    GROUP_FULL = "group_full"
    GROUP_NOT_CLASSIFIED = "group_not_classified"
    RULES_INVALID = "rules_invalid"
    POLICY_INVALID = "policy_invalid"
    CHANGED_CONCURRENTLY = "changed_concurrently"
    JOB_NOT_FOUND = "job_not_found"
    JOB_LIMIT = "job_limit"
    JOB_ENDED = "job_ended"
    JOB_PAUSED = "job_paused"
    JOB_NOT_PAUSED = "job_not_paused"
    NOTHING_SELECTED = "nothing_selected"
    POISONED = "poisoned"
    CONTESTED = "contested"
    PROBABLE_RUN = "probable_run"
    NO_PROBABLE_RUN = "no_probable_run"
    RUN_IS_KNOWN = "run_is_known"
    ALREADY_REPLAYED = "already_replayed"
    TOO_OLD = "too_old"
    VERDICT_NEVER = "verdict_never"
    PATCH_INVALID = "patch_invalid"
    PATCH_FAILED = "patch_failed"
    TARGET_INVALID = "target_invalid"
    TENANT_REQUIRED = "tenant_required"
    TENANT_NOT_FOUND = "tenant_not_found"
    TENANT_PATH_INVALID = "tenant_path_invalid"
    REPLAY_LIMIT = "replay_limit"
    IDEMPOTENCY_KEY_REUSED = "idempotency_key_reused"
    NOT_ALLOW_LISTED = "not_allow_listed"
    OWN_FUNCTION = "own_function"
    PAYLOAD_MISSING = "payload_missing"
    PAYLOAD_DROPPED_BY_SNS = "payload_dropped_by_sns"
    PAYLOAD_NOT_EXACT = "payload_not_exact"
    PAYLOAD_EXPIRED = "payload_expired"
    PAYLOAD_FORGOTTEN = "payload_forgotten"
    PAYLOAD_MISMATCH = "payload_mismatch"
    STREAM_BATCH = "stream_batch"
    FUNCTION_DELETED = "function_deleted"
    QUALIFIER_NOT_FOUND = "qualifier_not_found"
    FUNCTION_NOT_READY = "function_not_ready"
    ACCESS_DENIED = "access_denied"
    THROTTLED = "throttled"
    PAYLOAD_TOO_LARGE = "payload_too_large"
    PAYLOAD_INVALID = "payload_invalid"
    RECURSION_STOPPED = "recursion_stopped"
    ENDPOINT_UNREACHABLE = "endpoint_unreachable"
    DURABLE_ALREADY_STARTED = "durable_already_started"
    INVOKE_REFUSED = "invoke_refused"
    NOT_SENT = "not_sent"
    UNREADABLE = "unreadable"


# What a later message about the same run can fix.
PAYLOAD_LACKING = frozenset({Reason.PAYLOAD_MISSING, Reason.PAYLOAD_DROPPED_BY_SNS})

MEANING: dict[Reason, str] = {
    Reason.EXECUTION_NOT_FOUND: "no execution has this id; it may have expired (RetentionDays)",
    Reason.REPLAY_IN_FLIGHT: "a replay of this execution is under way; wait for its outcome",
    Reason.ALREADY_RECOVERED: "a replay of this execution succeeded; mode 'force' runs it again",
    Reason.UNCONFIRMED: "the last replay was accepted, and no failure came; mode 'force' runs it again",
    Reason.IGNORED: "the execution is ignored; reopen it first, or use mode 'force'",
    Reason.NOT_IGNORED: "only an ignored execution can be reopened",
    Reason.GROUP_NOT_FOUND: "no group has this fingerprint",
    Reason.GROUP_OPEN: "the group is open already",
    Reason.GROUP_MERGED: "the group is merged into another one",
    Reason.GROUP_NOT_MERGED: "the group is not merged into that one",
    Reason.GROUP_FULL: "20 groups are merged into this one already",
    Reason.GROUP_NOT_CLASSIFIED: "the team has said nothing of this group's category",
    Reason.RULES_INVALID: "a rule can't be used; nothing has changed",
    Reason.POLICY_INVALID: "the policy can't be used; nothing has changed",
    Reason.CHANGED_CONCURRENTLY: "another caller changed it at the same time; look, and try again",
    Reason.JOB_NOT_FOUND: "no job has this id; it may have expired",
    Reason.JOB_LIMIT: "as many jobs as are allowed are running for this function; wait for one to end, or "
    "pause or cancel one; don't simply try again",
    Reason.JOB_ENDED: "the job has ended",
    Reason.JOB_PAUSED: "the job is paused already",
    Reason.JOB_NOT_PAUSED: "only a paused job can be resumed",
    Reason.NOTHING_SELECTED: "the filter, or the ids, select no execution",
    Reason.POISONED: "its replays failed again and again, with different versions of the code; a job takes "
    "it only when it is named by its id",
    Reason.CONTESTED: "another record with the same request id names another function or payload, so one "
    "of them is forged; a job takes it only when it is named by its id",
    Reason.PROBABLE_RUN: "it is probably the run of an uncertain replay of another execution, and replaying "
    "it too may repeat one event; confirm it, or name it by its id",
    Reason.NO_PROBABLE_RUN: "the execution is not the probable run of an uncertain replay: there is nothing "
    "to confirm",
    Reason.RUN_IS_KNOWN: "the outcome of that replay is known by now, so this execution is another run",
    Reason.ALREADY_REPLAYED: "the execution has replays or decisions of its own, so it can't become the "
    "outcome of another one's replay",
    Reason.TOO_OLD: "it failed longer ago than max_age allows",
    Reason.VERDICT_NEVER: "its verdict is never, and those were to be left out",
    Reason.PATCH_INVALID: "the patch is no JSON Patch (RFC 6902) or JSON Merge Patch (RFC 7396)",
    Reason.PATCH_FAILED: "the patch can't be applied to this payload",
    Reason.TARGET_INVALID: "the target is no function name or ARN of a function",
    Reason.TENANT_REQUIRED: "the function isolates its tenants, and Lambda refuses an Invoke that names "
    "none; say tenant: its id, or jmespath: and where it stands in the payload",
    Reason.TENANT_NOT_FOUND: "what the tenant's JMESPath finds in this payload is no tenant's id: a text of "
    "1 to 256 letters, digits, spaces and . _ : / = + - @, or a whole number",
    Reason.TENANT_PATH_INVALID: "the tenant's path is no JMESPath (jmespath.org)",
    Reason.REPLAY_LIMIT: "the execution has been replayed as often as MaximumReplays allows",
    Reason.IDEMPOTENCY_KEY_REUSED: "this Idempotency-Key was used for another request on this execution",
    Reason.NOT_ALLOW_LISTED: "the function matches no pattern of the stack's ReplayableFunctions parameter",
    Reason.OWN_FUNCTION: "the function is a part of Lambda Replay, of this stack or another one, which no "
    "replay may invoke",
    Reason.PAYLOAD_MISSING: "the record carries no requestPayload, so there is nothing to send again; "
    "Lambda drops it on the way to a topic when the record is larger than 256 KB",
    Reason.PAYLOAD_DROPPED_BY_SNS: "Lambda dropped the payload, because the record was larger than an SNS "
    "topic takes (256 KB); use an SQS or S3 destination for this function",
    Reason.PAYLOAD_NOT_EXACT: "the record came as a parsed event, and its bytes are lost; use another kind "
    "of destination, or send the event by hand",
    Reason.PAYLOAD_EXPIRED: "the payload is no longer stored (RetentionDays)",
    Reason.PAYLOAD_FORGOTTEN: "the payload was deleted because an operator asked for it; `forgotten` says "
    "who, when and why",
    Reason.PAYLOAD_MISMATCH: "the stored payload is not the one that this execution was recorded with; two "
    "different records came under one request id, so one of them was forged",
    Reason.STREAM_BATCH: "a stream's record holds positions in the stream, not the payload; only an S3 "
    "destination gets both",
    Reason.FUNCTION_DELETED: "the function does not exist any more",
    Reason.QUALIFIER_NOT_FOUND: "the function has no such alias or version any more; name another qualifier",
    Reason.FUNCTION_NOT_READY: "the function is being created or updated; try again when it is active",
    Reason.ACCESS_DENIED: "the service's role may not invoke the function; check ReplayableFunctions, and "
    "the function's resource policy when it lives in another account",
    Reason.THROTTLED: "Lambda throttled the Invoke call to the end; try again later",
    Reason.PAYLOAD_TOO_LARGE: "the payload is larger than an asynchronous Invoke accepts (1 MB)",
    Reason.PAYLOAD_INVALID: "Lambda does not accept the payload as JSON",
    Reason.RECURSION_STOPPED: "Lambda stopped the invocation as part of a recursive loop",
    Reason.ENDPOINT_UNREACHABLE: "the Lambda endpoint could not be reached; nothing was sent",
    Reason.DURABLE_ALREADY_STARTED: "a durable execution of this name was started with another payload; "
    "nothing was sent again",
    Reason.INVOKE_REFUSED: "Lambda refused the Invoke call",
    Reason.NOT_SENT: "the service's own table could not be written; nothing was sent",
    Reason.UNREADABLE: "it is stored, and this version of the service can't read it: a newer version wrote "
    "it, or it is damaged; nothing was changed, and the log says more",
}


def meaning(reason: Reason) -> str:
    """Also of a reason that only another version of the service knows."""
    return MEANING.get(reason, f"{reason}: this version of the service does not know this reason")


class RefusedError(LambdaReplayError):
    """The command can't be carried out; nothing has changed."""

    def __init__(self, reason: Reason, detail: str | None = None) -> None:
        super().__init__(detail or meaning(reason))
        self.reason = reason
