"""Why DynamoDB cancelled a transaction decides what becomes of it: only a lost race is decided again."""

from typing import Any

import pytest
from botocore.client import BaseClient
from botocore.exceptions import ClientError
from pynamodb.exceptions import TransactWriteError

from lambda_replay.adapters.dynamodb.executions.store import DynamoEntryStore
from lambda_replay.adapters.dynamodb.groups.store import DynamoGroupStore
from lambda_replay.adapters.dynamodb.jobs.store import DynamoJobStore
from lambda_replay.adapters.dynamodb.team_rules import DynamoRuleStore
from lambda_replay.domain.executions.outcome_counts import Increment
from lambda_replay.domain.team_rules import RuleSet
from lambda_replay.ports.common import StaleVersionError
from lambda_replay.ports.jobs import Running
from tests.integration.stores.test_bulk_writes import at
from tests.integration.stores.test_executions import START, execution
from tests.integration.stores.test_jobs import job
from tests.support.table import create_storage
from tests.support.world.groups import count_batch, group

LOST = [
    ["ConditionalCheckFailed"],
    ["None", "TransactionConflict"],
    ["ThrottlingError", "TransactionConflict"],
]
THROTTLED = [["None", "ThrottlingError"], ["ProvisionedThroughputExceeded"]]
OTHERS = [["ValidationError"], ["ItemCollectionSizeLimitExceeded"], ["ReasonOfTomorrow"]]


class Cancelling:
    """Answers transactions by these reasons, as often as it shall."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.asked = 0
        self.pauses: list[int] = []
        self.answers: list[list[str]] = []
        real = BaseClient._make_api_call  # type: ignore[attr-defined]  # untyped

        def call(client: BaseClient, operation: str, arguments: dict[str, Any]) -> Any:
            if operation == "TransactWriteItems":
                self.asked += 1
                if self.answers:
                    raise cancelled(self.answers.pop(0))
            return real(client, operation, arguments)

        monkeypatch.setattr(BaseClient, "_make_api_call", call)


def cancelled(reasons: list[str]) -> ClientError:
    answer: Any = {
        "Error": {"Code": "TransactionCanceledException", "Message": f"Transaction cancelled {reasons}"},
        "CancellationReasons": [{"Code": code} for code in reasons],
    }
    return ClientError(answer, "TransactWriteItems")


@pytest.fixture
def cancelling(aws: None, monkeypatch: pytest.MonkeyPatch) -> Cancelling:
    create_storage().jobs.running()  # binds the jobs' models too
    return Cancelling(monkeypatch)


@pytest.fixture(params=["counting", "groups", "count_batches", "jobs", "rules"])
def write(request: pytest.FixtureRequest, cancelling: Cancelling) -> Any:
    """One write that is a transaction; it succeeds where it is let."""
    pause = cancelling.pauses.append
    entries, groups = DynamoEntryStore(pause), DynamoGroupStore(pause)
    entries.add(execution())
    groups.open(count_batch(("run-1", "a" * 32)))
    counted = [Increment("job:a", "succeeded", 1)]
    return {
        "counting": lambda: entries.save(at(execution(), 1), counted),
        "groups": lambda: groups.save([group()], []),
        "count_batches": lambda: groups.commit(count_batch(("run-1", "a" * 32)), [group()], []),
        "jobs": lambda: DynamoJobStore(pause).save(job(), Running(jobs={})),
        "rules": lambda: DynamoRuleStore(pause).add(RuleSet(version=1, rows="[]", at=START, by="me")),
    }[request.param]


@pytest.mark.parametrize("reasons", LOST)
def test_a_lost_race_is_reported_at_once(cancelling: Cancelling, write: Any, reasons: list[str]) -> None:
    # The first of a count batch's reasons is about the count batch itself: it has ended then.
    cancelling.answers = [["None", *reasons]]
    with pytest.raises(StaleVersionError):
        write()
    assert (cancelling.asked, cancelling.pauses) == (1, [])


@pytest.mark.parametrize("reasons", THROTTLED)
def test_throttling_is_waited_for(cancelling: Cancelling, write: Any, reasons: list[str]) -> None:
    cancelling.answers = [reasons] * 3
    write()
    assert (cancelling.asked, cancelling.pauses) == (4, [1, 2, 3])


@pytest.mark.parametrize("reasons", THROTTLED)
def test_throttling_that_does_not_end_is_no_lost_race(
    cancelling: Cancelling, write: Any, reasons: list[str]
) -> None:
    cancelling.answers = [reasons] * 9
    with pytest.raises(TransactWriteError):
        write()
    assert (cancelling.asked, cancelling.pauses) == (4, [1, 2, 3])


@pytest.mark.parametrize("reasons", OTHERS)
def test_what_can_never_be_written_is_tried_once(
    cancelling: Cancelling, write: Any, reasons: list[str]
) -> None:
    cancelling.answers = [reasons] * 9
    with pytest.raises(TransactWriteError):
        write()
    assert (cancelling.asked, cancelling.pauses) == (1, [])


def test_a_tally_that_has_ended_is_no_lost_race(cancelling: Cancelling) -> None:
    groups = DynamoGroupStore(cancelling.pauses.append)
    cancelling.answers = [["ConditionalCheckFailed", "None"]]
    groups.commit(count_batch(("run-1", "a" * 32)), [group()], [])
    assert cancelling.asked == 1
