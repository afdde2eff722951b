"""Why triage refused a message, as the message itself says, and whether triage would understand it now: it is
read again, by the same code. The fix is added."""

from collections.abc import Callable
from dataclasses import dataclass

from lambda_replay.domain.functions.function_arn import FunctionArn
from lambda_replay.domain.intake.dead_letter import DeadLetterOwners
from lambda_replay.domain.intake.execution_record import ExecutionRecord
from lambda_replay.domain.intake.fields import NotARecordError
from lambda_replay.domain.intake.refusal import RefusalReason
from lambda_replay.use_cases.intake.read_message import Intake, Message
from lambda_replay_cli.dlq.messages import RefusedMessage

NOT_STORED = "not_stored"
"""SQS moved it: it was received as often as it may be, and neither refused nor stored."""
REASONS = (NOT_STORED, *RefusalReason)

_NOT_STORED = "triage can read it: its log says what failed then; fix that, and redrive it"
_UNDERSTOOD = "triage can read it now: redrive it"
_STRAIGHT = (
    "it does not say whose it is, and redriving it does not help: attach a destination instead, or turn raw "
    "delivery off"
)
_SENDER = "it is no execution record and never will be: look who sends it, and stop that"
_NO_FUNCTION = (
    "stop whatever sends it here, and send it again from there: only Lambda's failures are replayed"
)
_FIXES = {
    RefusalReason.WRAPPED_RECORD: "have the record sent as it is, without what stands around it",
    RefusalReason.EVENTBRIDGE_DEAD_LETTER: _NO_FUNCTION,
    RefusalReason.SCHEDULER_DEAD_LETTER: "give the schedule a dead-letter queue of its own, and start the "
    "function from what the message holds",
    RefusalReason.SNS_MESSAGE: "give the subscription a dead-letter queue of its own, or end it",
    RefusalReason.REDRIVEN_MESSAGE: "give the queue's consumer a dead-letter queue of its own, and move the "
    "message there",
    RefusalReason.UNKNOWN_DEAD_LETTER: "name its queue in DeadLetterQueues or its topic in DeadLetterTopics, "
    "deploy, then redrive it",
    RefusalReason.ATTRIBUTES_LOST: "invoke the function with it, or take it out: without its attributes "
    "nothing says which run it was",
    RefusalReason.OFFLOADED_PAYLOAD: "have the record itself sent: the failure bucket takes large ones",
    RefusalReason.STEP_FUNCTIONS_ERROR: "redrive the state machine's execution in Step Functions",
    RefusalReason.OBJECT_MISSING: "redrive it once the object is back; until then it can't be read",
    RefusalReason.OBJECT_FOREIGN: "copy the object into the failure bucket: triage reads no other",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageExplanation:
    """What the message is. `understood` says whether triage would take it now; `functions` are those whose
    records are in it then."""

    message: RefusedMessage
    reason: str
    why: str
    fix: str
    understood: bool
    functions: tuple[str, ...] = ()
    request_ids: tuple[str, ...] = ()

    def as_json(self) -> dict[str, object]:
        refusal = self.message.refusal
        at = refusal.at if refusal is not None else None
        return {
            "id": self.message.id,
            "sent_at": self.message.sent_at.isoformat(),
            "refused_at": None if at is None else at.isoformat(),
            "queue": None if refusal is None else refusal.queue,
            "reason": self.reason,
            "why": self.why,
            "understood": self.understood,
            "fix": self.fix,
            "functions": list(self.functions),
            "request_ids": list(self.request_ids),
            "sender": self.message.sender,
        }


@dataclass(frozen=True, slots=True)
class Reader:
    """`queue` is the failure queue's ARN, which messages come to triage by; `triage` is the function."""

    owners: DeadLetterOwners
    bucket: str
    queue: str
    triage: FunctionArn
    fetch: Callable[[str, str | None], bytes | None]

    def read(self, message: RefusedMessage) -> MessageExplanation:
        try:
            return self._understood(message, self._records(message))
        except NotARecordError as refusal:
            return self._refused(message, refusal)

    def _records(self, message: RefusedMessage) -> list[ExecutionRecord]:
        given = Message(
            id=message.id,
            body=message.body,
            sent_at=message.sent_at,
            queue=self._origin(message),
            attributes=dict(message.attributes),
        )
        return Intake(self.owners, self.bucket, self.fetch).records(given, self.triage)

    def _origin(self, message: RefusedMessage) -> str:
        """The queue that it would come by again."""
        origin = None if message.refusal is None else message.refusal.queue
        return origin if origin is not None and origin in self.owners.functions else self.queue

    def _understood(self, message: RefusedMessage, records: list[ExecutionRecord]) -> MessageExplanation:
        conditions = ", ".join(sorted({record.condition for record in records}))
        why = f"it is understood: {conditions}" if records else "it holds no records: nothing would be stored"
        return MessageExplanation(
            message=message,
            reason=NOT_STORED if message.refusal is None else message.refusal.reason,
            why=why if message.refusal is None else message.refusal.why,
            fix=_NOT_STORED if message.refusal is None else _UNDERSTOOD,
            understood=True,
            functions=tuple(sorted({record.function.name for record in records})),
            request_ids=tuple(record.request_id for record in records),
        )

    def _refused(self, message: RefusedMessage, now: NotARecordError) -> MessageExplanation:
        reason, why = (
            (now.reason.value, str(now))
            if message.refusal is None
            else (message.refusal.reason, message.refusal.why)
        )
        fix = _FIXES.get(now.reason, _SENDER)
        if now.reason is RefusalReason.UNKNOWN_DEAD_LETTER and self.queue in str(now):
            # No queue of dead letters, whatever triage advises: it would be everybody's.
            why, fix = "a dead letter that was sent straight to the failure queue", _STRAIGHT
        return MessageExplanation(message=message, reason=reason, why=why, fix=fix, understood=False)
