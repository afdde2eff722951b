"""The wildcards of IAM: `*` stands for any run of characters, `?` for one, and nothing else is special.

AWS, IAM User Guide, "IAM JSON policy elements: Resource". Names of files match otherwise: there, `[…]` is a
set of characters.
"""

import re
from functools import lru_cache


def matches(pattern: str, text: str) -> bool:
    """Whether the pattern covers the whole text. Upper and lower case differ.

    It takes at most as many steps as both lengths multiplied, whatever the pattern is.
    """
    return _expression(pattern).fullmatch(text) is not None


@lru_cache(maxsize=1024)
def _expression(pattern: str) -> re.Pattern[str]:
    # Between two stars, the first place that fits is as good as any: it is not taken back ((?>…)), so that
    # many stars don't multiply the places that are tried.
    first, *others = (
        "".join("." if character == "?" else re.escape(character) for character in part)
        for part in pattern.split("*")
    )
    if not others:
        return re.compile(first, re.DOTALL)
    between = "".join(f"(?>.*?{part})" for part in others[:-1] if part)
    return re.compile(f"{first}{between}.*{others[-1]}", re.DOTALL)
