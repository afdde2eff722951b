"""The list of words that new text does without, and the check that reads it."""

from pathlib import Path

import pytest

from tools import words
from tools.words import Word

TEXT = '[nobody]\ninstead = "no caller"\nleft = 2\n\n[anew]\ninstead = "again"\nleft = 1\n'


def written(tmp_path: Path, content: str, name: str = "page.md") -> Path:
    path = tmp_path / name
    path.write_text(content)
    return path


def test_a_word_counts_in_any_case_and_not_as_part_of_another(tmp_path: Path) -> None:
    path = written(tmp_path, "Nobody renews it.\nanewer nobody_knows: NOBODY, anew\n")
    found = words.places(["nobody", "anew"], [path])
    assert [place.line for place in found["nobody"]] == [1, 2]
    assert [place.line for place in found["anew"]] == [2]


def test_one_more_than_allowed_is_named_with_its_place_and_what_to_write(tmp_path: Path) -> None:
    path = written(tmp_path, "nobody\nnobody\nnobody\n")
    found = words.places(["nobody", "anew"], [path])
    (complaint,) = words.complaints(words.listed(TEXT), found)
    assert "'nobody' occurs 3 times, 2 are allowed" in complaint
    assert "no caller" in complaint
    assert f"{path}:3" in complaint


def test_numbers_only_fall(tmp_path: Path) -> None:
    path = written(tmp_path, "anew anew nobody\n")
    found = words.places(["nobody", "anew"], [path])
    assert words.listed(words.lowered(TEXT, found)) == [
        Word("nobody", "no caller", 1),
        Word("anew", "again", 1),
    ]


def test_generated_and_recorded_files_are_left_out(tmp_path: Path) -> None:
    (tmp_path / "local").mkdir()
    (tmp_path / "local" / ".cache").mkdir()
    wanted = written(tmp_path, "", "local/page.md")
    written(tmp_path, "", "local/.cache/page.md")
    written(tmp_path, "", "local/corpus.jsonl")
    assert list(words.files(tmp_path)) == [wanted]


def test_the_repository_holds_no_more_than_the_list_allows(capsys: pytest.CaptureFixture[str]) -> None:
    assert words.main([]) == 0, capsys.readouterr().err
