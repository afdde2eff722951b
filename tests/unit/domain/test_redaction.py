"""What is secret is masked, what is not stays, in linear time."""

import json
import random
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambda_replay.domain.diagnosis import Diagnosis, Evidence, diagnose
from lambda_replay.domain.redaction import redact
from tests.support.secrets import MAKERS, Sample, samples, spelled

SAMPLES = list(samples())

# What messages are full of, and what everyone needs.
ORDINARY = [
    "8d1b6b3e-7f6f-4d5a-9a53-2f8a8f7d1a11",
    "00000000-0000-4000-8000-000000000001",
    "arn:aws:lambda:eu-west-1:123456789012:function:orders:42",
    "arn:aws:secretsmanager:eu-west-1:123456789012:secret:prod/db-AbCdEf",
    "arn:aws:iam::123456789012:role/service-role/orders-role-1a2b3c4d",
    "arn:aws:sts::123456789012:assumed-role/OrdersRole/orders",
    "arn:aws:states:eu-west-1:123456789012:execution:Orders:4e1a7c52-9a53-2f8a",
    "arn:aws:sqs:eu-west-1:123456789012:orders-password-reset",
    "2026-11-28T02:13:01.123456+00:00", "2026-11-28 02:13:01,123", "Sat, 28 Nov 2026 02:13:01 GMT",
    "1764296000", "1764296000123", "1764296000123456", "1764296000123456789", "20261128021301",
    "at handler (/var/task/index.js:42:17)", 'File "/var/task/app.py", line 1234, in handler',
    "orders.py:1234", "line 17 column 5 (char 4711)", "took 30000 ms", "10.0.12.255:5432", "v1.2.3-rc.4",
    "lodash@4.17.21", "@scope/pkg@1.2.3", "com.example.Orders@1a2b3c4d",
    "node:internal/process/task_queues:95",
    "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b", "e3b0c44298fc1c149afbf4c8996fb924",
    "/var/task/node_modules/express/lib/router", "s3://bucket/orders/2026/11/28/part-00001.parquet",
    "https://api.example.com:8443/v1/orders/4711?page=2&limit=50",
    "https://registry.example.com:4873/@scope/pkg",
    "Unexpected token < in JSON at position 0", "SyntaxError: Unexpected token: }", "max_tokens: 4096",
    "ExpiredToken: Request has expired", "InvalidSignature: Mismatch", "KeyError: 'password'",
    "Missing required key 'token' in params", "password: must not be blank",
    "the security token included in the request is invalid", "Bearer token is missing",
    "Basic authentication failed", "Secrets Manager can't find the specified secret.",
    "An error occurred (AccessDenied) when calling the GetSecretValue operation: no", "token=None",
    "Access denied for user 'app'@'10.0.0.1' (using password: YES)", "MaxReceiveCount: 5",
    "i-0123456789abcdef0",
    "Root=1-5e1b4151-5ac6c58f3f1a2b3c4d5e6f70", "49590338271490256608559692538361571095921575989136588898",
    "order 4539148803436468",
    "E11000 duplicate key error collection: shop.orders index: _id_ dup key: { _id: 1 }",
    "ECONNREFUSED 127.0.0.1:6379", "connect ETIMEDOUT 52.94.5.12:443", "0x7f8b1c2d3e4f", "HTTP 503",
    "errno 111",
    "x-amz-id-2: GmJdDFB1gTbXrQ3vtBzVNwTBkTjR1JxQzQ", "12345-67890", "1,234,567.89", "3.14159265358979",
]  # fmt: skip


def explained(message: str, error_type: str = "PaymentError") -> Diagnosis:
    response = json.dumps({"errorType": error_type, "errorMessage": message, "stackTrace": []})
    return diagnose(
        Evidence(
            function="orders",
            condition="RetriesExhausted",
            status_code=200,
            response=response,
            payload="{}",
            function_error="Unhandled",
        )
    )


def leaks(secret: str, text: str) -> set[str]:
    return {piece for piece in spelled(secret) if piece in text.replace("\n", " ")}


def test_there_are_hundreds_of_secrets() -> None:
    assert len({sample.message for sample in SAMPLES}) >= 350
    assert len(MAKERS) >= 15


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.name)
def test_a_secret_is_shown_nowhere(sample: Sample) -> None:
    """Neither in the message nor in what is made of it; and the fingerprint does not depend on it."""
    masked = redact(sample.message)
    assert not leaks(sample.secret, masked), masked
    assert redact(masked) == masked
    diagnosis = explained(sample.message)
    shown = f"{diagnosis.title} {diagnosis.reasons} {json.dumps(dict(diagnosis.fingerprint_parts))}"
    assert not leaks(sample.secret, shown), shown
    assert diagnosis.fingerprint == explained(sample.other).fingerprint


def test_what_stands_around_a_secret_stays() -> None:
    secret = "a1" * 16
    assert redact(f"GET /v1/orders?page=2&api_key={secret}&sort=id: 503") == (
        "GET /v1/orders?page=2&api_key=…&sort=id: 503"
    )
    assert redact(f"{{'user': 'joe', 'password': '{secret}', 'host': 'db1'}}") == (
        "{'user': 'joe', 'password': '…', 'host': 'db1'}"
    )
    assert (
        redact(f"postgres://app:{secret}@db1:5432/orders is down") == "postgres://…@db1:5432/orders is down"
    )
    assert redact("ask joe@example.com or +49 171 2345678") == "ask <email> or <phone>"
    assert redact(f"ÜBER PASSWORD={secret} İ") == "ÜBER PASSWORD=… İ"


@pytest.mark.parametrize("text", ORDINARY)
def test_what_is_no_secret_stays(text: str) -> None:
    for around in ("{}", "failed: {} (again)", "{{'id': '{}'}}", "id={}, next"):
        message = around.format(text)
        assert redact(message) == message


def test_ids_are_never_taken_for_secrets() -> None:
    """Numbers of sixteen digits with a valid checksum are, for that is what a card is: one in ten of those
    that begin as cards do."""
    source = random.Random(7)  # noqa: S311  # the same in every run
    for _ in range(2000):
        uuid = f"{source.getrandbits(128):032x}"
        text = (
            f"{uuid[:8]}-{uuid[8:12]}-4{uuid[13:16]}-a{uuid[17:20]}-{uuid[20:]} "
            f"{source.getrandbits(160):040x} {source.randint(10**12, 2 * 10**12)} "
            f"order-{source.randint(1, 10**9)} i-{source.getrandbits(68):017x}"
        )
        assert redact(text) == text


HOSTILE = [
    "a", "password=", "://a:", "a@", "a@a.", "eyJ", "4", "4 ", "4111 ", "-----BEGIN PRIVATE KEY-----", "+1 ",
    "Bearer ", '"password":"', '\\"password\\":\\"', "cookie: a=b;", "authorization: a ", "name:token,value:",
    "?key=a", "555-", "(555) ", "a,", "token ", "AKIA", "A1", "é", "a-", "--", "phone: 1 ", "pass", "key_",
    "'a ", "--password ", "a" * 60 + " ", "\\", "{", "password={", "=", " -u a:", "%3D", "\x00",
    "eyJabcdefgh.",
]  # fmt: skip


@pytest.mark.parametrize("piece", HOSTILE)
@pytest.mark.parametrize("start", ["", "password: "])
def test_a_megabyte_takes_linear_time(piece: str, start: str) -> None:
    """Eight times the text takes about eight times as long; a quadratic pattern would take 64."""

    small, large = (_timed(start + piece * (size // len(piece))) for size in (1 << 17, 1 << 20))
    assert large < 24 * small + 0.2, (small, large)


def _timed(text: str) -> float:
    begun = time.process_time()
    redact(text)
    return time.process_time() - begun


@given(st.text(max_size=300))
def test_any_text_is_taken(text: str) -> None:
    redact(text)


@given(
    st.lists(
        st.sampled_from(
            ["password", "=", ": ", "'", '"', "hunter2", " ", "token", "Bearer ", "@", "://", "a", "1234567",
             "&", "key", "<", ">", "…", "{", "}", ",", "cookie", "authorization", "basic ", "+", "-",
             "\\", "value",
             "name"]
        ),
        max_size=14,
    )
)  # fmt: skip
def test_a_masked_text_stays_as_it_is(pieces: list[str]) -> None:
    masked = redact("".join(pieces))
    assert redact(masked) == masked
