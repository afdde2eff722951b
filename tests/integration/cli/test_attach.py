"""`attach`: what it changes in an account, and what it leaves."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from lambda_replay_cli.attachments.apply import PlanExecutor, carry_out
from lambda_replay_cli.attachments.change import Attaching
from lambda_replay_cli.attachments.functions import FunctionRef, Lookup
from lambda_replay_cli.attachments.plan import attaching
from lambda_replay_cli.attachments.roles import Roles
from tests.cli.support.account import FUNCTIONS, Account, refusal, signed_in
from tests.cli.support.api_server import served
from tests.cli.support.attaching import OTHER, attach, detach, failure
from tests.cli.support.run import run

pytestmark = pytest.mark.usefixtures("aws")


@pytest.fixture
def account(aws: None) -> Iterator[Account]:
    with served() as api, signed_in(Account(api=api)) as account:
        api.says("GET", "/executions", {"executions": [], "cursor": None})
        yield account


def test_a_function_gets_the_destination_and_its_role_the_permission(account: Account) -> None:
    account.function("orders")
    outcome = attach("orders")
    assert outcome.code == 0, outcome.err
    assert failure(account, "orders") == account.queue
    assert account.policies("orders-role") == ["source"]
    [row] = outcome.objects
    assert (row["change"], row["policy"], row["error"]) == ("changes", "given", None)
    assert row["before"]["on_failure"] is None
    assert row["after"]["on_failure"] == account.queue


def test_what_was_configured_stays(account: Account) -> None:
    account.function("orders")
    account.configure(
        "orders",
        MaximumRetryAttempts=1,
        MaximumEventAgeInSeconds=600,
        DestinationConfig={"OnSuccess": {"Destination": OTHER}},
    )
    assert attach("orders").code == 0
    assert account.config("orders") == {
        "MaximumRetryAttempts": 1,
        "MaximumEventAgeInSeconds": 600,
        "DestinationConfig": {
            "OnFailure": {"Destination": account.queue},
            "OnSuccess": {"Destination": OTHER},
        },
    }


def test_a_role_that_may_send_already_is_left_alone(account: Account) -> None:
    account.function("orders", role=account.role("sender", sends=True))
    assert attach("orders").code == 0
    assert account.policies("sender") == []


def test_iam_is_asked_before_policies_are_read(account: Account) -> None:
    asked: list[dict[str, Any]] = []

    def simulate(**given: Any) -> dict[str, Any]:
        asked.append(given)
        return {"EvaluationResults": [{"EvalDecision": "allowed"}]}

    account.instead["iam"]["simulate_principal_policy"] = simulate
    account.function("orders")
    assert attach("orders").code == 0
    assert account.policies("orders-role") == []
    [question] = asked
    assert (question["ActionNames"], question["ResourceArns"]) == (["sqs:SendMessage"], [account.queue])


def test_a_role_that_is_denied_it_is_a_reason_to_refuse(account: Account) -> None:
    denied = {"EvaluationResults": [{"EvalDecision": "explicitDeny"}]}
    account.instead["iam"]["simulate_principal_policy"] = lambda **_: denied
    account.function("orders")
    outcome = attach("orders")
    assert outcome.code == 1
    assert "denies sending" in outcome.objects[0]["refusal"]
    assert account.config("orders") == {}


def test_without_the_role_the_statement_is_printed_and_nothing_is_changed(account: Account) -> None:
    account.function("orders")
    outcome = attach("orders", "--no-role")
    assert outcome.code == 1
    assert account.policies("orders-role") == []
    assert account.config("orders") == {}
    statement = json.loads(outcome.err[outcome.err.index("{") : outcome.err.rindex("}") + 1])["Statement"]
    assert statement == [{"Effect": "Allow", "Action": ["sqs:SendMessage"], "Resource": account.queue}]


def test_the_statement_names_the_stacks_own_key(account: Account) -> None:
    key = "arn:aws:kms:eu-west-1:123456789012:key/1b2c3d4e-5f60-4a55-9d5c-1f6c7f6f2f10"
    account.parameters["KmsKeyArn"] = key
    account.function("orders")
    outcome = attach("orders", "--no-role")
    statement = json.loads(outcome.err[outcome.err.index("{") : outcome.err.rindex("}") + 1])["Statement"]
    uses = {"Effect": "Allow", "Action": ["kms:Decrypt", "kms:GenerateDataKey"], "Resource": key}
    assert statement[1:] == [uses]


def test_another_destination_is_replaced_only_when_asked(account: Account) -> None:
    account.function("orders")
    account.configure("orders", DestinationConfig={"OnFailure": {"Destination": OTHER}})
    outcome = attach("orders")
    assert outcome.code == 1
    assert "--replace" in outcome.objects[0]["refusal"]
    assert failure(account, "orders") == OTHER
    assert account.policies("orders-role") == []
    assert attach("orders", "--replace").code == 0
    assert failure(account, "orders") == account.queue
    assert detach("orders").code == 0
    assert failure(account, "orders") == OTHER


def test_a_dry_run_changes_nothing(account: Account) -> None:
    account.function("orders")
    outcome = run("attach", "orders", "--confirm-success", "--dry-run")
    assert (outcome.code, len(outcome.objects)) == (0, 2)
    assert (account.config("orders"), account.tags("orders")) == ({}, {})
    assert account.policies("orders-role") == []


def test_without_a_terminal_the_output_names_yes(account: Account) -> None:
    account.function("orders")
    outcome = run("attach", "orders")
    assert (outcome.code, "--yes" in outcome.err) == (2, True)
    assert account.config("orders") == {}


def test_attaching_twice_changes_nothing_more(account: Account) -> None:
    account.function("orders")
    attach("orders")
    tags = account.tags("orders")
    outcome = attach("orders")
    assert (outcome.code, outcome.objects[0]["change"]) == (0, "none")
    assert account.tags("orders") == tags


def test_an_alias_has_a_configuration_of_its_own(account: Account) -> None:
    account.function("orders")
    account.client("lambda").create_alias(FunctionName="orders", Name="live", FunctionVersion="$LATEST")
    assert attach("orders:live").code == 0
    assert (failure(account, "orders", "live"), failure(account, "orders")) == (account.queue, None)
    assert detach("orders").code == 0
    assert failure(account, "orders", "live") is None


def test_an_alias_that_is_not_there_is_refused(account: Account) -> None:
    account.function("orders")
    outcome = attach("orders", "--qualifier", "live")
    assert (outcome.code, outcome.objects[0]["refusal"]) == (1, "it has no alias live")


def test_confirming_makes_an_alias_that_sends_successes(account: Account) -> None:
    account.function("orders")
    account.configure("orders", MaximumRetryAttempts=1)
    assert attach("orders", "--confirm-success").code == 0
    alias = account.client("lambda").get_alias(FunctionName="orders", Name="replay")
    assert alias["FunctionVersion"] == "$LATEST"
    found = account.config("orders", "replay")
    assert found["MaximumRetryAttempts"] == 1
    assert found["DestinationConfig"] == {
        "OnFailure": {"Destination": account.queue},
        "OnSuccess": {"Destination": account.queue},
    }
    assert "OnSuccess" not in account.config("orders")["DestinationConfig"]


def test_the_service_is_no_source_of_its_own(account: Account) -> None:
    account.function("stack-triage")
    outcome = attach("stack-triage")
    assert (outcome.code, "part of this service" in outcome.objects[0]["refusal"]) == (1, True)


def test_a_function_outside_the_allow_list_is_attached_with_a_warning(account: Account) -> None:
    account.function("billing")
    outcome = attach("billing")
    assert outcome.code == 0
    assert any("can't be replayed" in note for note in outcome.objects[0]["notes"])


def test_all_is_what_the_allow_list_names(account: Account) -> None:
    for name in ("orders", "orders-two", "billing", "stack-triage"):
        account.function(name)
    outcome = attach("--all")
    assert [row["function"] for row in outcome.objects] == ["orders", "orders-two"]
    assert failure(account, "billing") is None
    assert [row["function"] for row in detach("--all").objects] == ["orders", "orders-two"]


def test_functions_by_tag(account: Account) -> None:
    account.function("orders", Tags={"team": "shop"})
    account.function("orders-two", Tags={"team": "store"})
    assert [row["function"] for row in attach("--tag", "team=shop").objects] == ["orders"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "one of the three"),
        (("orders", "--all"), "one of the three"),
        (("nobody",), "there is no function nobody"),
        (("a b",), "expected a function's name"),
        ((FUNCTIONS.replace("eu-west-1", "us-east-1") + ":orders",), "within one region and account"),
        ((FUNCTIONS.replace("123456789012", "210987654321") + ":orders",), "within one region and account"),
        (("210987654321:function:orders",), "within one region and account"),
        (("orders:live", "--qualifier", "blue"), "give one of them"),
    ],
)
def test_what_cannot_be_meant(account: Account, arguments: tuple[str, ...], said: str) -> None:
    outcome = attach(*arguments)
    assert (outcome.code, said in outcome.err) == (2, True), outcome.err


def test_a_role_that_was_just_changed_is_waited_for(account: Account) -> None:
    account.function("orders")
    real = account.client("lambda").put_function_event_invoke_config
    words = "The function execution role does not have permissions to call SendMessage on SQS"
    answers = iter([refusal("InvalidParameterValueException", words)] * 2)

    def put(**given: Any) -> Any:
        if error := next(answers, None):
            raise error
        return real(**given)

    account.instead["lambda"]["put_function_event_invoke_config"] = put
    pauses: list[float] = []
    addresses = account.addresses
    lookup, roles = Lookup(account.service(), addresses), Roles(account.service(), addresses)
    option = Attaching(addresses=addresses, destination=account.queue)
    plan = attaching(lookup, roles, option, [FunctionRef("orders")], with_roles=True)
    assert carry_out(plan, PlanExecutor(lookup, roles, lambda _line: None, pauses.append)).failed == []
    assert failure(account, "orders") == account.queue
    assert pauses == [2.5, 2.5]


def test_one_function_that_fails_does_not_keep_the_others_from_it(account: Account) -> None:
    account.function("orders")
    account.function("orders-two")
    real = account.client("lambda").put_function_event_invoke_config

    def put(**given: Any) -> Any:
        if given["FunctionName"] == "orders":
            raise refusal("AccessDeniedException", "not yours")
        return real(**given)

    account.instead["lambda"]["put_function_event_invoke_config"] = put
    outcome = attach("orders", "orders-two")
    assert outcome.code == 3
    assert failure(account, "orders-two") == account.queue
    assert ["not yours" in (row["error"] or "") for row in outcome.objects] == [True, False]


def test_what_changed_in_between_is_not_overwritten(account: Account) -> None:
    account.function("orders")
    real = account.client("iam").attach_role_policy

    def attach_policy(**given: Any) -> Any:
        account.configure("orders", MaximumRetryAttempts=1)
        return real(**given)

    account.instead["iam"]["attach_role_policy"] = attach_policy
    outcome = attach("orders")
    assert (outcome.code, "changed since then" in outcome.err) == (3, True)
    assert failure(account, "orders") is None


def test_the_plan_for_people(account: Account) -> None:
    account.function("orders")
    outcome = run("attach", "orders", "--dry-run", "--output", "table")
    assert "on failure  none -> sqs failures" in outcome.out
    assert "retries     default (stays)" in outcome.out
    assert "role orders-role" in outcome.out
    assert f"sqs:SendMessage on {account.queue}" in " ".join(outcome.out.split())
    assert max(map(len, outcome.out.splitlines())) <= 80


def test_a_dry_run_reports_what_it_would_do(account: Account) -> None:
    account.function("orders")
    planned = run("attach", "orders", "--confirm-success", "--dry-run").objects
    assert [(row["policy"], row["alias"]) for row in planned] == [
        ("would give", None),
        ("would give", "would make"),
    ]
    done = attach("orders", "--confirm-success")
    assert [(row["policy"], row["alias"]) for row in done.objects] == [("given", None), ("given", "made")]
    assert "up to two minutes" in done.err
    planned = run("detach", "orders", "--dry-run").objects
    assert [(row["policy"], row["alias"]) for row in planned] == [
        ("would take", None),
        ("would take", "would remove"),
    ]
    rows = detach("orders").objects
    assert [(row["policy"], row["alias"]) for row in rows] == [("taken", None), ("taken", "removed")]


def test_what_could_not_be_done_is_not_reported_as_done(account: Account) -> None:
    account.function("orders")
    account.instead["iam"]["attach_role_policy"] = refusal("LimitExceeded", "Cannot exceed quota")
    account.instead["lambda"]["create_alias"] = refusal("AccessDeniedException")
    [first, replay] = attach("orders", "--confirm-success").objects
    assert (first["policy"], replay["alias"]) == (None, None)


def test_replays_run_the_version_that_has_failed(account: Account) -> None:
    account.function("orders")
    lambda_ = account.client("lambda")
    version = lambda_.publish_version(FunctionName="orders")["Version"]
    lambda_.create_alias(FunctionName="orders", Name="live", FunctionVersion=version)
    outcome = attach("orders", "--qualifier", "live", "--confirm-success")
    assert outcome.code == 0, outcome.err
    assert lambda_.get_alias(FunctionName="orders", Name="replay")["FunctionVersion"] == version
    assert any("follows no other alias" in note for note in outcome.objects[1]["notes"])


def test_two_qualifiers_have_one_alias_for_replays(account: Account) -> None:
    account.function("orders")
    lambda_ = account.client("lambda")
    lambda_.create_alias(FunctionName="orders", Name="live", FunctionVersion="$LATEST")
    outcome = attach("orders", "orders:live", "--confirm-success")
    assert (outcome.code, [row["qualifier"] for row in outcome.objects]) == (
        0, ["$LATEST", "replay", "live"],
    )  # fmt: skip


def test_a_role_that_is_gone_may_send_nothing(account: Account) -> None:
    account.function("orders")
    account.client("iam").delete_role(RoleName="orders-role")
    assert [row["policy"] for row in run("attach", "orders", "--dry-run").objects] == ["would give"]


def test_reading_many_functions_gives_a_sign_of_life(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    account.function("orders")
    said: list[str] = []

    @contextmanager
    def busy(text: str) -> Iterator[None]:
        said.append(text)
        yield
        said.append("done")

    monkeypatch.setattr("lambda_replay_cli.commands.attach.busy", busy)
    run("attach", "--all", "--dry-run")
    run("detach", "--all", "--dry-run")
    assert said == ["reading functions, about ten a second", "done"] * 2


@pytest.mark.parametrize("command", ["attach", "detach"])
def test_it_looks_before_it_asks(account: Account, command: str) -> None:
    """No one can answer here: that matters only when there is something to ask."""
    missing = run(command, "no-such-function")
    assert (missing.code, "there is no function no-such-function" in missing.err) == (2, True)
    account.function("orders")
    if command == "detach":
        assert "not attached" in run(command, "orders").err
        assert attach("orders").code == 0
    asked = run(command, "orders")
    assert (asked.code, "there is no terminal to answer: add --yes" in asked.err) == (2, True)
    assert (failure(account, "orders") is None) == (command == "attach")
