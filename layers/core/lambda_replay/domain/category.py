"""What kind of failure it is, and whether sending it again can help: docs/reference/service.md#words.

Apart from the diagnosis, whose rules take longer to load than those need who only filter by these words.
"""

from enum import StrEnum


class Category(StrEnum):
    """What kind of failure it is."""

    timeout = "timeout"
    out_of_memory = "out_of_memory"
    throttling = "throttling"
    transient_dependency = "transient_dependency"
    permission = "permission"
    configuration = "configuration"
    invalid_input = "invalid_input"
    code_bug = "code_bug"
    resource_state = "resource_state"
    platform = "platform"
    unknown = "unknown"


class Verdict(StrEnum):
    """Whether sending the same payload again can help."""

    as_is = "as_is"
    after_fix = "after_fix"
    never = "never"
