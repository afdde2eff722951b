"""Text that strangers wrote, made harmless to look at: nothing in it moves, hides or turns what stands beside
it. Templates escape it beside that, always."""

from markupsafe import Markup, escape

# What turns the reading direction, joins or hides letters, and controls terminals.
_HIDDEN = (
    *range(0x09), 0x0B, 0x0C, *range(0x0E, 0x20), *range(0x7F, 0xA0), 0xAD, 0x061C, 0x115F, 0x1160,
    0x180E, *range(0x200B, 0x2010), *range(0x2028, 0x202F), *range(0x2060, 0x2070), 0x3164, 0xFEFF, 0xFFA0,
    *range(0xFFF9, 0xFFFC), *range(0xE0000, 0xE0080), *range(0xD800, 0xE000),
)  # fmt: skip
_SHOWN = {code: f"⟨U+{code:04X}⟩" for code in _HIDDEN} | {
    0x1B: "⟨ESC⟩",
    0x00: "⟨NUL⟩",
    0x0D: None,
    # Bytes that are no UTF-8, as `surrogateescape` keeps them.
    **{0xDC00 + byte: f"⟨byte {byte:02X}⟩" for byte in range(0x80, 0x100)},
}


def visible(text: str) -> str:
    """What can't be seen stands as `⟨U+202E⟩`."""
    return text if text.isascii() and text.isprintable() else text.translate(_SHOWN)


MOST = 4000
"""Letters of one text on a page, where its length was not thought of."""


def finalized(value: object) -> object:
    """What a template prints, whatever it is: nothing for None, and texts made visible and cut. Markup was
    made here."""
    if value is None:
        return ""
    if isinstance(value, str) and not isinstance(value, Markup):
        return visible(value if len(value) <= MOST else f"{value[:MOST]}…")
    return value


def whole(text: str) -> Markup:
    """Made visible, and not cut: of a text that is cut already."""
    return escape(visible(text))


def exactly(text: str) -> Markup:
    """Escaped and otherwise as it is, for a field in which it is edited."""
    return escape(text)


def short(text: object, most: int = 300) -> str:
    """On one line, cut where it is longer."""
    line = str(text or "")[: most * 4]
    line = " ".join(line.split())
    return line if len(line) <= most else f"{line[: most - 1]}…"


def beginning(text: str, most: int) -> tuple[str, int]:
    """So many of its letters, and how many more there are."""
    return text[:most], max(0, len(text) - most)
