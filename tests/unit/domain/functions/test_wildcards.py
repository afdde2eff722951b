"""IAM's wildcards, as IAM reads them."""

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambda_replay.domain.functions.wildcards import matches


@pytest.mark.parametrize(
    ("pattern", "text", "covered"),
    [
        ("", "", True),
        ("", "a", False),
        ("a", "A", False),
        ("*", "", True),
        ("*", "a\nb", True),
        ("?", "\n", True),
        ("?", "", False),
        ("a*c", "abc", True),
        ("a*c", "ab", False),
        ("*a*a", "a", False),
        ("*a?*", "aab", True),
        ("**a**", "a", True),
        ("a.c", "abc", False),
        # A set of characters to fnmatch, and five characters to IAM.
        ("topic-[ab]", "topic-a", False),
        ("topic-[ab]", "topic-[ab]", True),
        ("topic-[!a]*", "topic-[!a]x", True),
        ("a\\d", "a1", False),
    ],
)
def test_what_a_pattern_covers(pattern: str, text: str, covered: bool) -> None:
    assert matches(pattern, text) is covered


@given(pattern=st.text("ab*?[", max_size=9), text=st.text("ab[\n", max_size=9))
def test_it_says_what_the_plain_reading_of_the_rule_says(pattern: str, text: str) -> None:
    plain = "".join({"*": ".*", "?": "."}.get(each, re.escape(each)) for each in pattern)
    assert matches(pattern, text) is (re.fullmatch(plain, text, re.DOTALL) is not None)


def test_many_stars_cost_no_more_than_both_lengths_multiplied() -> None:
    """The plain reading of this one takes longer than anyone waits."""
    started = time.process_time()
    assert not matches("*a" * 40 + "b", "a" * 4000)
    assert time.process_time() - started < 5
