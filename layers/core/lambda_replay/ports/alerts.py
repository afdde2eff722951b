"""Alerts to people, and counts as metrics."""

from collections.abc import Callable
from enum import StrEnum
from typing import Protocol


class Alerts(Protocol):
    def send(self, subject: str, text: str) -> None:
        """Publish a message to those who subscribed: `subject` is one line."""


class Count(StrEnum):
    """What is counted, by the names of the metrics."""

    FAILURE_STORED = "FailureStored"
    FAILURE_DUPLICATE = "FailureDuplicate"
    MESSAGE_REFUSED = "MessageRefused"
    MESSAGE_OVERDUE = "MessageOverdue"
    RECORD_LEFT_TO_OTHERS = "RecordLeftToOthers"
    RULES_REFUSED = "RulesRefused"
    ALERT_SENT = "AlertSent"
    SUCCESS_UNCLAIMED = "SuccessUnclaimed"
    RECORD_CONTESTED = "RecordContested"
    REPLAY_ACCEPTED = "ReplayAccepted"
    REPLAY_REJECTED = "ReplayRejected"
    REPLAY_UNCERTAIN = "ReplayUncertain"
    REPLAY_RECOVERED = "ReplayRecovered"
    REPLAY_FAILED_AGAIN = "ReplayFailedAgain"
    REPLAY_UNCONFIRMED = "ReplayUnconfirmed"
    JOB_STALLED = "JobStalled"
    ITEM_UNREADABLE = "ItemUnreadable"


Counter = Callable[[Count], None]
