"""One completed server for all contract tests, so fast that a retry's minute takes ten milliseconds."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.contract.embedded import Embedded, serving


@pytest.fixture(scope="session")
def server_log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("embedded") / "server.log"


@pytest.fixture(scope="session")
def aws(server_log: Path) -> Iterator[Embedded]:
    with serving(server_log, "--speed", "6000") as embedded:
        yield embedded
