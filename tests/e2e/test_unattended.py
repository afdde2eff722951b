"""Automatic replays on the deployed service: nobody presses a button."""

from local.client import Stack, wait_until
from tests.e2e.test_groups import sweep


def test_a_failure_is_replayed_by_itself(stack: Stack, left_to_itself: str) -> None:
    def is_recovered() -> bool:
        sweep(stack)
        return bool(stack.execution(left_to_itself)["status"] == "recovered")

    wait_until(is_recovered, "an automatic replay that recovers", patience=240)
    [replay] = stack.execution(left_to_itself)["replays"]
    assert (replay["trigger"], replay["by"]) == ("automatic", "lambda-replay:automatic")
    assert replay["target"].endswith(":replay")
    assert stack.execution(left_to_itself)["origin"] == "verified"
    functions = stack.call("GET", "/functions", query={"limit": "100"}).body["functions"]
    [buggy] = [one for one in functions if one["function"] == stack.sources["Buggy"]]
    assert buggy["breaker"]["state"] == "closed"


def test_what_others_sent_waits_for_a_person(stack: Stack, left_to_itself: str, forged: str) -> None:
    """The queue takes it, and SQS says who sent it; the true one has been replayed by now."""
    assert stack.execution(left_to_itself)["replays"]
    execution = stack.execution(forged)
    assert (execution["origin"], execution["failure"]["category"]) == ("unverified", "throttling")
    assert (execution["replays"], execution["retry_at"]) == ([], None)
