"""What is made of Lambda's answers about a function. Moto knows one event invoke configuration for all of a
function's qualifiers, so most answers are scripted; `tests/contract` asks the embedded AWS."""

import io
import json
import threading
import zipfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import botocore.session
import pytest
from botocore.exceptions import BotoCoreError, ClientError, EndpointConnectionError, ReadTimeoutError

from lambda_replay.adapters.aws.lambda_config import LambdaFunctions, reading_client
from lambda_replay.domain.functions.function_arn import FunctionArn
from lambda_replay.domain.functions.function_config import Durable, FunctionConfig
from lambda_replay.settings import STACK_VARIABLE
from tests.support.world.service import Clock

ORDERS = FunctionArn.parse("arn:aws:lambda:eu-west-1:123456789012:function:orders")
LIVE = ORDERS.with_qualifier("live")
CONFIGURATION: dict[str, Any] = {
    "CodeSha256": "1K8k7Cq8ZDKx9rF4hGjzdDzMnL1XkDdQwE5UuC3z6wY=",
    "Runtime": "python3.13",
    "Handler": "app.handler",
    "Environment": {"Variables": {"TABLE": "orders", "TOKEN": "hunter2"}},
    "MemorySize": 256,
    "Timeout": 30,
    "Layers": [{"Arn": "arn:aws:lambda:eu-west-1:123456789012:layer:a:1", "CodeSize": 10}],
    "Architectures": ["arm64"],
    "EphemeralStorage": {"Size": 512},
    "VpcConfig": {"SubnetIds": ["subnet-1", "subnet-2"], "SecurityGroupIds": ["sg-1"], "VpcId": "vpc-1"},
    "Description": "Takes orders",
    "LastModified": "2026-01-31T09:00:00.000+0000",
    "RevisionId": "one",
    "PackageType": "Zip",
    "Version": "$LATEST",
}
IMAGE: dict[str, Any] = {
    "CodeSha256": "5d41402abc4b2a76b9719d911017c592ae6ab4c2e5b5b2e1a7d4bd0f9a9d4b6f",
    "ImageConfigResponse": {"ImageConfig": {"Command": ["app.handler"]}},
    "PackageType": "Image",
    "Timeout": 900,
    "LastModified": "2026-01-31T09:00:00.000+0000",
    "Version": "$LATEST",
}


def refusal(code: str, status: int) -> ClientError:
    return ClientError(
        {
            "Error": {"Code": code, "Message": "no"},
            "ResponseMetadata": cast("Any", {"HTTPStatusCode": status}),
        },
        "GetFunctionConfiguration",
    )


DELETED = refusal("ResourceNotFoundException", 404)
DENIED = refusal("AccessDeniedException", 403)
UNREAD: list[ClientError | BotoCoreError] = [
    DELETED,
    DENIED,
    refusal("TooManyRequestsException", 429),
    refusal("ServiceException", 500),
    EndpointConnectionError(endpoint_url="https://lambda.eu-west-1.amazonaws.com"),
    ReadTimeoutError(endpoint_url="https://lambda.eu-west-1.amazonaws.com"),
]


@dataclass
class Lambda:
    """Answers by qualifier; an exception is raised. Remembers what it was asked."""

    functions: dict[str, Any] = field(default_factory=lambda: {"$LATEST": CONFIGURATION})
    event_invoke: dict[str, Any] = field(default_factory=dict)
    aliases: Any = ()
    asked: list[tuple[str, str]] = field(default_factory=list)

    def list_aliases(self, **_: str) -> Any:
        if isinstance(self.aliases, Exception):
            raise self.aliases
        return {"Aliases": [{"Name": name} for name in self.aliases]}

    def get_function_configuration(self, **call: str) -> Any:
        self.asked.append((call["FunctionName"], call["Qualifier"]))
        return self._answer(self.functions, call["Qualifier"])

    def get_function_event_invoke_config(self, **call: str) -> Any:
        return self._answer(self.event_invoke, call["Qualifier"])

    def _answer(self, answers: dict[str, Any], qualifier: str) -> Any:
        answer = answers.get(qualifier, DELETED)
        if isinstance(answer, Exception):
            raise answer
        return answer


@pytest.fixture
def aws_lambda() -> Lambda:
    return Lambda()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def functions(aws_lambda: Lambda, clock: Clock) -> LambdaFunctions:
    return LambdaFunctions(clock, lambda region: cast("Any", {ORDERS.region: aws_lambda}[region]))


def code_of(**changes: Any) -> str:
    """The code of the function with these changes; None takes a member away."""
    configuration = {k: v for k, v in (CONFIGURATION | changes).items() if v is not None}
    scripted = Lambda({"$LATEST": configuration})
    facts = LambdaFunctions(Clock(), lambda _: cast("Any", scripted)).facts(ORDERS)
    assert facts is not None
    return facts.code


def test_a_function_with_its_own_configuration(functions: LambdaFunctions, aws_lambda: Lambda) -> None:
    aws_lambda.event_invoke["$LATEST"] = {"MaximumEventAgeInSeconds": 90, "MaximumRetryAttempts": 0}

    assert functions.facts(ORDERS) == FunctionConfig(
        code=code_of(),
        version="$LATEST",
        modified_at=datetime(2026, 1, 31, 9, tzinfo=UTC),
        timeout=timedelta(seconds=30),
        event_age=timedelta(seconds=90),
        retries=0,
        on_failure=(),
        on_success=(),
    )
    assert aws_lambda.asked == [(str(ORDERS), "$LATEST")]


def test_durable_functions_and_those_with_tenants(functions: LambdaFunctions, aws_lambda: Lambda) -> None:
    found = functions.facts(ORDERS)
    assert found is not None
    assert (found.durable, found.isolates_tenants) == (None, False)
    aws_lambda.functions["live"] = CONFIGURATION | {
        "DurableConfig": {"ExecutionTimeout": 86_400, "RetentionPeriodInDays": 1},
        "TenancyConfig": {"TenantIsolationMode": "PER_TENANT"},
    }
    found = functions.facts(LIVE)
    assert found is not None
    assert (found.durable, found.isolates_tenants) == (Durable(timedelta(days=1)), True)
    assert found.outcome_window > timedelta(days=1)
    assert found.failure_time < timedelta(minutes=2)


def test_a_function_of_this_service_is_known_by_its_environment(
    functions: LambdaFunctions, aws_lambda: Lambda
) -> None:
    """Of whatever stack: every function of every stack has the variable."""
    aws_lambda.functions["$LATEST"] = CONFIGURATION | {
        "Environment": {"Variables": {STACK_VARIABLE: "another-stack"}}
    }
    facts = functions.facts(ORDERS)
    assert facts is not None
    assert facts.is_own


def test_an_alias_has_its_version_and_only_its_own_configuration(
    functions: LambdaFunctions, aws_lambda: Lambda
) -> None:
    """An alias takes nothing over from $LATEST (docs/reference/lambda.md#destination-settings)."""
    aws_lambda.functions |= {q: CONFIGURATION | {"Version": "7"} for q in ("live", "slow")}
    aws_lambda.event_invoke |= {
        "$LATEST": {"MaximumEventAgeInSeconds": 90, "MaximumRetryAttempts": 0},
        "slow": {"MaximumEventAgeInSeconds": 120, "MaximumRetryAttempts": 1},
    }

    live, slow = functions.facts(LIVE), functions.facts(ORDERS.with_qualifier("slow"))

    assert live is not None
    assert slow is not None
    assert (live.version, live.event_age, live.retries) == ("7", timedelta(hours=6), 2)
    assert (slow.version, slow.event_age, slow.retries) == ("7", timedelta(minutes=2), 1)
    assert aws_lambda.asked == [(str(ORDERS), "live"), (str(ORDERS), "slow")]


def test_what_was_not_configured_is_lambdas_default(functions: LambdaFunctions, aws_lambda: Lambda) -> None:
    aws_lambda.event_invoke["$LATEST"] = {"DestinationConfig": {}, "MaximumRetryAttempts": None}
    facts = functions.facts(ORDERS)
    assert facts is not None
    assert (facts.event_age, facts.retries) == (timedelta(hours=6), 2)


@pytest.mark.parametrize("error", UNREAD, ids=lambda error: str(error)[:60])
def test_a_function_that_can_not_be_read_is_none(
    functions: LambdaFunctions, aws_lambda: Lambda, error: Exception
) -> None:
    aws_lambda.functions["$LATEST"] = error
    assert functions.facts(ORDERS) is None


@pytest.mark.parametrize("broken", [{}, CONFIGURATION | {"LastModified": "soon"}])
def test_an_answer_that_can_not_be_understood_is_none(
    functions: LambdaFunctions, aws_lambda: Lambda, broken: Any
) -> None:
    aws_lambda.functions["$LATEST"] = broken
    assert functions.facts(ORDERS) is None


@pytest.mark.parametrize("error", UNREAD, ids=lambda error: str(error)[:60])
def test_without_the_event_invoke_configuration_the_window_is_the_longest(
    functions: LambdaFunctions, aws_lambda: Lambda, error: Exception
) -> None:
    aws_lambda.event_invoke["$LATEST"] = error
    facts = functions.facts(ORDERS)
    assert facts is not None
    assert (facts.event_age, facts.retries) == (timedelta(hours=6), 2)


def test_one_target_is_asked_about_once_a_minute(
    functions: LambdaFunctions, aws_lambda: Lambda, clock: Clock
) -> None:
    before = functions.facts(ORDERS)
    aws_lambda.functions["$LATEST"] = CONFIGURATION | {"Timeout": 60}

    clock.pass_(timedelta(seconds=59))
    assert functions.facts(ORDERS) == before
    assert functions.facts(ORDERS.with_qualifier("$LATEST")) == before
    assert len(aws_lambda.asked) == 1

    clock.pass_(timedelta(seconds=1))
    after = functions.facts(ORDERS)
    assert after is not None
    assert after.timeout == timedelta(seconds=60)
    assert len(aws_lambda.asked) == 2


def test_a_function_that_can_not_be_read_is_asked_about_once_a_minute(
    functions: LambdaFunctions, aws_lambda: Lambda, clock: Clock
) -> None:
    aws_lambda.functions["$LATEST"] = DENIED
    assert functions.facts(ORDERS) is None
    aws_lambda.functions["$LATEST"] = CONFIGURATION

    clock.pass_(timedelta(seconds=59))
    assert functions.facts(ORDERS) is None
    clock.pass_(timedelta(seconds=1))
    assert functions.facts(ORDERS) is not None


def test_qualifiers_are_remembered_apart(functions: LambdaFunctions, aws_lambda: Lambda) -> None:
    aws_lambda.functions["live"] = CONFIGURATION | {"Version": "7"}
    found = [functions.facts(target) for target in (ORDERS, LIVE, ORDERS, LIVE)]
    assert [facts.version for facts in found if facts] == ["$LATEST", "7"] * 2
    assert len(aws_lambda.asked) == 2


def test_no_more_than_a_thousand_targets_are_remembered(
    functions: LambdaFunctions, aws_lambda: Lambda
) -> None:
    aws_lambda.functions = {str(number): CONFIGURATION for number in range(1001)}
    for number in range(1001):
        functions.facts(ORDERS.with_qualifier(str(number)))

    functions.facts(ORDERS.with_qualifier("1000"))
    functions.facts(ORDERS.with_qualifier("1"))
    assert len(aws_lambda.asked) == 1001

    functions.facts(ORDERS.with_qualifier("0"))  # the first one had to go
    assert len(aws_lambda.asked) == 1002


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("CodeSha256", "other"),
        ("Runtime", "python3.14"),
        ("Handler", "app.other"),
        ("Environment", {"Variables": {"TABLE": "orders", "TOKEN": "hunter3"}}),
        ("Environment", None),
        ("MemorySize", 512),
        ("Timeout", 31),
        ("Layers", [{"Arn": "arn:aws:lambda:eu-west-1:123456789012:layer:a:2", "CodeSize": 10}]),
        ("Layers", []),
        ("Architectures", ["x86_64"]),
        ("EphemeralStorage", {"Size": 1024}),
        ("ImageConfigResponse", {"ImageConfig": {"WorkingDirectory": "/other"}}),
        ("VpcConfig", {"SubnetIds": ["subnet-1"], "SecurityGroupIds": ["sg-1"], "VpcId": "vpc-1"}),
        ("VpcConfig", {"SubnetIds": ["subnet-1", "subnet-2"], "SecurityGroupIds": ["sg-2"]}),
    ],
)
def test_the_code_changes_with_what_runs(member: str, value: Any) -> None:
    assert code_of(**{member: value}) != code_of()


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("Description", "Takes orders, and gives them"),
        ("LastModified", "2026-02-01T09:00:00.000+0000"),
        ("RevisionId", "two"),
        ("Version", "7"),
        ("Environment", {"Variables": {"TOKEN": "hunter2", "TABLE": "orders"}}),
        ("Layers", [{"Arn": "arn:aws:lambda:eu-west-1:123456789012:layer:a:1", "CodeSize": 11}]),
        ("VpcConfig", {"SubnetIds": ["subnet-2", "subnet-1"], "SecurityGroupIds": ["sg-1"]}),
    ],
)
def test_the_code_stays_with_what_only_describes_it(member: str, value: Any) -> None:
    assert code_of(**{member: value}) == code_of()


@pytest.mark.parametrize(
    ("member", "empty"),
    [
        ("Environment", {"Variables": {}}),
        ("Environment", {"Error": {"ErrorCode": "AccessDeniedException", "Message": "no key"}}),
        ("Layers", []),
        ("VpcConfig", {"SubnetIds": [], "SecurityGroupIds": [], "VpcId": ""}),
        ("Handler", ""),
    ],
)
def test_absent_and_empty_are_the_same(member: str, empty: Any) -> None:
    assert code_of(**{member: empty}) == code_of(**{member: None})


def test_the_code_holds_no_secret() -> None:
    """Twelve digits of a digest: it is stored and shown, and the variables may be secrets."""
    code = code_of()
    assert len(code) == 12
    assert set(code) <= set("0123456789abcdef")


def test_an_image_has_neither_runtime_nor_handler(functions: LambdaFunctions, aws_lambda: Lambda) -> None:
    aws_lambda.functions = {"$LATEST": IMAGE, "new": IMAGE | {"CodeSha256": "another digest"}}
    facts, changed = functions.facts(ORDERS), functions.facts(ORDERS.with_qualifier("new"))
    assert facts is not None
    assert changed is not None
    assert facts.timeout == timedelta(minutes=15)
    assert facts.code != changed.code


def test_motos_lambda_is_read_through_a_client_of_the_functions_region(aws: None, clock: Clock) -> None:
    session: Any = botocore.session.Session()
    iam, lambda_ = (session.create_client(name, region_name=ORDERS.region) for name in ("iam", "lambda"))
    trust = {"Version": "2012-10-17", "Statement": []}
    role = iam.create_role(RoleName="r", AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
    lambda_.create_function(
        FunctionName=ORDERS.name, Runtime="python3.13", Handler="app.handler", Role=role, Timeout=7,
        Code={"ZipFile": zipped("1")},
    )  # fmt: skip
    functions = LambdaFunctions(clock, reading_client)

    facts = functions.facts(ORDERS)

    assert facts is not None
    assert (facts.timeout, facts.retries) == (timedelta(seconds=7), 2)
    assert facts.modified_at.tzinfo is not None
    assert functions.facts(FunctionArn.parse(f"{ORDERS.unqualified}-gone")) is None

    lambda_.update_function_code(FunctionName=ORDERS.name, ZipFile=zipped("2"))
    clock.pass_(timedelta(minutes=1))
    changed = functions.facts(ORDERS)
    assert changed is not None
    assert changed.code != facts.code


def test_no_one_listens(monkeypatch: pytest.MonkeyPatch, clock: Clock) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_LAMBDA", "http://127.0.0.1:9")
    assert LambdaFunctions(clock).facts(ORDERS) is None


def zipped(text: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("app.py", text)
    return buffer.getvalue()


def test_who_wants_it_fresh_gets_it(functions: LambdaFunctions, aws_lambda: Lambda) -> None:
    before = functions.facts(ORDERS)
    aws_lambda.functions["$LATEST"] = CONFIGURATION | {"CodeSha256": "deployed a moment ago"}
    assert functions.facts(ORDERS) == before
    after = functions.facts(ORDERS, fresh=True)
    assert after is not None
    assert after != before
    assert functions.facts(ORDERS) == after


def test_an_answer_that_takes_long_is_waited_for_by_those_alone_who_ask_for_it(clock: Clock) -> None:
    hangs, goes_on = threading.Event(), threading.Event()

    class Hanging(Lambda):
        def get_function_configuration(self, **call: str) -> Any:
            if call["Qualifier"] == "live":
                hangs.set()
                assert goes_on.wait(timeout=30)
            return super().get_function_configuration(**call)

    scripted = Hanging({"$LATEST": CONFIGURATION, "live": CONFIGURATION | {"Version": "7"}})
    functions = LambdaFunctions(clock, lambda _: cast("Any", scripted))
    with ThreadPoolExecutor(3) as pool:
        waiting = [pool.submit(functions.facts, LIVE)]
        assert hangs.wait(timeout=30)
        waiting += [pool.submit(functions.facts, LIVE)]
        try:
            others = pool.submit(functions.facts, ORDERS).result(timeout=10)
        finally:
            goes_on.set()
        found = [one.result(timeout=30) for one in waiting]
    assert others is not None
    assert others.version == "$LATEST"
    assert [facts.version for facts in found if facts] == ["7", "7"]
    assert scripted.asked.count((str(ORDERS), "live")) == 1


def test_an_error_reaches_all_who_wait_and_is_not_kept(
    functions: LambdaFunctions, aws_lambda: Lambda
) -> None:
    aws_lambda.functions["$LATEST"] = MemoryError()
    for _ in range(2):
        with pytest.raises(MemoryError):
            functions.facts(ORDERS)
    aws_lambda.functions["$LATEST"] = CONFIGURATION
    assert functions.facts(ORDERS) is not None
