"""Why triage refused a message: it is read again, by the same code, which says why; the fix is added."""

from collections.abc import Callable
from dataclasses import dataclass

from lambda_replay.domain.function_arn import FunctionArn
from lambda_replay.domain.intake.dead_letter import REQUEST_ID, DeadLetterOwners
from lambda_replay.domain.intake.fields import NotARecordError
from lambda_replay.use_cases.intake.read_message import Intake, Message
from lambda_replay_cli.dlq.messages import RefusedMessage

STORABLE, UNREADABLE, FOREIGN, UNKNOWN = "storable", "unreadable", "object", "dead_letter"
STRAIGHT = "raw_dead_letter"
_FIXES = {
    STORABLE: "triage can read it: its log says what failed then; fix that, and put it back",
    UNREADABLE: "it is no execution record and never will be: look who sends it, and stop that",
    FOREIGN: "put it back once the object can be read; until the object is back, it can't be",
    STRAIGHT: "it does not say whose it is, and can't be put back: attach a destination instead, or turn raw "
    "delivery off",
    UNKNOWN: "name its queue in DeadLetterQueues or its topic in DeadLetterTopics, deploy, then put it back",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageExplanation:
    """What the message is. `functions` are those whose records are in it."""

    message: RefusedMessage
    kind: str
    why: str
    functions: tuple[str, ...] = ()
    request_ids: tuple[str, ...] = ()

    @property
    def fix(self) -> str:
        return _FIXES[self.kind]

    def as_json(self) -> dict[str, object]:
        return {
            "id": self.message.id,
            "sent_at": self.message.sent_at.isoformat(),
            "kind": self.kind,
            "why": self.why,
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
        intake = Intake(self.owners, self.bucket, self.fetch)
        given = Message(
            id=message.id,
            body=message.body,
            sent_at=message.sent_at,
            queue=self.queue,
            attributes=dict(message.attributes),
        )
        try:
            records = intake.records(given, self.triage)
        except NotARecordError as refusal:
            return self._refusal(message, str(refusal))
        if not records:
            return MessageExplanation(
                message=message, kind=STORABLE, why="it holds no records: nothing would be stored"
            )
        return MessageExplanation(
            message=message,
            kind=STORABLE,
            why=f"it is understood: {', '.join(sorted({record.condition for record in records}))}",
            functions=tuple(sorted({record.function.name for record in records})),
            request_ids=tuple(record.request_id for record in records),
        )

    def _refusal(self, message: RefusedMessage, why: str) -> MessageExplanation:
        if why.startswith(f"a dead letter from {self.queue},"):
            # No queue of dead letters, whatever triage advises: it would be everybody's.
            why = "a dead letter that was sent straight to the failure queue"
            return MessageExplanation(message=message, kind=STRAIGHT, why=why)
        return MessageExplanation(message=message, kind=_kind(message, why), why=why)


def _kind(message: RefusedMessage, why: str) -> str:
    if REQUEST_ID in message.attributes or why.startswith("a dead letter"):
        return UNKNOWN
    return FOREIGN if "object that the notification names" in why else UNREADABLE
