"""From what somebody has, a file or a pipe, to execution records.

source → lines → documents → contents → records. Each step passes on what it can't understand as a `Problem`,
and goes on.
"""

from collections.abc import Iterator
from typing import BinaryIO

from lambda_replay.domain.record import ExecutionRecord
from lambda_replay_cli.reading.contents import records
from lambda_replay_cli.reading.documents import Document, documents
from lambda_replay_cli.reading.place import Place, Problem
from lambda_replay_cli.reading.source import text_lines

__all__ = ["Place", "Problem", "read_records"]


def read_records(stream: BinaryIO) -> Iterator[ExecutionRecord | Problem]:
    """One after the other, as they are read: JSON Lines of any length need the memory of one line."""
    for document in documents(text_lines(stream)):
        if isinstance(document, Document):
            yield from records(document.text, document.place)
        else:
            yield document
