"""JSON for programs, printed as it comes.

Everything beyond ASCII is escaped: whatever the terminal's encoding, nothing can go wrong on the way.
"""

import json
import sys

from lambda_replay_cli.explaining.explanation import Explanation, as_json


class LinesPrinter:
    """One object per line."""

    def add(self, explanation: Explanation) -> None:
        sys.stdout.write(json.dumps(as_json(explanation)) + "\n")

    def end(self, _problems: int, /) -> None:
        pass


class ArrayPrinter:
    """One array with all objects."""

    def __init__(self) -> None:
        self._before = "[\n"

    def add(self, explanation: Explanation) -> None:
        sys.stdout.write(self._before + json.dumps(as_json(explanation)))
        self._before = ",\n"

    def end(self, _problems: int, /) -> None:
        sys.stdout.write("[]\n" if self._before == "[\n" else "\n]\n")
