"""Finding the stack: whose name, whose credentials, and what is said when there is none."""

import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from lambda_replay_cli.client.config import ConnectionOptions, completed
from lambda_replay_cli.client.connection import Connection, connect
from lambda_replay_cli.errors import ExternalError, UsageError
from tests.cli.support.api_server import Api, Asked, served
from tests.cli.support.run import run

FOUND = """<DescribeStacksResponse><DescribeStacksResult><Stacks><member>
<StackName>mine</StackName><CreationTime>2026-01-31T09:00:00Z</CreationTime>
<StackStatus>CREATE_COMPLETE</StackStatus>
<StackId>arn:aws:cloudformation:eu-west-1:123456789012:stack/mine/1</StackId>
<Outputs>{outputs}</Outputs></member></Stacks></DescribeStacksResult></DescribeStacksResponse>"""
OUTPUT = "<member><OutputKey>{}</OutputKey><OutputValue>{}</OutputValue></member>"
REFUSED = "<ErrorResponse><Error><Code>{}</Code><Message>{}</Message></Error></ErrorResponse>"
API = {"ApiUrl": "https://a.execute-api.eu-west-1.amazonaws.com/v1", "ApiId": "a", "ApiStage": "v1"}


@pytest.fixture(autouse=True)
def nobodys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.delenv("LAMBDA_REPLAY_STACK", raising=False)


@pytest.fixture
def aws() -> Iterator[Api]:
    """An emulator: everything under one address."""
    with served() as api:
        deploys(api, **API)
        yield api


def deploys(api: Api, **outputs: str) -> None:
    text = "".join(OUTPUT.format(*each) for each in outputs.items())
    api.says("POST", "/", FOUND.format(outputs=text).encode())


def refuses(api: Api, code: str, message: str, status: int = 400) -> None:
    api.says("POST", "/", REFUSED.format(code, message).encode(), status)


def connected(api: Api) -> Connection:
    return connect(ConnectionOptions(stack="mine", endpoint_url=api.url))


def test_the_stack_is_found_by_its_outputs(aws: Api) -> None:
    service = connected(aws)
    assert service.outputs == API
    assert (service.stack, service.region, service.account) == ("mine", "eu-west-1", "123456789012")
    assert "StackName=mine" in aws.asked[0].body


def test_an_emulator_serves_the_api_under_its_own_address(aws: Api) -> None:
    aws.says("GET", "/_aws/execute-api/a/v1/rules", {"version": 0})
    assert connected(aws).call("GET", "/rules") == {"version": 0}


@pytest.mark.parametrize(
    ("code", "message", "words"),
    [
        ("ValidationError", "Stack with id mine does not exist", "there is no stack mine in eu-west-1"),
        ("ExpiredToken", "The security token included in the request is expired", "aws sso login"),
        ("InvalidClientTokenId", "invalid", "does not know these credentials"),
        ("SignatureDoesNotMatch", "no", "the clock"),
        ("AccessDenied", "no cloudformation:DescribeStacks", "no cloudformation:DescribeStacks"),
        ("Odd", "two\nlines", "two lines"),
    ],
)
def test_what_aws_refuses_is_one_line_with_the_fix(aws: Api, code: str, message: str, words: str) -> None:
    refuses(aws, code, message)
    outcome = run("list", "--stack", "mine", "--endpoint-url", aws.url)
    assert outcome.code == 3
    assert words in outcome.err
    assert len(outcome.problems) == 1


def test_a_stack_of_something_else_is_named() -> None:
    with served() as api:
        deploys(api, Other="x")
        with pytest.raises(ExternalError, match="is no Lambda Replay"):
            connected(api)


def test_a_network_that_is_down_is_one_line() -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        outcome = run("list", "--endpoint-url", f"http://127.0.0.1:{nobody.getsockname()[1]}")
    assert (outcome.code, len(outcome.problems)) == (3, 1)
    assert "--endpoint-url" in outcome.err


@pytest.mark.parametrize(
    ("options", "code", "words"),
    [
        (["--profile", "nobody"], 2, "aws configure list-profiles"),
        (["--endpoint-url", "nonsense"], 2, "http://HOST:PORT"),
        (["--region", "not a region"], 2, "eu-west-1"),
    ],
)
def test_settings_that_can_not_be_are_usage_errors(options: list[str], code: int, words: str) -> None:
    outcome = run("list", *options)
    assert (outcome.code, len(outcome.problems)) == (code, 1), outcome.err
    assert words in outcome.err


def test_without_credentials_or_region_the_fix_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    outcome = run("list")
    assert (outcome.code, len(outcome.problems)) == (3, 1)
    assert "no AWS credentials found" in outcome.err
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name)
    outcome = run("list")
    assert outcome.code == 2
    assert "give --region" in outcome.err


def test_debug_shows_the_traceback_before_the_line(aws: Api) -> None:
    refuses(aws, "AccessDenied", "no")
    outcome = run("--debug", "list", "--endpoint-url", aws.url)
    assert "Traceback" in outcome.err
    assert outcome.problems[-1].startswith("lambda-replay: ")


def test_the_option_goes_before_the_environment_and_that_before_the_file(tmp_path: Path) -> None:
    file = tmp_path / "lambda-replay" / "config.toml"
    file.parent.mkdir()
    file.write_text('stack = "filed"\nregion = "us-west-2"\nprofile = "team"\n')
    named = {"XDG_CONFIG_HOME": str(tmp_path)}
    assert completed(ConnectionOptions(), named) == ConnectionOptions("filed", "team", "us-west-2")
    assert completed(
        ConnectionOptions(), {**named, "LAMBDA_REPLAY_STACK": "set", "AWS_REGION": "x"}
    ) == ConnectionOptions("set", "team", "x")
    assert (
        completed(ConnectionOptions(stack="given"), {**named, "LAMBDA_REPLAY_STACK": "set"}).stack == "given"
    )
    # Keys in the environment are a choice of their own.
    assert completed(ConnectionOptions(), {**named, "AWS_ACCESS_KEY_ID": "k"}).profile is None
    # botocore reads a profile in the environment itself: passed on, it would go before keys there.
    assert completed(ConnectionOptions(), {**named, "AWS_PROFILE": "p"}).profile is None
    assert completed(ConnectionOptions(), {"LAMBDA_REPLAY_CONFIG": str(file)}).stack == "filed"
    assert (
        completed(ConnectionOptions(), {"XDG_CONFIG_HOME": str(tmp_path / "none")}).stack == "lambda-replay"
    )


@pytest.mark.parametrize("text", ["stack = ", 'colour = "red"', "stack = 3", '[stack]\nname = "x"'])
def test_a_file_that_is_not_right_is_named(tmp_path: Path, text: str) -> None:
    file = tmp_path / "config.toml"
    file.write_text(text)
    with pytest.raises(UsageError, match=r"config\.toml"):
        completed(ConnectionOptions(), {"LAMBDA_REPLAY_CONFIG": str(file)})
    with pytest.raises(UsageError, match="no such file"):
        completed(ConnectionOptions(), {"LAMBDA_REPLAY_CONFIG": str(tmp_path / "none.toml")})


def test_shared_options_stand_before_or_behind_the_command(aws: Api) -> None:
    asked: list[str] = []

    def answer(request: Asked) -> tuple[int, object]:
        asked.append(request.body)
        return 400, REFUSED.format("AccessDenied", "no").encode()

    aws.answers["POST", "/"] = answer
    run("--stack", "one", f"--endpoint-url={aws.url}", "list")
    run("list", "--stack=two", "--endpoint-url", aws.url)
    assert [each.partition("StackName=")[2].partition("&")[0] for each in asked] == ["one", "two"]


@pytest.mark.parametrize("program", ["/no/such/program", "echo nonsense"])
def test_credentials_that_can_not_be_read_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, program: str
) -> None:
    file = tmp_path / "aws"
    file.write_text(f"[profile broken]\ncredential_process = {program}\nregion = eu-west-1\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(file))
    outcome = run("list", "--profile", "broken")
    assert (outcome.code, len(outcome.problems)) == (3, 1)
    assert "credentials can't be read" in outcome.err


def test_keys_in_the_environment_go_before_a_profile_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, aws: Api
) -> None:
    """As the AWS CLI does it."""
    file = tmp_path / "aws"
    file.write_text("[profile dev]\naws_access_key_id = DEVKEY\naws_secret_access_key = x\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(file))
    monkeypatch.setenv("AWS_PROFILE", "dev")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "OTHERKEY")
    refuses(aws, "AccessDenied", "no")
    run("list", "--endpoint-url", aws.url)
    assert "OTHERKEY" in aws.asked[0].headers["authorization"]
    run("list", "--endpoint-url", aws.url, "--profile", "dev")
    assert "DEVKEY" in aws.asked[1].headers["authorization"]


def test_a_client_is_made_once_also_by_several_at_the_same_time() -> None:
    service = Api(url="http://127.0.0.1:9").service()
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: service.client("sqs"), range(16)))
    assert {id(client) for client in made} == {id(made[0])}
