"""From a file or a pipe to execution records.

source → lines → documents → contents → records. Each step passes on what it can't understand as a `Problem`,
and goes on.
"""

from collections.abc import Iterator
from typing import BinaryIO

from lambda_replay.domain.intake.execution_record import ExecutionRecord
from lambda_replay_cli.explain.input.documents import Document, documents
from lambda_replay_cli.explain.input.location import Problem
from lambda_replay_cli.explain.input.records import records
from lambda_replay_cli.explain.input.source import text_lines


def read_records(stream: BinaryIO) -> Iterator[ExecutionRecord | Problem]:
    """One after the other, as they are read: JSON Lines of any length need the memory of one line."""
    for document in documents(text_lines(stream)):
        if isinstance(document, Document):
            yield from records(document.text, document.place)
        else:
            yield document
