"""What Lambda would refuse, what is remembered, what a role's policies say."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambda_replay.domain.functions.function_arn import FunctionArn
from lambda_replay_cli.attachments.change import Attaching, Detaching
from lambda_replay_cli.attachments.invoke_config import LATEST, InvokeConfig, Source
from lambda_replay_cli.attachments.previous_config import PreviousConfig, keys, remembered
from lambda_replay_cli.attachments.roles import Permission, decided, statement
from lambda_replay_cli.client.rate_limit import RateLimit
from lambda_replay_cli.client.stack_addresses import Addresses, needs, short, why_not

ORDERS = FunctionArn.parse("arn:aws:lambda:eu-west-1:123456789012:function:orders")
QUEUE = "arn:aws:sqs:eu-west-1:123456789012:failures"
TOPIC = "arn:aws:sns:eu-west-1:123456789012:failures"
BUS = "arn:aws:events:eu-west-1:123456789012:event-bus/default"
OTHER = "arn:aws:sqs:eu-west-1:123456789012:other"
ADDRESSES = Addresses(
    stack="stack",
    region="eu-west-1",
    account="123456789012",
    outputs={"FailureQueueArn": QUEUE, "FailureTopicArn": TOPIC, "EventBusArn": BUS},
    parameters={"ReplayableFunctions": "arn:aws:lambda:eu-west-1:123456789012:function:*rders"},
)


@pytest.mark.parametrize(
    ("destination", "said"),
    [
        (QUEUE, None),
        (TOPIC, None),
        (BUS, None),
        ("arn:aws:s3:::bucket", None),
        ("arn:aws:lambda:eu-west-1:123456789012:function:other", None),
        (f"{QUEUE}.fifo", "FIFO"),
        (f"{TOPIC}.fifo", "FIFO"),
        (QUEUE.replace("eu-west-1", "us-east-1"), "is in us-east-1"),
        (QUEUE.replace("123456789012", "210987654321"), "is of account 210987654321"),
        (ORDERS.unqualified, "its own destination"),
        (f"{ORDERS.unqualified}:live", "its own destination"),
        ("arn:aws:kinesis:eu-west-1:123456789012:stream/s", "is no queue"),
        ("nonsense", "is no queue"),
    ],
)
def test_what_lambda_refuses_or_never_delivers(destination: str, said: str | None) -> None:
    found = why_not(ORDERS, destination)
    assert found is None if said is None else said in (found or "")


def test_a_bucket_takes_no_successes() -> None:
    assert "no successes" in (why_not(ORDERS, "arn:aws:s3:::bucket", on_success=True) or "")


def test_a_bucket_needs_two_permissions() -> None:
    assert needs("arn:aws:s3:::b") == (
        ("s3:PutObject", "arn:aws:s3:::b/aws/lambda/*"),
        ("s3:ListBucket", "arn:aws:s3:::b"),
    )
    assert [each["Resource"] for each in statement(ADDRESSES, "arn:aws:s3:::b")["Statement"]] == [
        "arn:aws:s3:::b/aws/lambda/*",
        "arn:aws:s3:::b",
    ]


@pytest.mark.parametrize(
    ("arn", "shown"),
    [(QUEUE, "sqs failures"), (BUS, "events default"), (ORDERS.unqualified, "lambda orders"), (None, "none")],
)
def test_a_destination_as_a_person_reads_it(arn: str | None, shown: str) -> None:
    assert short(arn) == shown


topics = st.from_regex(r"arn:aws:sns:eu-west-1:[0-9]{12}:[A-Za-z0-9_$-]{1,256}", fullmatch=True)
destinations = st.none() | topics
memories = st.builds(
    PreviousConfig,
    stack=st.from_regex(r"[A-Za-z][A-Za-z0-9-]{0,127}", fullmatch=True),
    had_failure=st.just(True),
    had_success=st.just(True),
    failure=destinations,
    success=destinations,
    bare=st.booleans(),
    made_alias=st.booleans(),
)
qualifiers = st.just(LATEST) | st.from_regex(r"[A-Za-z0-9_-]{1,128}", fullmatch=True)


@given(memories, qualifiers)
def test_whatever_was_there_is_remembered_in_tags_that_lambda_takes(
    memory: PreviousConfig, qualifier: str
) -> None:
    tags = memory.tags(qualifier)
    allowed = set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 _.:/=+-@")
    for key, value in tags.items():
        assert len(key) <= 128
        assert 0 < len(value) <= 256
        assert set(key + value) <= allowed
    assert remembered({**tags, "team": "shop"}, qualifier) == memory
    assert keys(tags, qualifier) == list(tags)


@given(qualifiers, qualifiers)
def test_no_alias_takes_another_ones_memory(one: str, other: str) -> None:
    tags = PreviousConfig(stack="stack", bare=True).tags(one)
    assert (remembered(tags, other) is not None) == (one == other)


@pytest.mark.parametrize("text", ["", "nonsense", "failure+x", "+++"])
def test_a_damaged_previous_configuration_is_none(text: str) -> None:
    assert remembered({"lambda-replay:before:@latest": text}, LATEST) is None


def source(tags: dict[str, str] | None = None, **config: object) -> Source:
    configs = {LATEST: InvokeConfig(**config)} if config else {}  # type: ignore[arg-type]
    return Source(arn=ORDERS, role="arn:aws:iam::123456789012:role/r", configs=configs, tags=tags or {})


def attached(of: Source, *, to: str = QUEUE, replace: bool = True) -> Source:
    """As it is once the plan was carried out."""
    option = Attaching(addresses=ADDRESSES, destination=to, replace_others=replace)
    [change] = option.changes(of, LATEST)
    assert change.refusal is None
    kept = {key: value for key, value in of.tags.items() if key not in change.forget}
    return Source(arn=of.arn, role=of.role, configs={LATEST: change.after}, tags={**kept, **change.remember})


configs = st.builds(
    InvokeConfig,
    retries=st.none() | st.integers(0, 2),
    age=st.none() | st.integers(60, 21600),
    failure=st.none() | st.just(OTHER),
    success=st.none() | st.just(OTHER),
)


@given(configs)
def test_detaching_undoes_attaching(config: InvokeConfig) -> None:
    before = Source(arn=ORDERS, role="r", configs={} if config.is_empty else {LATEST: config})
    after = attached(before)
    assert after.configs[LATEST].retries == config.retries
    assert after.configs[LATEST].success == config.success
    # Once more, elsewhere: what this service set is not what was there before.
    for state in (after, attached(after, to=TOPIC), attached(attached(after, to=TOPIC))):
        [change] = Detaching(addresses=ADDRESSES).changes(state, None)
        assert change.after == config
        assert set(change.forget) == set(state.tags)


def test_an_event_bus_that_was_set_by_others_is_not_taken_away() -> None:
    [theirs] = Detaching(addresses=ADDRESSES).changes(source(failure=BUS), None)
    assert (theirs.is_nothing, theirs.unchanged) == (True, "not attached")
    [ours] = Detaching(addresses=ADDRESSES).changes(attached(source(retries=1), to=BUS), None)
    assert not ours.is_nothing


def test_another_stacks_memory_is_not_this_ones() -> None:
    tags = PreviousConfig(stack="another", had_failure=True, failure=OTHER).tags(LATEST)
    [change] = Detaching(addresses=ADDRESSES).changes(source(tags, failure=QUEUE), None)
    assert (change.after.failure, change.forget) == (None, ())
    assert any("is not recorded" in note for note in change.notes)


def test_durable_functions_have_no_destinations() -> None:
    durable = Source(arn=ORDERS, role="r", durable=True)
    [change] = Attaching(addresses=ADDRESSES, destination=QUEUE).changes(durable, LATEST)
    assert "durable" in (change.refusal or "")


def test_a_function_of_a_template_is_attached_with_a_warning() -> None:
    managed = source({"aws:cloudformation:stack-name": "shop"}, retries=1)
    [change] = Attaching(addresses=ADDRESSES, destination=QUEUE).changes(managed, LATEST)
    assert any("the stack shop" in note for note in change.notes)


SEND = {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": QUEUE}


@pytest.mark.parametrize(
    ("statements", "answer"),
    [
        ([], Permission.no),
        ([SEND], Permission.yes),
        ([{**SEND, "Action": ["sqs:Get*", "SQS:send*"]}], Permission.yes),
        ([{**SEND, "Action": "*", "Resource": "*"}], Permission.yes),
        ([{**SEND, "Resource": f"{QUEUE[:-1]}?"}], Permission.yes),
        ([{**SEND, "Resource": OTHER}], Permission.no),
        ([{**SEND, "Action": "sqs:Receive*"}], Permission.no),
        ([{**SEND, "Condition": {"Bool": {"aws:SecureTransport": "true"}}}], Permission.no),
        ([SEND, {**SEND, "Effect": "Deny", "Resource": "*"}], Permission.denied),
        ([SEND, {**SEND, "Effect": "Deny", "Condition": {"Bool": {}}}], Permission.yes),
        ([{"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}], Permission.yes),
        ([{"Effect": "Allow", "NotAction": "sqs:*", "Resource": "*"}], Permission.no),
        ([{"Effect": "Allow", "Action": "*", "NotResource": QUEUE}], Permission.no),
    ],
)
def test_what_policies_say(statements: list[dict[str, object]], answer: Permission) -> None:
    assert decided(iter(statements), "sqs:SendMessage", QUEUE) is answer


@pytest.mark.parametrize(
    ("condition", "answer"),
    [
        ({"ForAllValues:StringEquals": {"events:source": "lambda"}}, Permission.yes),
        ({"StringEqualsIfExists": {"events:source": ["shop", "lambda"]}}, Permission.yes),
        ({"StringEquals": {"events:source": "shop"}}, Permission.no),
        ({"StringNotEquals": {"events:source": "lambda"}}, Permission.no),
        (
            {"StringEquals": {"events:source": "lambda"}, "Bool": {"aws:SecureTransport": "true"}},
            Permission.no,
        ),
    ],
)
def test_lambda_is_the_source_of_what_it_sends(condition: dict[str, object], answer: Permission) -> None:
    put = {"Effect": "Allow", "Action": "events:PutEvents", "Resource": BUS, "Condition": condition}
    assert decided(iter([put]), "events:PutEvents", BUS) is answer


def test_calls_keep_their_pace() -> None:
    now = [0.0]

    def pause(seconds: float) -> None:
        now[0] += seconds

    pace = RateLimit(10, clock=lambda: now[0], pause=pause)
    for _ in range(31):
        pace.wait()
    assert now[0] == pytest.approx(2.6), "the first five at once: one second never has more than fifteen"
    now[0] += 60
    rested = now[0]
    for _ in range(6):
        pace.wait()
    assert now[0] - rested == pytest.approx(0.1), "a longer rest allows no more"
