"""The version is written down once, in `lambda_replay/__init__.py`; everything that shows it agrees."""

import json
import os
import re
import tomllib

import pytest

from lambda_replay import __version__
from lambda_replay.adapters.aws import clients
from lambda_replay_cli.client.config import ConnectionOptions
from lambda_replay_cli.client.connection import connect
from tests.cli.support.api_server import served
from tests.cli.support.run import run
from tests.cli.test_connection import API, deploys
from tests.support.template import ROOT, load_template

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())


def test_the_package_takes_its_version_from_the_source() -> None:
    assert "version" not in PROJECT["project"]
    assert PROJECT["project"]["dynamic"] == ["version"]
    assert PROJECT["tool"]["setuptools"]["dynamic"]["version"] == {"attr": "lambda_replay.__version__"}


def test_the_command_line_prints_it() -> None:
    outcome = run("--version")
    assert (outcome.code, outcome.out.strip()) == (0, __version__)


def test_the_openapi_document_names_it() -> None:
    document = json.loads((ROOT / "docs" / "openapi.json").read_text())
    assert document["info"]["version"] == __version__


def test_the_template_names_it_in_its_metadata_and_outputs() -> None:
    template = load_template()
    assert template["Metadata"]["AWS::ServerlessRepo::Application"]["SemanticVersion"] == __version__
    assert template["Outputs"]["Version"]["Value"] == __version__


def test_calls_of_the_functions_name_it() -> None:
    client = clients.lazy("s3", region_name="eu-west-1")()
    assert client.meta.config.user_agent_extra == f"lambda-replay/{__version__}"


def test_calls_of_the_command_line_name_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAMBDA_REPLAY_CONFIG", os.devnull)
    with served() as api:
        deploys(api, **API)
        api.says("GET", "/_aws/execute-api/a/v1/rules", {})
        connect(ConnectionOptions(stack="mine", endpoint_url=api.url)).call("GET", "/rules")
        agents = [asked.headers["user-agent"] for asked in api.asked]
    assert all(f"lambda-replay/{__version__}" in agent for agent in agents)
    assert len(agents) == 2  # CloudFormation, then the API


def test_the_changelog_has_a_section_for_it_or_for_what_is_unreleased() -> None:
    headings = re.findall(r"^## \[(.+?)\]", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert headings[0] == "Unreleased"
    released = [heading for heading in headings if heading != "Unreleased"]
    assert not released or released[0] == __version__
