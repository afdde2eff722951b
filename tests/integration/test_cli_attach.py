"""`attach` and `detach`: what they change in an account, and what they leave."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from lambda_replay_cli.wiring.carry_out import Hands
from lambda_replay_cli.wiring.lookup import Lookup, Meant
from lambda_replay_cli.wiring.plan import Attaching
from lambda_replay_cli.wiring.roles import Roles
from lambda_replay_cli.wiring.whole import attaching, carry_out
from tests.unit.cli.account import FUNCTIONS, Account, refusal, signed_in
from tests.unit.cli.running import Outcome, run

pytestmark = pytest.mark.usefixtures("aws")
OTHER = "arn:aws:sqs:eu-west-1:123456789012:other"


@pytest.fixture
def account(aws: None) -> Iterator[Account]:
    with signed_in(Account()) as account:
        yield account


def attach(*arguments: str) -> Outcome:
    return run("attach", *arguments, "--yes")


def detach(*arguments: str) -> Outcome:
    return run("detach", *arguments, "--yes")


def failure(account: Account, name: str, qualifier: str | None = None) -> str | None:
    destinations = account.config(name, qualifier).get("DestinationConfig", {})
    return (destinations.get("OnFailure") or {}).get("Destination")


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


def test_nobody_to_ask_is_told_about_yes(account: Account) -> None:
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


def test_detaching_leaves_no_trace(account: Account) -> None:
    account.function("orders")
    attach("orders", "--confirm-success")
    outcome = detach("orders")
    assert outcome.code == 0, outcome.err
    assert (account.config("orders"), account.tags("orders")) == ({}, {})
    assert account.client("lambda").list_aliases(FunctionName="orders")["Aliases"] == []
    assert account.policies("orders-role") == []
    assert account.client("iam").list_role_tags(RoleName="orders-role")["Tags"] == []


def test_detaching_keeps_what_was_set_since(account: Account) -> None:
    account.function("orders")
    attach("orders")
    account.configure(
        "orders",
        MaximumRetryAttempts=1,
        DestinationConfig={"OnFailure": {"Destination": account.queue}, "OnSuccess": {"Destination": OTHER}},
    )
    assert detach("orders").code == 0
    assert account.config("orders") == {
        "MaximumRetryAttempts": 1,
        "DestinationConfig": {"OnSuccess": {"Destination": OTHER}},
    }


def test_a_destination_that_somebody_changed_is_left(account: Account) -> None:
    account.function("orders")
    attach("orders")
    account.configure("orders", DestinationConfig={"OnFailure": {"Destination": OTHER}})
    outcome = detach("orders")
    assert outcome.code == 0
    assert failure(account, "orders") == OTHER
    assert account.tags("orders") == {}


def test_a_role_keeps_the_policy_while_another_function_needs_it(account: Account) -> None:
    role = account.role("shared")
    account.function("orders", role=role)
    account.function("orders-two", role=role)
    assert attach("orders", "orders-two").code == 0
    assert account.policies("shared") == ["source"]
    detach("orders")
    assert account.policies("shared") == ["source"]
    detach("orders-two")
    assert account.policies("shared") == []


def test_a_policy_that_somebody_else_attached_stays(account: Account) -> None:
    account.function("orders")
    account.client("iam").attach_role_policy(
        RoleName="orders-role", PolicyArn=account.outputs["SourcePolicyArn"]
    )
    attach("orders")
    detach("orders")
    assert account.policies("orders-role") == ["source"]


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


def test_an_alias_named_replay_that_was_there_is_not_removed(account: Account) -> None:
    account.function("orders")
    account.client("lambda").create_alias(FunctionName="orders", Name="replay", FunctionVersion="$LATEST")
    attach("orders", "--confirm-success")
    detach("orders")
    assert [a["Name"] for a in account.client("lambda").list_aliases(FunctionName="orders")["Aliases"]] == [
        "replay"
    ]


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
    wish = Attaching(addresses=addresses, destination=account.queue)
    plan = attaching(lookup, roles, wish, [Meant("orders")], with_roles=True)
    assert carry_out(plan, Hands(lookup, roles, lambda _line: None, pauses.append)).failed == []
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


def test_what_changed_meanwhile_is_not_overwritten(account: Account) -> None:
    account.function("orders")
    real = account.client("iam").attach_role_policy

    def attach_policy(**given: Any) -> Any:
        account.configure("orders", MaximumRetryAttempts=1)
        return real(**given)

    account.instead["iam"]["attach_role_policy"] = attach_policy
    outcome = attach("orders")
    assert (outcome.code, "changed meanwhile" in outcome.err) == (3, True)
    assert failure(account, "orders") is None


def test_the_plan_for_people(account: Account) -> None:
    account.function("orders")
    outcome = run("attach", "orders", "--dry-run", "--output", "table")
    assert "on failure  none -> sqs failures" in outcome.out
    assert "retries     default (stays)" in outcome.out
    assert "role orders-role" in outcome.out
