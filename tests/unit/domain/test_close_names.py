"""Which name may have been meant."""

import pytest

from lambda_replay.domain.close_names import did_you_mean, near


@pytest.mark.parametrize(
    ("name", "known", "found"),
    [
        ("ordrs", ["orders", "payments"], ("orders",)),
        ("LIVE", ["live", "replay"], ("live",)),
        ("orders", ["orders"], ()),
        ("zzz", ["orders"], ()),
        ("", ["orders"], ()),
        ("live", [], ()),
        ("shop-team-swtich", ["shop-team-buggy", "shop-team-switch"], ("shop-team-switch",)),
        ("orders-v9", [f"orders-v{n}" for n in range(8)], 3),
    ],
)
def test_near_names(name: str, known: list[str], found: tuple[str, ...] | int) -> None:
    got = near(name, known)
    assert len(got) == found if isinstance(found, int) else got == found


def test_the_question() -> None:
    assert did_you_mean([]) == ""
    assert did_you_mean(["live"]) == ": did you mean live?"
    assert did_you_mean(["live", "blue"]) == ": did you mean live or blue?"
