"""Counts the words that new text is to do without: `python -m tools.words`, a part of `make lint`.

`words.toml` lists them, with what to write instead and how often each may still occur. More than that is an
error, and the newest files that hold the word are named. `--lower` writes down the numbers that have fallen.
"""

import argparse
import re
import sys
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
LIST = ROOT / "tools" / "words.toml"
_ABOUT_WORDS = frozenset({LIST, ROOT / "tests" / "project" / "test_words.py"})
# Text that people write here. Recorded data (corpora, events, locked requirements) says what it says.
_FOLDERS = ("bench", "cli", "docs", "functions", "layers", "local", "statemachines", "tests", "tools")
_ENDINGS = frozenset({".md", ".py", ".toml", ".yaml", ".yml"})
_SHOWN = 10


@dataclass(frozen=True, slots=True)
class Word:
    """A word of the list. `left` is how many of it may still be in the repository."""

    text: str
    instead: str
    left: int


@dataclass(frozen=True, slots=True)
class Place:
    path: Path
    line: int


def listed(text: str) -> list[Word]:
    """The words of a list in TOML. Raises `KeyError` where an entry is not whole."""
    return [Word(word, entry["instead"], entry["left"]) for word, entry in tomllib.loads(text).items()]


def files(root: Path = ROOT) -> Iterator[Path]:
    """The texts of the repository, without what is generated."""
    for path in [*root.glob("*"), *(found for name in _FOLDERS for found in (root / name).rglob("*"))]:
        inside = path.relative_to(root).parts
        if (
            path.suffix in _ENDINGS
            and path not in _ABOUT_WORDS
            and not any(part.startswith(".") for part in inside)
        ):
            yield path


def places(words: Iterable[str], paths: Iterable[Path]) -> dict[str, list[Place]]:
    """Where each word stands, in any case. Parts of longer words and of names do not count."""
    found: dict[str, list[Place]] = {word: [] for word in words}
    pattern = re.compile(rf"\b({'|'.join(map(re.escape, found))})\b", re.IGNORECASE)
    for path in paths:
        for number, line in enumerate(path.read_text().splitlines(), start=1):
            for match in pattern.finditer(line):
                found[match[0].lower()].append(Place(path, number))
    return found


def complaints(words: Iterable[Word], found: Mapping[str, list[Place]]) -> list[str]:
    """One for each word that occurs more often than it may."""
    return [_complaint(word, found[word.text]) for word in words if len(found[word.text]) > word.left]


def _complaint(word: Word, places: list[Place]) -> str:
    newest = sorted(places, key=lambda place: place.path.stat().st_mtime, reverse=True)[:_SHOWN]
    shown = "".join(f"\n  {place.path}:{place.line}" for place in newest)
    return (
        f"{word.text!r} occurs {len(places)} times, {word.left} are allowed (tools/words.toml). "
        f"Write instead: {word.instead}. The files that were changed last:{shown}"
    )


def lowered(text: str, found: Mapping[str, list[Place]]) -> str:
    """The list with the numbers that have fallen; none rises."""
    for word in listed(text):
        now = min(word.left, len(found[word.text]))
        text = re.sub(rf"(?ms)(^\[{re.escape(word.text)}\]$.*?^left = )\d+", rf"\g<1>{now}", text, count=1)
    return text


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.words", description=__doc__)
    parser.add_argument("--lower", action="store_true", help="write down the numbers that have fallen")
    lower = parser.parse_args(arguments).lower
    text = LIST.read_text()
    words = listed(text)
    found = places([word.text for word in words], files())
    wrong = complaints(words, found)
    if lower:
        LIST.write_text(lowered(text, found))
    elif fallen := [word.text for word in words if len(found[word.text]) < word.left]:
        print(f"fewer than before: {', '.join(fallen)}. Write it down: python -m tools.words --lower")
    for complaint in wrong:
        print(complaint, file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
