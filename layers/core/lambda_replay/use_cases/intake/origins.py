"""Whether a record was sent by the function that it names."""

from dataclasses import dataclass

from lambda_replay.domain.functions.allow_list import AllowList
from lambda_replay.domain.intake.channel import Channel
from lambda_replay.domain.intake.execution_record import ExecutionRecord
from lambda_replay.domain.intake.origin import Origin, origin
from lambda_replay.ports.functions import FunctionRoles


@dataclass(frozen=True, slots=True)
class Origins:
    """`allowed` are the functions that may be replayed: of others it does not matter."""

    roles: FunctionRoles
    allowed: AllowList

    def __call__(self, record: ExecutionRecord, sender: str | None) -> Origin:
        # A topic, a bus, a bucket send with their own identity, and a dead letter names no function.
        if sender is None or record.channel is not Channel.QUEUE or not self.allowed.allows(record.function):
            return Origin.UNVERIFIED
        found = origin(sender, self.roles.role_id(record.function))
        if found is Origin.VERIFIED:
            return found
        # The function may have got another role.
        return origin(sender, self.roles.role_id(record.function, fresh=True))
