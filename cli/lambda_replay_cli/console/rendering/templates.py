"""Templates, and what they may use."""

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import quote, urlencode

from jinja2 import Environment, PackageLoader, StrictUndefined

from lambda_replay_cli.console.client import function_name, job_words, name_of_person, time_format
from lambda_replay_cli.console.rendering import charts, text, times
from lambda_replay_cli.console.rendering.commands import CommandLine

_ARN = re.compile(r"arn:[^\s:]*:lambda:[^\s:]*:[0-9]*:function:")


def renderer(commands: CommandLine) -> Callable[[str, dict[str, Any]], str]:
    """Draws a page from a template's name and what stands in it."""
    environment = Environment(
        loader=PackageLoader("lambda_replay_cli.console"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=text.finalized,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.filters |= {
        "when": times.when,
        "exact": times.exact,
        "short": text.short,
        "exactly": text.exactly,
        "whole": text.whole,
        "span": time_format.length,
        "function": function_name,
        "segment": lambda value: quote(str(value), safe="", errors="replace"),
        "person": lambda arn: str(arn or "").rpartition(":")[2],
        "name": name_of_person,
        # Of a function's ARN the name is enough in a sentence.
        "unprefixed": lambda reported: _ARN.sub("", str(reported)),
        "said": lambda word: str(word or "").replace("_", " "),
        "number": number,
        "is_https": lambda address: str(address or "").startswith("https://"),
        "query": lambda pairs: urlencode(
            {k: v for k, v in pairs.items() if v not in (None, "", [])}, doseq=True, errors="replace"
        ),
        "counted": job_words.counted,
    }
    environment.globals |= {
        "cli": commands,
        "sparkline": charts.sparkline,
        "timeline": charts.timeline,
        "outcomes": charts.outcomes,
        "words": job_words,
    }

    def draw(template: str, shown: dict[str, Any]) -> str:
        return environment.get_template(template).render(shown)

    return draw


def number(value: float | None) -> str:
    """With thin spaces between thousands."""
    return "" if value is None else f"{value:,}".replace(",", "\u202f")
