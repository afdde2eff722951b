"""For which tenant a function is invoked that isolates its tenants (docs/reference/lambda.md#tenants)."""

import re

PATH = "jmespath:"
"""What stands in front of a path into the payload; anything else is the tenant's id itself."""

_ID = r"[A-Za-z0-9._:/=+@ -]{1,256}"
ASKED = r"^(jmespath:[ -~]{1,256}|[A-Za-z0-9._:/=+@ -]{1,256})$"
"""A tenant as people name it: Lambda's characters, or a JMESPath."""


def tenant_id(found: object) -> str | None:
    """The id that a value of a payload is; None where it can be none. A whole number is its digits."""
    text = str(found) if type(found) is int else found
    return text if isinstance(text, str) and re.fullmatch(_ID, text) else None
