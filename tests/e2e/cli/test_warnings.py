"""What is said before anything is sent, on the deployed service with IAM enforced: that nothing will be
reported, that a name does not exist."""

from datetime import UTC, datetime

import pytest

from local.client import Stack
from tests.e2e.cli.test_jobs import FIXED, switched_off
from tests.support.shell import Shell

SILENT = "no destination: the outcome will not be reported"


@pytest.fixture
def mute(stack: Stack) -> str:
    """An alias of the source function; it takes no destination over."""
    client, name = stack.client("lambda"), stack.sources["Switch"]
    client.create_alias(FunctionName=name, Name="mute", FunctionVersion="$LATEST")
    return "mute"


def test_a_replay_that_nothing_reports_says_so_and_locks_nothing(
    stack: Stack, shell: Shell, mute: str
) -> None:
    begun = datetime.now(UTC).isoformat()
    [name] = switched_off(stack, 1, "mute")
    through = ("--qualifier", mute)

    [plan] = shell.rows("job", "plan", name, *through)
    target = f"{stack.sources['Switch']}:{mute}"
    assert [said for said in plan["warnings"] if said.endswith(f"{target}: {SILENT}")]
    [other] = shell.rows("job", "plan", name, "--qualifier", "$LATEST")
    assert not [said for said in other["warnings"] if "reported" in said]

    sent = shell.run("replay", name, *FIXED, *through)
    assert sent.code == 0, sent.err
    assert SILENT in sent.err
    [row] = sent.rows
    due = row["outcome_due_at"]
    [refused] = shell.rows("replay", name, *FIXED, *through, ends=3)
    assert refused["code"] == "replay_in_flight"
    assert f"due at {due[:19]}Z (outcome_due_at)" in refused["message"]
    assert "its outcome is due at" in shell.said("show", name, "-o", "table")
    [row] = shell.rows("replay", name, *FIXED, *through, "--force")
    assert (row["number"], row["status"]) == (2, "accepted")
    replays = stack.execution(name)["replays"]
    assert [attempt["status"] for attempt in replays] == ["unconfirmed", "accepted"]

    selected = ("--function", stack.sources["Switch"], "--from", begun)
    mistaken = ("--qualifier", "mutt", *FIXED)
    meant = f"has no alias or version mutt: did you mean {mute}?"
    switched_off(stack, 1, "mutt")
    assert meant in " ".join(shell.said("job", "plan", *selected, *mistaken, "-o", "table", ends=1).split())
    [refused] = shell.rows("replay", name, "--force", *mistaken, ends=3)
    assert (refused["code"], meant in refused["message"]) == ("qualifier_not_found", True)
    assert len(stack.execution(name)["replays"]) == 2
    policy = shell.run(
        "policy", "set", stack.sources["Switch"], "--category", "timeout", "--qualifier", "mutt"
    )
    assert (policy.code, meant in policy.err) == (3, True), policy.err
    watching = ("--yes", "--watch", "--every", "0.3", "--no-guard")
    *_, job = shell.rows("job", "start", *selected, *mistaken, *watching, "-o", "jsonl", ends=1)
    assert job["status"] == "halted"
    assert "nothing was sent: 1 rejected (qualifier_not_found 1)" in job["message"]


def test_names_that_do_not_exist(stack: Stack, shell: Shell) -> None:
    name = stack.sources["Switch"]
    switched_off(stack, 1, "names")
    nothing = shell.run("job", "plan", "--group", "0" * 32)
    assert (nothing.code, nothing.rows) == (1, [])
    assert "no group has this fingerprint" in nothing.err
    [plan] = shell.rows("job", "plan", "--function", f"{name}h", ends=1)
    assert f"did you mean {name}?" in plan["warnings"][0]
    for function, said in ((f"{name}h", "there is no function"), (name[1:], "ReplayableFunctions")):
        refused = shell.run("policy", "set", function, "--category", "timeout")
        assert refused.code == 3
        assert said in refused.err
        assert f"did you mean {name}" in refused.err
