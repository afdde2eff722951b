"""Every link, anchor and path that documents and comments name leads somewhere."""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from urllib.parse import unquote

import pytest

from tests.support.template import ROOT

_LEFT_OUT = {"build", "dist", "node_modules"}
_FENCE = re.compile(r"^(```|~~~).*?^\1\s*$", re.MULTILINE | re.DOTALL)
_CODE = re.compile(r"`[^`\n]*`")
_INLINE = re.compile(r"\]\(\s*<?([^)\s>]+)>?[^)]*\)")
_DEFINITION = re.compile(r"^\[([^\]]+)\]:\s*(\S+)", re.MULTILINE)
_BY_NAME = re.compile(r"\]\[([^\]]+)\]")
_HEADING = re.compile(r"^#{1,6}\s+(.+?)\s*#*\s*$", re.MULTILINE)
_CITED_PAGE = re.compile(r"docs/[\w./-]+?\.md(?:#([\w-]+))?")
_CITED_DECISION = re.compile(r"\bdecisions? (\d{4})\b")
_ELSEWHERE = re.compile(
    r"\b(?:contract|design)(?:,| section| sections) (?:sections? |invariants? )?\d", re.IGNORECASE
)
_DAY = r"20\d\d-\d\d-\d\d"
_STATUS = re.compile(
    rf"\*{_DAY}, (accepted|superseded by \[\d{{4}}\]\(\d{{4}}-[\w-]+\.md\))(; changed {_DAY})?\*"
)
# A path of this repository, as documents write it: whole, with an ending, without placeholders.
_PATH = re.compile(
    r"`((?:bench|cli|docs|events|functions|layers|local|requirements|statemachines|tests|tools)/[\w./-]+\.\w+)`"
)


def files(*endings: str) -> list[Path]:
    return sorted(
        path
        for path in ROOT.rglob("*")
        if path.suffix in endings
        and path.is_file()
        and not any(_generated(part) for part in path.relative_to(ROOT).parts[:-1])
    )


def _generated(folder: str) -> bool:
    return (folder.startswith(".") and folder not in {".github", ".ci"}) or folder in _LEFT_OUT


PAGES = files(".md")
SOURCES = [ROOT / "Makefile", *files(".py", ".yaml", ".yml", ".toml")]


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def prose(path: Path) -> str:
    """A page without its code, in which brackets are no links."""
    return _CODE.sub("", _FENCE.sub("", path.read_text()))


@cache
def anchors(path: Path) -> frozenset[str]:
    """The anchors of a page, made from its headings as GitHub makes them."""
    found: list[str] = []
    for heading in _HEADING.findall(_FENCE.sub("", path.read_text())):
        text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).lower()
        slug = re.sub(r"[^\w\- ]", "", text).replace(" ", "-")
        again = found.count(slug)
        found.append(f"{slug}-{again}" if again else slug)
    return frozenset(found)


def links(path: Path) -> Iterator[str]:
    text = prose(path)
    yield from _INLINE.findall(text)
    for _, target in _DEFINITION.findall(text):
        yield target


def problem(page: Path, link: str) -> str | None:
    """What is wrong with a link on `page`, or None; addresses on the web are not followed."""
    if re.match(r"[a-z]+:", link):
        return None
    place, _, anchor = link.partition("#")
    target = (page.parent / unquote(place)).resolve() if place else page
    if not target.is_relative_to(ROOT) or not target.exists():
        return f"{name(page)}: {link} leads nowhere"
    if anchor and target.suffix == ".md" and anchor not in anchors(target):
        return f"{name(page)}: {link} names no heading of {name(target)}"
    return None


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_links_lead_to_files_and_headings(page: Path) -> None:
    assert [found for link in links(page) if (found := problem(page, link))] == []


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_links_by_name_are_defined_and_used(page: Path) -> None:
    text = prose(page)
    assert set(_BY_NAME.findall(text)) == {label for label, _ in _DEFINITION.findall(text)}


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_paths_in_documents_exist(page: Path) -> None:
    named = [ROOT / path for path in _PATH.findall(page.read_text())]
    assert [name(path) for path in named if path.stem != "ID" and not path.exists()] == []


def test_pages_that_code_and_comments_cite_have_the_heading() -> None:
    wrong = [
        f"{name(path)}: {match[0]}"
        for path in SOURCES
        for match in _CITED_PAGE.finditer(path.read_text())
        if not (page := ROOT / match[0].partition("#")[0]).exists()
        or (match[1] and match[1] not in anchors(page))
    ]
    assert wrong == []


def test_decisions_that_are_cited_exist() -> None:
    known = {path.name[:4] for path in (ROOT / "docs" / "decisions").glob("*.md")}
    wrong = [
        f"{name(path)}: decision {number}"
        for path in [*SOURCES, *PAGES]
        for number in _CITED_DECISION.findall(path.read_text())
        if number not in known
    ]
    assert wrong == []


def test_nothing_cites_pages_by_a_number_that_is_written_down_elsewhere() -> None:
    wrong = [
        f"{name(path)}: {match[0]}"
        for path in [*SOURCES, *PAGES]
        for match in _ELSEWHERE.finditer(path.read_text())
    ]
    assert wrong == []


def test_the_reference_names_a_source_for_every_fact_about_aws() -> None:
    page = (ROOT / "docs" / "reference" / "lambda.md").read_text()
    for table in re.findall(r"(?:^\|.*\n)+", page, re.MULTILINE):
        header, _, *rows = table.splitlines()
        if header.rstrip("| ").endswith("source"):
            assert [row for row in rows if "](" not in row and "][" not in row] == []


@pytest.mark.parametrize("page", sorted((ROOT / "docs" / "decisions").glob("[0-9]*.md")), ids=name)
def test_decisions_have_a_date_and_a_status(page: Path) -> None:
    title, blank, line, *_ = page.read_text().splitlines()
    assert title.startswith("# ")
    assert blank == ""
    assert _STATUS.fullmatch(line), (
        f"{page.name}: the third line is '*DATE, STATUS*', such as '*2026-11-21, accepted*'"
    )


@pytest.mark.parametrize(
    ("link", "wrong"),
    [
        ("lambda.md#recursion", None),
        (
            "lambda.md#no-such-heading",
            "docs/reference/service.md: lambda.md#no-such-heading names no heading of",
        ),
        ("nowhere.md", "docs/reference/service.md: nowhere.md leads nowhere"),
        ("#once", None),
        ("../../../../etc/passwd", "leads nowhere"),
        ("https://example.com/#nothing", None),
    ],
)
def test_a_wrong_link_is_found(link: str, wrong: str | None) -> None:
    found = problem(ROOT / "docs" / "reference" / "service.md", link)
    assert (found is None) if wrong is None else (found is not None and wrong in found)
