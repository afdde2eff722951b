"""Requests made from docs/openapi.json find no 5xx, no undocumented answer, and none that breaks a schema."""

from pathlib import Path

import pytest

from local.client import Stack
from tests.fuzz.run import fuzz
from tests.fuzz.target import prepare

# For each operation; it takes about a minute. `make fuzz` goes on for as long as one likes.
EXAMPLES = 3


@pytest.fixture(scope="module")
def fuzzed(stack: Stack, state: Path) -> Stack:
    return prepare(stack, state)


def test_the_api_answers_as_its_document_says(fuzzed: Stack, tmp_path: Path) -> None:
    found = fuzz(fuzzed, tmp_path, f"--max-examples={EXAMPLES}", "--generation-deterministic")
    assert not found, "\n".join(found)
    # It is still there, and its data can be read.
    page = fuzzed.call("GET", "/executions")
    assert page.status == 200
    assert not page.body["unreadable"]
