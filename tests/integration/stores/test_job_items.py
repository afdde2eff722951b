"""Any job survives being an item of the table."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from lambda_replay.adapters.dynamodb.jobs.items import JobItem
from lambda_replay.adapters.dynamodb.jobs.mapping import job_item, to_job
from lambda_replay.domain.executions.execution import ExecutionStatus
from lambda_replay.domain.executions.filter import ExecutionFilter
from lambda_replay.domain.executions.replay import ReplayMode
from lambda_replay.domain.executions.replay_options import ReplayOptions
from lambda_replay.domain.jobs.job import Guard, Job, JobDecision, JobStatus, JobVerb, Pace, Slice
from lambda_replay.domain.pagination import Position

moments = st.datetimes(datetime(2020, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)).map(  # noqa: DTZ001
    lambda at: at.replace(microsecond=at.microsecond // 1000 * 1000)
)
spans = st.timedeltas(timedelta(), timedelta(days=366))
numbers = st.integers(0, 2**53)
words = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
options = st.builds(
    ExecutionFilter,
    since=moments,
    until=moments,
    function=st.none() | words,
    groups=st.none() | st.lists(words, max_size=3).map(tuple),
    category=st.none() | words,
    verdict=st.none() | words,
    status=st.none() | st.sampled_from(ExecutionStatus),
    error_type=st.none() | words,
)
orders = st.builds(
    ReplayOptions,
    mode=st.sampled_from(ReplayMode),
    qualifier=st.none() | words,
    function=st.none() | words,
    patch=st.none() | words,
    not_before=st.none() | moments,
    named=st.booleans(),
)
guards = st.builds(Guard, share=st.floats(0, 1), minimum=numbers, new_group=st.booleans())
paces = st.builds(
    Pace,
    rate=st.floats(0.001, 10_000),
    ramp=st.lists(numbers, max_size=4).map(tuple),
    patience=st.none() | spans,
    guard=st.none() | guards,
)
decisions = st.builds(
    JobDecision, verb=st.sampled_from(JobVerb), at=moments, by=words, reason=st.none() | words
)
any_job = st.builds(
    Job,
    id=words.filter(bool),
    name=st.none() | words,
    reason=st.none() | words,
    by=words,
    created_at=moments,
    expires_at=moments.map(lambda at: at.replace(microsecond=0)),
    digest=words,
    runner=words,
    wanted=st.none() | options,
    options=orders,
    pace=paces,
    functions=st.lists(words, max_size=3).map(tuple),
    status=st.sampled_from(JobStatus),
    decisions=st.lists(decisions, max_size=3).map(tuple),
    generation=numbers,
    frozen=st.booleans(),
    after=st.none() | st.builds(Position, moments, words),
    pages=numbers,
    selected=numbers,
    page=st.integers(-1, 10_000),
    offset=numbers,
    slice=st.none() | st.builds(Slice, numbers, numbers, numbers, numbers, st.none() | moments, numbers),
    claimed=numbers,
    skipped=st.dictionaries(words, numbers, max_size=3),
    cleared=numbers,
    time_to_outcome=spans,
    started_at=st.none() | moments,
    claimed_at=st.none() | moments,
    tokens=st.none() | st.floats(-100, 2000),
    ended_at=st.none() | moments,
    heard_by=st.none() | moments,
    stalled=numbers,
    unreported=st.booleans(),
    version=st.integers(0, 10_000),
)


@given(any_job)
@settings(max_examples=50)
def test_any_job_survives_being_an_item(one: Job) -> None:
    item = JobItem()
    item.deserialize(job_item(one).serialize())
    assert to_job(item) == one


@given(any_job)
@settings(max_examples=20)
def test_a_job_of_a_version_that_knew_no_tokens_is_read(one: Job) -> None:
    stored = job_item(one).serialize()
    stored.pop("tokens", None)
    for name in ("opened", "generation"):
        stored.get("slice", {}).get("M", {}).pop(name, None)
    item = JobItem()
    item.deserialize(stored)
    part = one.slice and replace(one.slice, opened_at=None, generation=0)
    assert to_job(item) == replace(one, tokens=None, slice=part)
