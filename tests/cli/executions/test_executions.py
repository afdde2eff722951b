"""`list`, `show`, `payload`: what is asked of the API, and what is made of its answers."""

import csv
import io
import json
import shlex
from collections.abc import Iterator
from typing import Any

import pytest

from lambda_replay.domain.category import Verdict
from lambda_replay.domain.executions.execution import ExecutionStatus
from lambda_replay_cli.executions.next_steps import next_steps
from lambda_replay_cli.main import app
from tests.cli.support.api_server import Api, Asked, connected, served
from tests.cli.support.objects import FINGERPRINT, ID, detail, execution, failure, replay
from tests.cli.support.run import run


@pytest.fixture
def api() -> Iterator[Api]:
    with served() as api, connected(api):
        yield api


def listed(api: Api, *identities: str) -> None:
    api.says("GET", "/executions", {"executions": [execution(each) for each in identities], "cursor": None})


def test_every_filter_reaches_the_api(api: Api) -> None:
    listed(api, ID)
    given = {
        "function": "orders", "group": FINGERPRINT, "category": "timeout", "verdict": "as_is",
        "status": "failed", "error-type": "Key Error+&=", "from": "2026-01-30T09:00:00Z",
        "to": "2026-01-31T09:00:00Z",
    }  # fmt: skip
    options = [word for name, value in given.items() for word in (f"--{name}", value)]
    assert run("list", *options, "--limit", "7").objects == [execution()]
    assert api.asked[0].query == {**{k.replace("-", "_"): v for k, v in given.items()}, "limit": "7"}


def test_calls_are_signed_for_the_api(api: Api) -> None:
    listed(api, ID)
    run("list")
    assert "/eu-west-1/execute-api/aws4_request" in api.asked[0].headers["authorization"]


def test_pages_are_asked_for_until_there_are_enough(api: Api) -> None:
    """A page may be empty and still not be the last one."""
    pages = {None: (["a", "b"], "1"), "1": ([], "2"), "2": (["c", "d"], "3")}

    def answer(asked: Asked) -> tuple[int, object]:
        identities, cursor = pages[asked.query.get("cursor")]
        return 200, {"executions": [execution(each) for each in identities], "cursor": cursor}

    api.answers["GET", "/executions"] = answer
    assert [row["id"] for row in run("list", "--limit", "3").objects] == ["a", "b", "c"]
    assert len(api.asked) == 3


def test_a_list_that_was_cut_says_that_there_may_be_more(api: Api) -> None:
    """Also in a pipe, where what follows would take the newest for all."""
    listed(api, "a", "b")
    assert run("list", "--limit", "2").problems == ["lambda-replay: the newest 2: --limit 0 lists all"]
    assert run("list", "--limit", "3").problems == []


def test_nothing_found_is_a_no(api: Api) -> None:
    listed(api)
    outcome = run("list")
    assert (outcome.code, outcome.out, outcome.problems) == (1, "", ["lambda-replay: no executions match"])


def test_what_the_service_can_not_read_is_named_beside_the_rows(api: Api) -> None:
    unreadable = ["u-1\x1b[2J", *(f"u-{number}" for number in range(2, 8))]
    page = {"executions": [execution(ID)], "cursor": None, "unreadable": unreadable}
    api.says("GET", "/executions", page)
    outcome = run("list")
    assert (outcome.code, outcome.objects) == (0, [execution(ID)])
    assert "can't read them (its log says why): u-1" in outcome.err
    assert "u-5 and 2 more" in outcome.err
    assert "\x1b" not in outcome.err


def test_what_polls_names_an_unreadable_item_once(api: Api, capsys: pytest.CaptureFixture[str]) -> None:
    api.says("GET", "/executions", {"executions": [], "cursor": None, "unreadable": ["u-1"]})
    service = api.service()
    assert [list(service.pages("/executions", "executions")) for _ in range(3)] == [[], [], []]
    assert capsys.readouterr().err.count("u-1") == 1


def test_the_same_rows_as_json_csv_and_a_table(api: Api) -> None:
    listed(api, "a", "b")
    assert json.loads(run("list", "-o", "json").out) == [execution("a"), execution("b")]
    rows = list(csv.DictReader(io.StringIO(run("list", "-o", "csv").out)))
    assert [(row["id"], row["failure.title"], row["poisoned"]) for row in rows] == [
        ("a", "KeyError: 'TABLE_NAME'", "no"),
        ("b", "KeyError: 'TABLE_NAME'", "no"),
    ]
    table = run("list", "-o", "table").out
    assert "KeyError: 'TABLE_NAME'" in table
    assert "\x1b" not in table


@pytest.mark.parametrize("width", [40, 80, 120, 200])
def test_a_table_fits_the_terminal(api: Api, width: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    long = failure(title="ValueError: " + "much too long " * 20, category="transient_dependency")
    rows = [execution(failure=long, function="orders-" * 9), execution("x", failure=long)]
    api.says("GET", "/executions", {"executions": rows, "cursor": None})
    lines = run("list", "-o", "table").out.splitlines()
    assert max(map(len, lines)) <= width
    assert len(lines) == 4, "a line for each, below heading and rule"
    if width >= 80:
        assert lines[2].startswith(f"{ID[:8]} ")
        assert "orders-o" in lines[2]
        assert "ValueError" in lines[2]


def test_a_terminal_obeys_nothing_in_a_title(api: Api) -> None:
    hostile = failure(title="\x1b[2J[red]gone[/red] \u202eabc\nx")
    api.says("GET", "/executions", {"executions": [execution(failure=hostile)], "cursor": None})
    table = run("list", "-o", "table").out
    assert "[red]gone[/red]" in table
    assert not {"\x1b", "\u202e"} & set(table)


def test_times_that_are_none_are_named_before_anything_is_asked(api: Api) -> None:
    outcome = run("list", "--from", "soon")
    assert (outcome.code, api.asked) == (2, [])
    assert "'soon' is no time" in outcome.err


def test_an_execution_is_shown_with_its_own_frames_standing_out(api: Api) -> None:
    ended = replay("failed", failure=failure(title="boom again"))
    api.says("GET", f"/executions/{ID}", detail(replays=[ended, replay("succeeded", 2)]))
    shown = run("show", ID, "-o", "table").out
    assert "> /var/task/orders.py:12 in handler" in shown
    assert '      table = os.environ["TABLE_NAME"]' in shown
    assert "  /var/lang/lib/python3.13/os.py:714 in __getitem__" in shown
    assert "raise KeyError(key)" not in shown
    for words in ("KeyError: 'TABLE_NAME'", "boom again", "succeeded", "ann", "fixed in v8", "2026-0"):
        assert words in shown
    assert run("show", ID).objects == [detail(replays=[ended, replay("succeeded", 2)])]


def test_an_execution_whose_record_is_gone_is_shown(api: Api) -> None:
    api.says("GET", f"/executions/{ID}", detail(error=None, payload=None, unreplayable="payload_missing"))
    shown = run("show", ID, "-o", "table").out
    assert "no longer stored" in shown
    assert "payload_missing" in shown


def test_a_message_of_megabytes_leaves_room_for_the_rest(api: Api) -> None:
    found = detail()
    found["error"]["message"] = "x" * 1_000_000
    api.says("GET", f"/executions/{ID}", found)
    shown = run("show", ID, "-o", "table").out
    assert len(shown) < 5_000
    assert "998000 more characters" in shown


def test_no_such_execution_is_a_no_in_one_line(api: Api) -> None:
    api.refuses("GET", "/executions/x y", 404, "execution_not_found", "x y: no such execution")
    outcome = run("show", "x y")
    assert outcome.code == 1
    assert outcome.problems == ["lambda-replay: x y: no such execution (execution_not_found)"]


@pytest.mark.parametrize(
    ("status", "body", "code", "words"),
    [
        (403, {"error": {"code": "not_allow_listed", "message": "m"}}, 3, "m (not_allow_listed)"),
        (403, {"message": "User is not authorized"}, 3, "OperatorPolicyArn"),
        (400, {"error": {"code": "invalid_request", "message": "limit: too many"}}, 2, "limit: too many"),
        (200, b"<html>", 3, "does not answer with JSON"),
        (404, b"<html>no</html>", 3, "<html>no</html>"),
    ],
)
def test_refusals_end_in_a_line_and_a_code(
    api: Api, status: int, body: object, code: int, words: str
) -> None:
    api.says("GET", "/executions", body, status)
    outcome = run("list")
    assert outcome.code == code
    assert words in outcome.err
    assert len(outcome.problems) == 1


def test_reading_is_tried_again_when_the_gateway_stumbles(api: Api) -> None:
    answers = iter([(503, {"message": "unavailable"}), (200, {"executions": [execution()], "cursor": None})])
    api.answers["GET", "/executions"] = lambda _asked: next(answers)
    assert len(run("list").objects) == 1


def test_what_the_service_itself_refuses_is_not_asked_again(api: Api) -> None:
    api.refuses("GET", "/executions", 500, "internal")
    assert run("list").code == 3
    assert len(api.asked) == 1


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (replay("accepted", durable_execution="a-1-b"), "Lambda is asked how it ended"),
        (replay("claimed", durable_execution="a-1-b", outcome_due_at=None), "sent again under that name"),
    ],
)
def test_a_durable_execution_is_named(api: Api, found: dict[str, Any], said: str) -> None:
    api.says("GET", f"/executions/{ID}", detail(replays=[found]))
    shown = " ".join(run("show", ID, "-o", "table").out.split())
    assert "the durable execution a-1-b" in shown
    assert said in shown


@pytest.mark.parametrize("payload", [b' {"a":1.10,"a":1e400}\r\n', b"null", b'"\xce\xbb\\u0000"'])
def test_a_payload_comes_byte_for_byte(api: Api, payload: bytes) -> None:
    api.says("GET", f"/executions/{ID}/payload", payload)
    assert run("payload", ID).raw == payload


def test_the_error_as_it_came_is_asked_for_by_name(api: Api) -> None:
    shown = detail()
    api.says("GET", f"/executions/{ID}", shown)
    api.says("GET", f"/executions/{ID}/error", {**shown["error"], "message": "password=correct-horse"})
    assert "correct-horse" not in run("show", ID, "-o", "table").out
    assert len(api.asked) == 1
    assert "correct-horse" in run("show", ID, "--full", "-o", "table").out


def test_events_are_forgotten_one_by_one(api: Api) -> None:
    stone = {"at": "2026-01-31T09:00:00Z", "by": "ann", "reason": "erasure request"}
    api.says("DELETE", "/executions/a/payload", execution("a", forgotten=stone))
    api.refuses("DELETE", "/executions/b/payload", 409, "replay_in_flight", "a replay is under way")
    outcome = run("forget", "a", "b", "--yes", "--reason", "erasure request")
    assert (outcome.code, [one["id"] for one in outcome.objects]) == (3, ["a"])
    assert "a replay is under way" in outcome.err
    assert [one.body for one in api.asked] == [{"reason": "erasure request"}] * 2


def test_nothing_is_forgotten_unasked(api: Api) -> None:
    outcome = run("forget", "a", "--reason", "erasure request")
    assert outcome.code == 2
    assert "--yes" in outcome.err
    assert run("forget", "a", "--yes").code == 2
    assert not api.asked


def test_a_tombstone_is_shown(api: Api) -> None:
    stone = {"at": "2026-01-31T09:00:00Z", "by": "ann", "reason": "erasure request"}
    api.says(
        "GET", f"/executions/{ID}", detail(forgotten=stone, unreplayable="payload_forgotten", error=None)
    )
    shown = run("show", ID, "-o", "table").out
    assert "by ann: erasure request" in shown
    assert "payload_forgotten" in shown


def test_a_payload_that_is_gone_is_a_no(api: Api) -> None:
    api.refuses("GET", f"/executions/{ID}/payload", 410, "payload_expired")
    assert run("payload", ID).code == 1


def test_executions_are_left_alone_and_taken_up_again(api: Api) -> None:
    api.says("POST", "/executions/a/ignore", execution("a", status="ignored"))
    api.refuses("POST", "/executions/b/ignore", 409, "replay_in_flight", "a replay is under way")
    outcome = run("ignore", "a", "b", "a", "--reason", "test", "--until", "2999-01-01T00:00:00Z")
    assert (outcome.code, outcome.objects) == (3, [execution("a", status="ignored")])
    assert outcome.problems == ["lambda-replay: b: a replay is under way (replay_in_flight)"]
    assert api.asked[0].body == {"reason": "test", "until": "2999-01-01T00:00:00Z"}
    assert len(api.asked) == 2
    api.says("POST", "/executions/a/reopen", execution("a"))
    assert run("reopen", "-", given='{"id": "a"}\n').objects == [execution("a")]
    assert run("ignore", "a").code == 2


@pytest.mark.parametrize(
    ("changes", "commands"),
    [
        (
            {"verdict": "as_is"},
            [f"lambda-replay replay {ID} --wait", "lambda-replay job plan --group 4f1c9a02"],
        ),
        (
            {"verdict": "after_fix"},
            [
                f"lambda-replay pull {ID} --pytest",
                f'lambda-replay replay {ID} --wait --reason "fixed in …"',
                "lambda-replay job start --group 4f1c9a02 --ramp --watch",
            ],
        ),
        ({"verdict": "after_fix", "error": None}, [f"lambda-replay pull {ID}"]),
        ({"verdict": "never"}, [f"lambda-replay replay {ID} --dry-run --patch '{{…}}'"]),
        ({"status": "recovered"}, []),
        ({"status": "replaying"}, [f"lambda-replay show {ID}"]),
        ({"status": "unconfirmed"}, ["lambda-replay attach orders --confirm-success"]),
        ({"status": "ignored"}, [f"lambda-replay reopen {ID}"]),
        ({"unreplayable": "payload_missing"}, [f"lambda-replay ignore {ID} --reason"]),
        ({"poisoned": True}, [f"lambda-replay pull {ID} --pytest", f"lambda-replay ignore {ID} --reason"]),
    ],
)
def test_an_execution_ends_with_what_to_do_next(
    api: Api, changes: dict[str, object], commands: list[str]
) -> None:
    reported: dict[str, Any] = {name: value for name, value in changes.items() if name == "verdict"}
    others: dict[str, Any] = {name: value for name, value in changes.items() if name != "verdict"}
    api.says("GET", f"/executions/{ID}", detail(failure=failure(**reported), **others))
    shown = run("show", ID, "-o", "table").out
    following = shown.partition("\nnext\n")[2].splitlines()
    assert bool(following) == bool(commands)
    for command in commands:
        assert [line for line in following if line.strip().startswith(command)], following


@pytest.mark.parametrize("verdict", Verdict)
@pytest.mark.parametrize("status", ExecutionStatus)
def test_every_next_step_is_a_command_that_there_is(verdict: Verdict, status: ExecutionStatus) -> None:
    known = {each.name for each in app.registered_commands} | {"job"}
    for command, why in next_steps(detail(status=status, failure=failure(verdict=verdict))):
        words = shlex.split(command)
        assert (words[0], words[1] in known, bool(why)) == ("lambda-replay", True, True)
        options = [word for word in words if word.startswith("--")]
        text = run(*words[1 : 3 if words[1] == "job" else 2], "--help").out
        assert [option for option in options if option not in text] == []


def test_why_an_execution_is_replayed_only_by_its_id_is_shown(api: Api) -> None:
    contested = [{"other": f"{ID}.0123456789abcdef", "differs": ["function", "payload"]}]
    run_of = {"execution_id": "event-3", "number": 2}
    found = detail(ID, contested=contested, probable_run_of=run_of, origin="unverified")
    api.says("GET", f"/executions/{ID}", found)
    screen = " ".join(run("show", ID, "-o", "table").out.split())
    assert "another function and payload" in screen
    assert f"{ID}.0123456789abcdef" in screen
    assert "probably the run of replay 2 of event-3" in screen
    assert f"lambda-replay confirm {ID}" in screen
    assert "origin unverified" in screen


def test_a_probable_run_is_confirmed_with_a_reason(api: Api) -> None:
    api.says("POST", "/executions/stray/confirm", detail(ID))
    assert run("confirm", "stray", "--reason", "same order").objects == [detail(ID)]
    assert api.asked[0].body == {"reason": "same order"}
