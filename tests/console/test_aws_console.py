"""Links into the AWS console: the log of a run by its request id, the function's traces at that time."""

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from lambda_replay_cli.console.executions.aws_console import last_run
from tests.cli.support.api_server import Api
from tests.cli.support.objects import ID, detail, failure, replay
from tests.console.browsing import Browser, browsing

NOW = datetime(2026, 1, 31, 12, tzinfo=UTC)
LOG, TRACES = (
    "log of the last run, in the AWS console",
    "traces of the function at that time, in the AWS console",
)


def decoded(address: str) -> tuple[str, dict[str, list[str]]]:
    """The log group of the logs' page, and what it is asked for."""
    path = unquote(urlsplit(address).fragment.replace("$", "%"))
    path, _, query = path.partition("?")
    group = path.removeprefix("logsV2:log-groups/log-group/").removesuffix("/log-events")
    return unquote(group), {
        name: [unquote(one) for one in values] for name, values in parse_qs(query).items()
    }


@pytest.mark.parametrize(
    ("partition", "region", "host"),
    [
        ("aws", "eu-west-1", "eu-west-1.console.aws.amazon.com"),
        ("aws-cn", "cn-north-1", "cn-north-1.console.amazonaws.cn"),
        ("aws-us-gov", "us-gov-west-1", "us-gov-west-1.console.amazonaws-us-gov.com"),
        ("aws-eusc", "eusc-de-east-1", "eusc-de-east-1.console.amazonaws-eusc.eu"),
    ],
)
def test_each_partition_has_a_console_of_its_own(partition: str, region: str, host: str) -> None:
    arn = f"arn:{partition}:lambda:{region}:123456789012:function:orders:live"
    run = last_run(detail(function_arn=arn), NOW)
    assert run is not None
    for address, path in ((run.log(None), "/cloudwatch/home"), (run.traces(), "/xray/home")):
        parts = urlsplit(address)
        assert (parts.scheme, parts.netloc, parts.path) == ("https", host, path)
        assert parse_qs(parts.query) == {"region": [region]}
    # As the AWS documentation and the pages themselves write them.
    assert run.log(None).split("#")[1] == (
        "logsV2:log-groups/log-group/$252Faws$252Flambda$252Forders/log-events"
        f"$3Fstart$3D1769828400000$26end$3D1769850600000$26filterPattern$3D$2522{ID}$2522"
    )
    assert run.traces().split("#")[1] == (
        "/traces?timeRange=2026-01-31T03:10:00~2026-01-31T09:10:00&filter=service(%22orders%22)"
    )


def test_a_partition_without_a_known_console_has_no_links(browser: Browser, api: Api) -> None:
    arn = "arn:aws-iso:lambda:us-iso-east-1:123456789012:function:orders"
    assert last_run(detail(function_arn=arn), NOW) is None
    api.says("GET", f"/executions/{ID}", detail(function_arn=arn))
    assert LOG not in browser.get(f"/executions/{ID}").links
    page = browser.get(f"/executions/{ID}/log")
    assert page.status == 400
    assert "the AWS console has no page for its log" in page.text


@pytest.mark.parametrize(
    ("replays", "request_id", "since", "until"),
    [
        ([], ID, "2026-01-31T03:00:00Z", "2026-01-31T09:10:00Z"),
        ([replay("rejected", request_id=None)], ID, "2026-01-31T03:00:00Z", "2026-01-31T09:10:00Z"),
        ([replay("accepted")], "run-1", "2026-01-31T10:00:00Z", "2026-01-31T12:10:00Z"),
        (
            [replay("failed", ended_at="2026-01-31T10:04:00Z", failure=failure())],
            "run-1",
            "2026-01-31T10:00:00Z",
            "2026-01-31T10:14:00Z",
        ),
    ],
)
def test_the_last_run_is_meant(replays: list[Any], request_id: str, since: str, until: str) -> None:
    run = last_run(detail(replays=replays), NOW)
    assert run is not None
    group, asked = decoded(run.log(None))
    assert (group, asked["filterPattern"]) == ("/aws/lambda/orders", [f'"{request_id}"'])
    times = [datetime.fromtimestamp(int(asked[name][0]) / 1000, UTC) for name in ("start", "end")]
    assert times == [datetime.fromisoformat(since), datetime.fromisoformat(until)]
    shown = parse_qs(urlsplit(run.traces()).fragment.partition("?")[2])["timeRange"][0].split("~")
    begin, end = (datetime.fromisoformat(one) for one in shown)
    assert timedelta() < end - begin <= timedelta(hours=6)


class _Lambda:
    def get_function_configuration(self, FunctionName: str) -> dict[str, Any]:  # boto's name
        assert FunctionName == "arn:aws:lambda:eu-west-1:123456789012:function:orders"
        return {"LoggingConfig": {"LogGroup": "/teams/shop [live]"}}


def test_the_log_is_where_the_function_writes_it(api: Api) -> None:
    """A function may share a log group with others."""
    from tests.console.browsing import _Clients

    with browsing(lambda: api.service(_Clients({"lambda": _Lambda()}))) as browser:
        link = browser.get(f"/executions/{ID}").links[LOG]
        answer = browser.client.get(link, follow_redirects=False)
    assert answer.status_code == 303
    group, asked = decoded(answer.headers["location"])
    assert (group, asked["filterPattern"]) == ("/teams/shop [live]", [f'"{ID}"'])


def test_without_the_permission_it_is_looked_for_where_functions_usually_write(browser: Browser) -> None:
    page = browser.get(f"/executions/{ID}")
    assert page.links[TRACES].startswith("https://eu-west-1.console.aws.amazon.com/xray/")
    answer = browser.client.get(page.links[LOG], follow_redirects=False)
    assert decoded(answer.headers["location"])[0] == "/aws/lambda/orders"


def test_odd_names_stay_in_their_place() -> None:
    arn = 'arn:aws:lambda:eu-west-1:123456789012:function:a"&filter=x#/../$2F'
    run = last_run(detail(function_arn=arn), NOW)
    assert run is not None
    assert decoded(run.log("b/$c?d#e&f"))[0] == "b/$c?d#e&f"
    wanted = parse_qs(urlsplit(run.traces()).fragment.partition("?")[2])
    assert wanted["filter"] == [f'service("{run.function}")']
