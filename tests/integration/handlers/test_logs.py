"""Log lines hold no secret, wherever the text of an error came from."""

import json

import pytest

from lambda_replay.adapters.dynamodb.shared.base_store import logged
from lambda_replay.adapters.logs import logger_of

SECRET = "postgres://app:hunter2-of-mine@db/orders"  # made up


def test_a_traceback_and_the_fields_beside_it_are_masked(capsys: pytest.CaptureFixture[str]) -> None:
    logger = logger_of("logs-under-test")
    try:
        int(SECRET)
    except ValueError:
        logger.exception("GET /v1?api_key=sk_of_mine_1234567890", extra={"seen": [SECRET]})
    line = capsys.readouterr().out
    assert "hunter2" not in line
    assert "sk_of_mine" not in line
    found = json.loads(line)
    assert (found["level"], found["service"]) == ("ERROR", "logs-under-test")
    assert "ValueError" in found["exception"]


def test_who_did_it_stays_readable(capsys: pytest.CaptureFixture[str]) -> None:
    """An audit that hides the person is none: session names of SSO are often e-mail addresses."""
    by = "arn:aws:sts::123456789012:assumed-role/on-call/ada@example.com"
    logger_of("audit-under-test").info("replayed", extra={"by": by})
    assert json.loads(capsys.readouterr().out)["by"] == by


def test_an_item_that_can_not_be_read_is_logged_without_its_secrets(caplog: pytest.LogCaptureFixture) -> None:
    logged("event-1", ValueError(f"no title: {SECRET}"))
    assert "event-1" in caplog.text
    assert "hunter2" not in caplog.text
