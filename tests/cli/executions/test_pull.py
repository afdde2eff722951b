"""`pull`: the event's bytes, the line that runs it here, the test that keeps it from failing again."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lambda_replay_cli.pull.sam_template import Found, look_through
from tests.cli.support.api_server import Api, connected, served
from tests.cli.support.objects import ID, detail, failure
from tests.cli.support.run import run
from tests.support.template import ROOT

EVENT = b' {"amount": 1.10, "twice": 1, "twice": 1e400}\r\n'
TEMPLATE = """
# Orders: of a comment
Parameters: {Stage: {Type: String}}
Globals:
  Function:
    Runtime: python3.13
    CodeUri: code/
Resources:
  OrdersTable:
    Type: AWS::DynamoDB::Table
    Properties: {TableName: orders}
  Orders:
    Type: AWS::Serverless::Function
    Properties:
      FunctionName: !Sub ${AWS::StackName}-orders   # the name
      Handler: orders.handler
      Events:
        Hourly: {Type: Schedule, Properties: {Schedule: rate(1 hour)}}
  OrdersImport:
    Type: 'AWS::Serverless::Function'
    Properties:
      Handler: src/importing.handler
      CodeUri: importing
      Environment:
        Variables:
          FunctionName: shop-other
  Ship:
    Type: AWS::Lambda::Function
    Properties:
      FunctionName: ship
      Handler: !Ref Handler
      Runtime: nodejs22.x
Outputs:
  Name: {Value: !Ref Orders}
"""


class Lambda:
    def __init__(self, runtime: str = "python3.13") -> None:
        self.runtime = runtime

    def get_function_configuration(self, **_: Any) -> dict[str, str]:
        return {"Runtime": self.runtime, "Handler": "app.main.handler"}


@pytest.fixture
def api(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Api]:
    monkeypatch.chdir(tmp_path)
    with served() as api, connected(api, {"lambda": Lambda()}):
        api.says("GET", f"/executions/{ID}", detail(function="shop-orders"))
        api.says("GET", f"/executions/{ID}/payload", EVENT)
        yield api


def test_the_event_is_written_byte_for_byte_with_the_line_that_runs_it(api: Api, tmp_path: Path) -> None:
    (tmp_path / "template.yaml").write_text(TEMPLATE)
    outcome = run("pull", ID)
    assert (tmp_path / "events" / f"{ID}.json").read_bytes() == EVENT
    assert outcome.out.splitlines() == [
        f"events/{ID}.json",
        f"sam local invoke Orders -e events/{ID}.json",
    ]
    assert (outcome.code, outcome.err) == (0, "")


def test_without_a_template_the_function_is_named_and_that_is_said(api: Api, tmp_path: Path) -> None:
    outcome = run("pull", ID, "--to", "some events")
    assert outcome.out.splitlines()[1] == f"sam local invoke shop-orders -e 'some events/{ID}.json'"
    assert "no template.yaml here" in outcome.err
    assert outcome.code == 0


def test_nothing_else_is_overwritten(api: Api, tmp_path: Path) -> None:
    path = tmp_path / "events" / f"{ID}.json"
    assert run("pull", ID).code == 0
    assert run("pull", ID).code == 0
    path.write_text("mine")
    outcome = run("pull", ID)
    assert (outcome.code, path.read_text()) == (2, "mine")
    assert "is there already" in outcome.err


@pytest.mark.parametrize("identity", ["../x", "a/b", "..", "", "a\nb"])
def test_an_id_that_is_none_leads_to_no_file(api: Api, identity: str, tmp_path: Path) -> None:
    assert (run("pull", "--", identity).code, api.asked) == (2, [])
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_can_not_be_written_is_named(api: Api, tmp_path: Path) -> None:
    (tmp_path / "events").write_text("a file")
    outcome = run("pull", ID)
    assert outcome.code == 2
    assert outcome.problems[0].endswith("Choose another folder with --to.")


def test_a_payload_that_is_gone_is_a_no_and_leaves_no_file(api: Api, tmp_path: Path) -> None:
    api.refuses("GET", f"/executions/{ID}/payload", 410, "payload_expired")
    assert run("pull", ID).code == 1
    assert list(tmp_path.iterdir()) == []


def test_the_stub_fails_as_long_as_the_handler_does_and_passes_when_it_is_fixed(
    api: Api, tmp_path: Path
) -> None:
    (tmp_path / "template.yaml").write_text(TEMPLATE)
    (tmp_path / "code").mkdir()
    handler = tmp_path / "code" / "orders.py"
    outcome = run("pull", ID, "--to", "tests/events", "--pytest")
    stub = tmp_path / "tests" / "events" / f"test_shop_orders_{ID[:8]}.py"
    assert outcome.out.splitlines()[2] == str(stub.relative_to(tmp_path))
    for body, code in (("raise KeyError('TABLE_NAME')", 1), ("return event['amount']", 0)):
        handler.write_text(f"def handler(event, context):\n    {body}\n")
        done = subprocess.run(
            [sys.executable, "-B", "-m", "pytest", "-q", "-p", "no:cacheprovider", str(stub)],
            cwd=tmp_path,
            capture_output=True,
            check=False,
        )
        assert done.returncode == code, done.stdout
    stub.write_text("# completed\n")
    assert run("pull", ID, "--to", "tests/events", "--pytest").code == 0
    assert stub.read_text() == "# completed\n"


def test_a_title_can_not_break_out_of_the_stub(api: Api, tmp_path: Path) -> None:
    title = 'x"""\nimport os; os.abort()\n"""\\'
    api.says("GET", f"/executions/{ID}", detail(failure=failure(title=title)))
    assert run("pull", ID, "--pytest").code == 0
    text = next((tmp_path / "events").glob("test_*.py")).read_text()
    compile(text, "stub", "exec")
    assert "\nimport os; os.abort" not in text
    assert "MODULE, HANDLER = 'app.main', 'handler'" in text


def test_a_stub_is_for_python(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with served() as api, connected(api, {"lambda": Lambda("nodejs22.x")}):
        api.says("GET", f"/executions/{ID}", detail())
        api.says("GET", f"/executions/{ID}/payload", EVENT)
        outcome = run("pull", ID, "--pytest")
    assert outcome.code == 3
    assert "nodejs22.x" in outcome.err


@pytest.mark.parametrize(
    ("function", "found"),
    [
        ("shop-orders", Found("Orders", "orders.handler", "code/", "python3.13")),
        (
            "shop-OrdersImport-1A2B3C4D5E6F",
            Found("OrdersImport", "src/importing.handler", "importing", "python3.13"),
        ),
        ("shop-Orders-1A2B3C4D5E6F", Found("Orders", "orders.handler", "code/", "python3.13")),
        ("ship", Found("Ship", None, None, "nodejs22.x")),
        ("shop-other", None),
        ("other", None),
    ],
)
def test_a_function_is_found_in_the_template(tmp_path: Path, function: str, found: Found | None) -> None:
    (tmp_path / "template.yml").write_text(TEMPLATE)
    assert look_through(tmp_path, function) == found


def test_the_templates_of_this_project_are_understood() -> None:
    sources = ROOT / "local" / "sources"
    found = look_through(sources, "lambda-replay-sources-fixable")
    assert found is not None
    assert (found.logical_id, found.handler) == ("FixableFunction", "fixable.handler")
