"""Text that strangers wrote, made fit to be shown."""


def printable(text: str, keep: str = "") -> str:
    """The text with a space for each control character, for a terminal and a log obey them. This is also what
    becomes of marks that change the direction of writing. Those in `keep` stay."""
    return "".join(letter if letter.isprintable() or letter in keep else " " for letter in text)
