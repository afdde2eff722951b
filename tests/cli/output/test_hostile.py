"""Whatever comes in, what comes out is an answer."""

import gzip
import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.cli.support.run import explain
from tests.support.hostile import HOSTILE
from tests.support.world.service import record_text

PIECES = st.sampled_from(
    [
        b"{", b"}", b"[", b"]", b",", b":", b'"', b"\\", b"\n", b" ", b"\x1f\x8b", b"\xff\xfe",
        b"\xef\xbb\xbf",
        b'"Records"', b'"Messages"', b'"body"', b'"messageId"', b'"s3"', b'"Sns"', b'"requestContext"',
        b'"responsePayload"', b'"errorMessage"', b'"stackTrace"', b'"invocationId"', b'"functionArn"',
        b'"TopicArn"', b'"Type"', b'"detail"', b'"detail-type"', b'"\\ud800"', b"1e999", b"NaN", b"null",
        b"-", b"\x00", record_text("r-1").encode(),
    ]
)  # fmt: skip
NAMES = st.sampled_from(
    [
        "Records", "Messages", "body", "Body", "messageId", "MessageId", "messageAttributes",
        "MessageAttributes", "RequestID", "ErrorCode", "stringValue", "eventSourceARN", "s3",
        "bucket", "name", "object", "key", "Sns", "Type", "TopicArn", "Message", "detail",
        "detail-type", "requestContext", "functionArn", "condition", "requestId", "responseContext",
        "statusCode", "responsePayload", "requestPayload", "errorMessage", "errorType",
        "stackTrace", "invocationId", "invocationError", "invocationResponse", "id", "function",
    ]
)  # fmt: skip
SHAPES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=5)
    | st.just(record_text("r-1")),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=5) | inner.map(json.dumps)
    ),
    max_leaves=15,
)


def answers(data: bytes) -> None:
    outcome = explain(data)
    assert outcome.code == (1 if [line for line in outcome.problems if "no records in it" not in line] else 0)
    for found in outcome.objects:
        assert isinstance(found["id"], str)
        assert found["succeeded"] is (found["category"] is None)


@given(st.binary(max_size=200) | st.lists(PIECES, max_size=25).map(b"".join))
@example(b"\x1f")
@example(b"\x1f\x8b")
@example(gzip.compress(b'{"errorMessage":"x"}')[:-1])
@example(b"\xef\xbb\xbf")
def test_arbitrary_bytes(data: bytes) -> None:
    answers(data)


@given(st.lists(SHAPES, max_size=3))
def test_arbitrary_shapes(values: list[object]) -> None:
    answers("\n".join(json.dumps(value) for value in values).encode())


@pytest.mark.parametrize("response", HOSTILE.values(), ids=HOSTILE)
def test_hostile_responses(response: str) -> None:
    answers(record_text("r-1", response=response).encode() + b"\n" + response[:100_000].encode())
