"""What tells one request from another."""

import hashlib
import json
from collections.abc import Mapping


def digest_of(request: Mapping[str, object]) -> str:
    """32 hexadecimal digits of the whole request, which is plain JSON; the order of its fields is none of
    it."""
    return digest_of_text(json.dumps(request, sort_keys=True))


def digest_of_text(text: str) -> str:
    """32 hex digits of the text's SHA-256."""
    return hashlib.sha256(text.encode()).hexdigest()[:32]
