"""`detach`: nothing that attaching did is left, and nothing is lost by it."""

from collections.abc import Iterator
from typing import Any

import pytest

from lambda_replay_cli.attachments.apply import PlanExecutor, carry_out
from lambda_replay_cli.attachments.functions import FunctionRef, Lookup
from lambda_replay_cli.attachments.plan import detaching
from lambda_replay_cli.attachments.roles import Roles
from tests.cli.support.account import Account, refusal, signed_in
from tests.cli.support.api_server import served
from tests.cli.support.attaching import OTHER, attach, detach, failure
from tests.cli.support.objects import ARN, ID, execution
from tests.cli.support.run import run

pytestmark = pytest.mark.usefixtures("aws")


@pytest.fixture
def account(aws: None) -> Iterator[Account]:
    with served() as api, signed_in(Account(api=api)) as account:
        api.says("GET", "/executions", {"executions": [], "cursor": None})
        yield account


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


def test_a_destination_that_was_changed_since_is_left(account: Account) -> None:
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


def test_a_role_gets_what_its_destinations_need_and_loses_each_of_them(account: Account) -> None:
    role = account.role("shared")
    account.function("orders", role=role)
    account.function("orders-two", role=role)
    assert attach("orders").code == 0
    outcome = attach("orders-two", "--to", "bus")
    assert outcome.code == 0, outcome.err
    assert set(account.policies("shared")) == {"source", "bus-source"}
    assert attach("orders-two", "--to", "bus").objects[0]["policy"] is None, "the bus's policy is enough"
    detach("orders")
    assert set(account.policies("shared")) == {"source", "bus-source"}
    detach("orders-two")
    assert account.policies("shared") == []


def test_what_an_older_command_attached_is_taken(account: Account) -> None:
    """It gave every role the policy for all ways, and marked it without a way."""
    account.function("orders")
    iam = account.client("iam")
    iam.attach_role_policy(RoleName="orders-role", PolicyArn=account.outputs["SourcePolicyArn"])
    iam.tag_role(RoleName="orders-role", Tags=[{"Key": "lambda-replay:source-policy", "Value": "stack"}])
    assert attach("orders").objects[0]["policy"] is None
    detach("orders")
    assert account.policies("orders-role") == []


def test_an_older_template_has_one_policy_for_all_ways(account: Account) -> None:
    del account.outputs["QueueSourcePolicyArn"]
    account.function("orders")
    assert attach("orders").code == 0
    assert account.policies("orders-role") == ["every-source"]
    detach("orders")
    assert account.policies("orders-role") == []


def test_a_policy_that_another_caller_attached_stays(account: Account) -> None:
    account.function("orders")
    account.client("iam").attach_role_policy(
        RoleName="orders-role", PolicyArn=account.outputs["QueueSourcePolicyArn"]
    )
    attach("orders")
    detach("orders")
    assert account.policies("orders-role") == ["source"]


def test_an_alias_named_replay_that_was_there_is_not_removed(account: Account) -> None:
    account.function("orders")
    account.client("lambda").create_alias(FunctionName="orders", Name="replay", FunctionVersion="$LATEST")
    attach("orders", "--confirm-success")
    detach("orders")
    assert [a["Name"] for a in account.client("lambda").list_aliases(FunctionName="orders")["Aliases"]] == [
        "replay"
    ]


def test_one_role_that_can_not_be_changed_does_not_keep_the_others_from_it(account: Account) -> None:
    for name in ("orders", "orders-two"):
        account.function(name)
    iam = account.client("iam")

    def but_for_orders(operation: str, code: str) -> Any:
        def call(**given: Any) -> Any:
            if given["RoleName"] == "orders-role":
                raise refusal(code, "the role says no")
            return getattr(iam, operation)(**given)

        return call

    account.instead["iam"]["attach_role_policy"] = but_for_orders("attach_role_policy", "LimitExceeded")
    outcome = attach("orders", "orders-two")
    assert outcome.code == 3
    assert ["the role says no" in (row["error"] or "") for row in outcome.objects] == [True, False]
    assert (failure(account, "orders"), failure(account, "orders-two")) == (None, account.queue)

    del account.instead["iam"]["attach_role_policy"]
    attach("orders")
    account.instead["iam"]["detach_role_policy"] = but_for_orders("detach_role_policy", "UnmodifiableEntity")
    outcome = detach("orders", "orders-two")
    assert outcome.code == 3
    assert [row["policy"] for row in outcome.objects] == [None, "taken"]
    assert "its role orders-role keeps the policy" in outcome.objects[0]["error"]
    assert (account.policies("orders-role"), account.policies("orders-two-role")) == (["source"], [])
    assert failure(account, "orders") is None


def executor(account: Account, pause: Any) -> tuple[Lookup, Roles, PlanExecutor, list[str]]:
    lookup = Lookup(account.service(), account.addresses)
    roles, reported = Roles(account.service(), account.addresses), list[str]()
    return lookup, roles, PlanExecutor(lookup, roles, reported.append, pause), reported


def test_a_role_keeps_its_policy_while_lambda_may_use_the_old_settings(account: Account) -> None:
    account.function("orders")
    attach("orders")
    seen: list[tuple[float, list[str], str | None]] = []

    def pause(seconds: float) -> None:
        seen.append((seconds, account.policies("orders-role"), failure(account, "orders")))

    lookup, roles, with_executor, reported = executor(account, pause)
    plan = detaching(lookup, roles, account.addresses, [FunctionRef("orders")], with_roles=True)
    carry_out(plan, with_executor, 120)
    assert seen == [(120, ["source"], None)]
    assert account.policies("orders-role") == []
    assert any("waiting 2 min" in line for line in reported)


def test_a_policy_that_was_left_is_taken_later(account: Account) -> None:
    account.function("orders")
    attach("orders")

    def interrupted(_seconds: float) -> None:
        raise KeyboardInterrupt

    lookup, roles, with_executor, reported = executor(account, interrupted)
    plan = detaching(lookup, roles, account.addresses, [FunctionRef("orders")], with_roles=True)
    with pytest.raises(KeyboardInterrupt):
        carry_out(plan, with_executor, 120)
    assert "lambda-replay detach orders takes it later" in reported[-1]
    assert (account.policies("orders-role"), failure(account, "orders")) == (["source"], None)
    outcome = detach("orders")
    assert (outcome.code, [row["policy"] for row in outcome.objects]) == (0, ["taken"])
    assert account.policies("orders-role") == []


def under_way(account: Account, **targets: str) -> None:
    """Replays that have not ended: by the function that failed, where each was sent."""
    rows = [
        execution(function=name, status="replaying", replay_target=target) for name, target in targets.items()
    ]

    def listed(asked: Any) -> tuple[int, object]:
        assert asked.query["status"] == "replaying"
        found = [row for row in rows if row["function"] == asked.query.get("function", row["function"])]
        return 200, {"executions": found, "cursor": None}

    account.api.answers["GET", "/executions"] = listed


@pytest.mark.parametrize(
    ("targets", "code"),
    [
        ({"orders": f"{ARN}:replay"}, 1),
        ({"orders": f"{ARN}-two:replay"}, 0),
        ({"orders": f"{ARN}-two:replay", "returns": ARN}, 1),
        ({"orders": ARN.replace("eu-west-1", "us-east-1")}, 0),
    ],
)
def test_what_counts_is_where_replays_were_sent(account: Account, targets: dict[str, str], code: int) -> None:
    account.function("orders")
    attach("orders", "--confirm-success")
    under_way(account, **targets)
    assert detach("orders").code == code


def test_an_alias_stays_while_replays_are_under_way(account: Account) -> None:
    for name in ("orders", "orders-two"):
        account.function(name)
        attach(name, "--confirm-success")

    under_way(account, returns=f"{ARN}:replay")
    outcome = detach("orders", "orders-two")
    assert outcome.code == 1
    kept = [row for row in outcome.objects if row["refusal"]]
    assert [(row["function"], row["qualifier"]) for row in kept] == [
        ("orders", "$LATEST"),
        ("orders", "replay"),
    ]
    assert f"lambda-replay show {ID}" in kept[0]["refusal"]
    assert failure(account, "orders", "replay") == account.queue
    assert [a["Name"] for a in account.client("lambda").list_aliases(FunctionName="orders")["Aliases"]] == [
        "replay"
    ]
    assert (account.policies("orders-role"), account.policies("orders-two-role")) == (["source"], [])
    assert account.client("lambda").list_aliases(FunctionName="orders-two")["Aliases"] == []


def test_without_the_permission_to_see_replays_the_output_says_that_they_may_be_lost(
    account: Account,
) -> None:
    account.function("orders")
    attach("orders", "--confirm-success")
    account.api.refuses("GET", "/executions", 403, "AccessDeniedException")
    rows = run("detach", "orders", "--dry-run").objects
    assert any("whether replays are under way is not known" in note for note in rows[1]["notes"])


def test_what_is_not_attached_is_named(account: Account) -> None:
    for name in ("orders", "orders-two"):
        account.function(name)
    attach("orders")
    both = detach("orders", "orders-two")
    assert (both.code, "orders-two: not attached" in both.err) == (0, True)
    assert [row["change"] for row in both.objects] == ["changes", "none"]
    none = detach("orders")
    assert (none.code, "orders: not attached" in none.err) == (1, True)
    assert detach("--all").code == 1


def test_all_that_is_attached_by_the_event_bus(account: Account) -> None:
    for name in ("orders", "orders-two"):
        account.function(name, role=account.role(f"{name}-bus"))
    assert attach("orders", "--to", "bus").code == 0
    # Another caller's choice, made before the service was there.
    bus = account.outputs["EventBusArn"]
    account.configure("orders-two", DestinationConfig={"OnFailure": {"Destination": bus}})
    assert [row["function"] for row in detach("--all").objects] == ["orders"]
    assert (failure(account, "orders"), failure(account, "orders-two")) == (None, bus)


def test_an_alias_that_another_caller_has_made_in_between_stays(account: Account) -> None:
    account.function("orders")
    lambda_ = account.client("lambda")

    def first(**given: Any) -> Any:
        lambda_.create_alias(**given | {"Description": "mine"})
        raise refusal("ResourceConflictException", "Alias already exists")

    account.instead["lambda"]["create_alias"] = first
    assert attach("orders", "--confirm-success").code == 3
    attach("orders", "--confirm-success")
    detach("orders")
    assert [a["Description"] for a in lambda_.list_aliases(FunctionName="orders")["Aliases"]] == ["mine"]


def test_a_function_that_is_deleted_in_between_is_not_attached(account: Account) -> None:
    account.function("orders")
    attach("orders")
    account.instead["lambda"]["list_function_event_invoke_configs"] = refusal("ResourceNotFoundException")
    assert detach("--all").code == 1
