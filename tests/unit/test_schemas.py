"""Items of every version of the service can be read by this one, and lose nothing when it writes them."""

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lambda_replay.adapters.dynamodb import team_rules
from lambda_replay.adapters.dynamodb.executions.items import AnnouncedItem, CountItem, RecordItem, TableItem
from lambda_replay.adapters.dynamodb.executions.mapping import to_entry, to_item
from lambda_replay.adapters.dynamodb.groups import recovery_checks
from lambda_replay.adapters.dynamodb.groups.items import (
    CheckItem,
    CountBatchItem,
    GroupItem,
    HistoryItem,
    HourItem,
    RuleSetItem,
    WhyItem,
)
from lambda_replay.adapters.dynamodb.groups.mapping import (
    count_batch_item,
    group_item,
    to_count_batch,
    to_decision,
    to_group,
    to_why,
    why_item,
)
from lambda_replay.adapters.dynamodb.jobs.items import JobItem, JobPageItem, RunningItem
from lambda_replay.adapters.dynamodb.jobs.mapping import job_item, running_item, to_job, to_running
from lambda_replay.adapters.dynamodb.policies.breaker_mapping import breaker_item, to_breaker
from lambda_replay.adapters.dynamodb.policies.history import PolicyVersionItem, to_version, version_item
from lambda_replay.adapters.dynamodb.policies.items import BreakerItem, FunctionItem, PolicyItem
from lambda_replay.adapters.dynamodb.policies.mapping import policy_item, to_function, to_policy
from tests.support import schemas

Item = dict[str, Any]
# By the beginning of `part`, or of `id`: model, reading, and writing where it is written again.
KINDS: dict[str, tuple[Any, Callable[[Any], object], Callable[[Any], Any] | None]] = {
    "entry": (TableItem, to_entry, to_item),
    "announced": (AnnouncedItem, lambda item: item.until, None),
    "record": (RecordItem, lambda item: item.arn, None),
    "count:": (CountItem, lambda item: item.n, None),
    "group": (GroupItem, to_group, group_item),
    "why": (WhyItem, to_why, why_item),
    "history#": (HistoryItem, lambda item: to_decision(item.decision), None),
    "hour#": (HourItem, lambda item: item.runs, None),
    "count_batch": (
        CountBatchItem,
        to_count_batch,
        lambda count_batch: count_batch and count_batch_item(count_batch),
    ),
    "check": (CheckItem, recovery_checks._check, None),
    "rules": (RuleSetItem, team_rules._rule_set, None),
    "job": (JobItem, to_job, job_item),
    "page#": (JobPageItem, lambda item: item.ids, None),
    "running": (RunningItem, to_running, running_item),
    "policy": (PolicyItem, to_policy, policy_item),
    "policy#": (PolicyVersionItem, to_version, version_item),
    "breaker": (BreakerItem, to_breaker, breaker_item),
    "function": (FunctionItem, to_function, None),
}
ITEMS = [
    pytest.param(item, id=f"{path.stem}-{item['id']['S'][:20]}-{item['part']['S'][:12]}")
    for path in schemas.files()
    for item in schemas.read(path)["items"]
]


def kind_of(item: Item) -> str:
    texts = (item["part"]["S"], item["id"]["S"])
    return next(
        kind for text in texts for kind in sorted(KINDS, key=len, reverse=True) if text.startswith(kind)
    )


@pytest.mark.parametrize("item", ITEMS)
def test_items_of_every_version_are_read_and_kept(item: Item) -> None:
    model, reading, writing = KINDS[kind_of(item)]
    stored = model.from_raw_data(copy.deepcopy(item))
    assert stored.fault is None
    found = reading(stored)
    again = None if writing is None else writing(found)
    if again is not None:
        written = again.serialize(null_check=False)
        assert {name: value for name, value in item.items() if written.get(name) != value} == {}


@pytest.mark.parametrize("path", schemas.files(), ids=lambda path: path.stem)
def test_a_file_has_an_item_of_every_kind(path: Path) -> None:
    kinds = {kind_of(item) for item in schemas.read(path)["items"]}
    # Kinds that came later are in the files since then.
    assert kinds == set(KINDS) if path == schemas.files()[-1] else kinds <= set(KINDS)


def test_the_last_file_is_of_this_version() -> None:
    """Models changed: `python -m tests.support.schemas` writes the next file, which is to be committed. The
    files before it stay as they are: there are items of theirs."""
    assert schemas.read(schemas.files()[-1])["models"] == schemas.described()


def test_the_files_are_numbered_in_their_order() -> None:
    names = [path.stem for path in schemas.files()]
    assert names == [f"{number:04}" for number in range(1, len(names) + 1)]
