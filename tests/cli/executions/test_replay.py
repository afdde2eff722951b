"""`replay`: what is sent, what is waited for, and how it ends."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from lambda_replay_cli.executions import wait
from lambda_replay_cli.executions.wait import Sent, outcomes
from tests.cli.support.api_server import Api, Asked, connected, served
from tests.cli.support.objects import detail, execution, failure, replay
from tests.cli.support.run import run


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Iterator[Api]:
    monkeypatch.setattr(wait, "_FIRST_PAUSE", 0.001)
    with served() as api, connected(api):
        yield api


def accepts(api: Api, identity: str, number: int = 1, *warnings: str) -> None:
    answer = {"execution": execution(identity), "replay": replay(number=number), "warnings": list(warnings)}
    api.says("POST", f"/executions/{identity}/replay", answer, 202)


def ends(api: Api, identity: str, *statuses: str) -> None:
    """The replay's status, look after look; the last one stays."""
    left = list(statuses)

    def answer(_asked: Asked) -> tuple[int, object]:
        status = left.pop(0) if len(left) > 1 else left[0]
        failed = failure(title="boom again") if status == "failed" else None
        return 200, detail(identity, replays=[replay(status, failure=failed)])

    api.answers["GET", f"/executions/{identity}"] = answer


def test_the_options_are_in_the_request(api: Api, tmp_path: Path) -> None:
    accepts(api, "a")
    patch = tmp_path / "patch.json"
    patch.write_text('[{"op": "remove", "path": "/x"}]')
    options = ["--qualifier", "live", "--target", "orders-2", "--force", "--reason", "why"]
    (row,) = run("replay", "a", "--patch", str(patch), *options).objects
    assert (row["id"], row["status"], row["number"], row["request_id"]) == ("a", "accepted", 1, "run-1")
    assert api.asked[0].body == {
        "mode": "force", "qualifier": "live", "function": "orders-2", "reason": "why",
        "patch": [{"op": "remove", "path": "/x"}],
    }  # fmt: skip
    run("replay", "a", "--patch", '{"x": null}')
    assert api.asked[1].body == {"mode": "if_not_replayed", "patch": {"x": None}}


def test_a_lost_answer_is_asked_for_again_under_the_same_key(api: Api) -> None:
    """The same key never starts a second replay."""
    answers = iter([(504, {"message": "timed out"}), (202, {"execution": {}, "replay": replay()})])
    api.answers["POST", "/executions/a/replay"] = lambda _asked: next(answers)
    assert run("replay", "a").code == 0
    keys = [asked.headers["idempotency-key"] for asked in api.asked]
    assert len(keys) == 2
    assert len(set(keys)) == 1


def test_each_execution_has_a_key_of_its_own_and_is_replayed_once(api: Api) -> None:
    accepts(api, "a")
    accepts(api, "b")
    assert [row["id"] for row in run("replay", "a", "b", "a").objects] == ["a", "b"]
    assert len({asked.headers["idempotency-key"] for asked in api.asked}) == 2


@pytest.mark.parametrize(
    ("status", "code"), [("succeeded", 0), ("unconfirmed", 0), ("failed", 1), ("uncertain", 1)]
)
def test_waiting_ends_as_the_replay_does(api: Api, status: str, code: int) -> None:
    accepts(api, "a")
    ends(api, "a", "accepted", "accepted", status)
    outcome = run("replay", "a", "--wait")
    assert (outcome.code, outcome.objects[0]["status"]) == (code, status)


def test_one_of_several_that_failed_again_is_a_no_and_says_with_what(api: Api) -> None:
    for identity, status in (("a", "succeeded"), ("b", "failed")):
        accepts(api, identity)
        ends(api, identity, status)
    outcome = run("replay", "a", "b", "--wait", "-o", "table")
    assert outcome.code == 1
    assert "boom again" in outcome.out


def test_one_that_is_refused_does_not_stop_the_others(api: Api) -> None:
    api.refuses("POST", "/executions/a/replay", 409, "already_recovered", "it has recovered")
    accepts(api, "b")
    ends(api, "b", "succeeded")
    outcome = run("replay", "a", "b", "--wait")
    assert outcome.code == 3
    assert [(row["id"], row["status"], row["code"]) for row in outcome.objects] == [
        ("a", "refused", "already_recovered"),
        ("b", "succeeded", None),
    ]


def test_without_permission_nothing_more_is_tried(api: Api) -> None:
    api.says("POST", "/executions/a/replay", {"message": "not authorized"}, 403)
    outcome = run("replay", "a", "b")
    assert (outcome.code, len(api.asked)) == (3, 1)
    assert "OperatorPolicyArn" in outcome.err


def test_patience_ends_without_an_outcome(api: Api) -> None:
    accepts(api, "a")
    ends(api, "a", "accepted")
    outcome = run("replay", "a", "--wait", "--timeout", "0s")
    assert outcome.code == 1
    assert outcome.objects[0]["message"] == "no outcome yet; due at 2026-01-31T16:20:00Z"


def test_who_waits_long_asks_less_often(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wait, "_FIRST_PAUSE", 0.5)
    ends(api, "a", "accepted")
    now, pauses = [0.0], []

    def pause(seconds: float) -> None:
        pauses.append(seconds)
        now[0] += seconds

    found = list(
        outcomes(api.service(), [Sent("a", 1)], timedelta(minutes=15), clock=lambda: now[0], pause=pause)
    )
    assert found[0][1]["status"] == "accepted"
    assert pauses[0] == 0.5
    assert max(pauses) == 10.0
    assert len(api.asked) < 110


def test_a_network_that_is_away_for_a_while_is_waited_for(api: Api) -> None:
    looks = iter([500] * 9 + [200])  # each look is tried three times
    ended = {"replays": [replay(status="succeeded")]}
    api.answers["GET", "/executions/a"] = lambda _asked: (next(looks), ended)
    [(_, found)] = outcomes(
        api.service(), [Sent("a", 1)], timedelta(minutes=15), clock=lambda: 0.0, pause=lambda _: None
    )
    assert found["status"] == "succeeded"
    assert len(api.asked) == 10


@pytest.mark.parametrize(("status", "code"), [(503, 3), (403, 3)])
def test_when_waiting_ends_the_output_says_that_the_replay_continues(
    api: Api, status: int, code: int
) -> None:
    accepts(api, "a")
    api.says("GET", "/executions/a", {"message": "no"}, status)
    outcome = run("replay", "a", "--wait", "--timeout", "0s")
    assert outcome.code == code
    assert "a: replay 1 goes on" in outcome.err


def test_what_has_ended_is_not_said_to_go_on(api: Api) -> None:
    accepts(api, "a")
    accepts(api, "b")
    ends(api, "a", "succeeded")
    api.says("GET", "/executions/b", {"message": "The security token has expired"}, 403)
    outcome = run("replay", "a", "b", "--wait")
    assert outcome.code == 3
    assert [row["id"] for row in outcome.objects] == ["a"]
    assert "b: replay 1 goes on" in outcome.err
    assert "a: replay 1 goes on" not in outcome.err


def test_ctrl_c_leaves_the_replay_running(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> Iterator[None]:
        raise KeyboardInterrupt
        yield

    monkeypatch.setattr(wait, "outcomes", interrupted)
    accepts(api, "a")
    outcome = run("replay", "a", "--wait")
    assert outcome.code == 130
    assert "a: replay 1 goes on" in outcome.err


@pytest.mark.parametrize("options", [[], ["--wait"], ["-o", "table"], ["-o", "table", "--wait"]])
def test_what_was_sent_is_reported_when_the_rest_can_not_be(api: Api, options: list[str]) -> None:
    accepts(api, "sent")
    api.says("POST", "/executions/b/replay", {"message": "The security token has expired"}, 403)
    outcome = run("replay", "sent", "b", *options)
    assert outcome.code == 3
    assert "sent" in outcome.out + outcome.err.partition("expired")[0]


@pytest.mark.parametrize(("code", "tries"), [("outcome_uncertain", 1), ("internal_error", 3)])
def test_what_may_have_been_sent_is_not_called_refused(api: Api, code: str, tries: int) -> None:
    api.refuses("POST", "/executions/a/replay", 502, code, "repeat it with the same Idempotency-Key")
    outcome = run("replay", "a")
    [row] = outcome.objects
    assert (outcome.code, row["status"], row["code"]) == (1, "uncertain", code)
    assert "may or may not have been sent" in row["message"]
    assert len(api.asked) == tries


def test_a_dry_run_sends_nothing_and_says_no_when_it_would_be_refused(api: Api) -> None:
    preview = {
        "dry_run": True, "execution": execution("a"), "target": "t", "would_replay": True, "refusal": None,
        "message": None, "changes": [{"path": "/x"}],
    }  # fmt: skip
    api.says("POST", "/executions/a/replay", preview)
    outcome = run("replay", "a", "--dry-run")
    assert (outcome.code, outcome.objects) == (0, [preview])
    assert api.asked[0].body["dry_run"] is True
    refused = {**preview, "would_replay": False, "refusal": "payload_missing"}
    api.says("POST", "/executions/a/replay", refused)
    assert run("replay", "a", "--dry-run").code == 1


def test_ids_come_from_a_pipe(api: Api) -> None:
    accepts(api, "a")
    accepts(api, "b")
    listed = "".join(json.dumps(execution(each)) + "\n" for each in ("a", "b"))
    assert [row["id"] for row in run("replay", "-", given=listed).objects] == ["a", "b"]


@pytest.mark.parametrize(
    "words", [["a", "--dry-run", "--wait"], ["a", "--patch", "{"], ["a", "--timeout", "soon"], []]
)
def test_usage_errors_come_before_anything_is_asked(api: Api, words: list[str]) -> None:
    assert (run("replay", *words).code, api.asked) == (2, [])


SILENT = "orders: no destination: the outcome will not be reported"


def test_warnings_are_said_once_and_stand_in_every_row(api: Api) -> None:
    for identity in ("a", "b"):
        accepts(api, identity, 1, SILENT)
        ends(api, identity, "unconfirmed")
    outcome = run("replay", "a", "b")
    assert [row["warnings"] for row in outcome.objects] == [[SILENT], [SILENT]]
    assert outcome.problems == [f"lambda-replay: a: {SILENT}"]
    assert {row["outcome_due_at"] for row in outcome.objects} == {"2026-01-31T16:20:00Z"}
    outcome = run("replay", "a", "b", "--wait")
    assert [row["warnings"] for row in outcome.objects] == [[SILENT], [SILENT]]
    assert outcome.problems == [f"lambda-replay: a: {SILENT}"]


def test_a_dry_run_warns_too(api: Api) -> None:
    preview = {
        "dry_run": True, "execution": execution("a"), "target": "t", "would_replay": True, "refusal": None,
        "message": None, "warnings": [SILENT], "changes": None,
    }  # fmt: skip
    api.says("POST", "/executions/a/replay", preview)
    outcome = run("replay", "a", "--dry-run")
    assert (outcome.code, outcome.problems) == (0, [f"lambda-replay: a: {SILENT}"])


def test_never_can_be_left_out(api: Api) -> None:
    api.refuses("POST", "/executions/a/replay", 409, "verdict_never", "its verdict is never")
    outcome = run("replay", "a", "--skip-never")
    assert (outcome.code, outcome.objects[0]["code"]) == (3, "verdict_never")
    assert api.asked[0].body == {"mode": "if_not_replayed", "skip_never": True}


def test_show_says_when_the_outcome_is_due(api: Api) -> None:
    replays = [replay("failed", 1, failure=failure()), replay("accepted", 2)]
    api.says("GET", "/executions/a", detail("a", status="replaying", replays=replays))
    assert "replay 2 is under way; its outcome is due at " in run("show", "a", "-o", "table").out
    replays = [replay("claimed", 1, outcome_due_at=None)]
    api.says("GET", "/executions/a", detail("a", status="replaying", replays=replays))
    assert "replay 1 is under way; it is being sent" in run("show", "a", "-o", "table").out
    api.says("GET", "/executions/a", detail("a", replays=[replay("failed", 1, failure=failure())]))
    assert "under way" not in run("show", "a", "-o", "table").out
