"""`Alerts` as messages of the alert topic."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mypy_boto3_sns import SNSClient

# SNS: printable ASCII, fewer than 100 characters (API reference, Publish).
_LONGEST_SUBJECT = 99


@dataclass(frozen=True, slots=True)
class SnsAlerts:
    """`client` is made at the first use: most sweeps have nothing to tell."""

    client: Callable[[], "SNSClient"]
    topic: str

    def send(self, subject: str, text: str) -> None:
        self.client().publish(TopicArn=self.topic, Subject=_subject(subject), Message=text)


def _subject(text: str) -> str:
    printable = "".join(c if " " <= c <= "~" else "?" for c in text)
    return printable if len(printable) <= _LONGEST_SUBJECT else printable[: _LONGEST_SUBJECT - 3] + "..."
