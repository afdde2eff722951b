"""What the API says about a request is told with the options that were given, not with its fields."""

import pytest

from lambda_replay.domain.refusals import MEANING
from lambda_replay_cli.client.option_names import in_cli_words
from tests.cli.support.api_server import connected, served
from tests.cli.support.run import run


@pytest.mark.parametrize(
    ("message", "said"),
    [
        ("filter.error_type: String should have at least 1 character", "--error-type: String"),
        ("filter.function: expected a name", "--function: expected a name"),
        ("function: expected a function's name", "--target: expected a function's name"),
        ("function (query): String", "--function: String"),
        ("limit (query): Input", "--limit: Input"),
        ("patience_seconds: no; rate: too high", "--timeout: no; --rate: too high"),
        ("guard.failed_share: no", "--guard-share: no"),
        ("by_category.timeout.attempts: no", "--except-category: no"),
        ("ids.0: an execution's id is", "an id: an execution's id is"),
        ("fingerprint (path): a group's", "the group: a group's"),
        ("from: must be before to", "--from: must be before to"),
        ("expected exactly one of filter and ids", "expected exactly one of filter and ids"),
        ("the sentence goes on: like this", "the sentence goes on: like this"),
    ],
)
def test_fields_are_options(message: str, said: str) -> None:
    assert in_cli_words("invalid_request", message).startswith(said)


@pytest.mark.parametrize("message", MEANING.values())
def test_no_refusal_speaks_of_a_field_of_the_api(message: str) -> None:
    assert "mode '" not in in_cli_words("already_recovered", message)


def test_what_is_no_complaint_about_a_request_is_left_alone() -> None:
    assert in_cli_words("policy_invalid", "orders: no such category") == "orders: no such category"


def test_a_refusal_is_reported_with_the_option() -> None:
    with served() as api, connected(api):
        api.refuses("POST", "/executions/event-1/replay", 409, "already_recovered", MEANING_OF_RECOVERED)
        api.refuses("GET", "/executions", 400, "invalid_request", "from: must be before to")
        assert "--force runs it again" in run("replay", "event-1").out
        assert "--from: must be before to (invalid_request)" in run("list").err


MEANING_OF_RECOVERED = next(text for reason, text in MEANING.items() if reason == "already_recovered")
