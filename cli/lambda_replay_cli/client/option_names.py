"""What the API says about a request, in the words of the command line: options instead of fields."""

import re

_INVALID = "invalid_request"
# A field with another name than its option; of a list of ids, each is an argument.
_OPTIONS = {
    "function": "--target",
    "filter.function": "--function",
    "patience_seconds": "--timeout",
    "base_seconds": "--base",
    "cap_seconds": "--cap",
    "max_age_seconds": "--max-age",
    "guard.failed_share": "--guard-share",
    "guard.minimum": "--guard-minimum",
    "by_category": "--except-category",
    "by_group": "--except-group",
    "categories": "--category",
    "fingerprint": "the group",
    "execution_id": "the id",
    "job_id": "the job",
    "function_name": "the function",
}
_FIELD = re.compile(r"(?:(?<=^)|(?<=; ))([a-z_]+(?:\.[a-z0-9_]+)*)( \((?:query|path|header)\))?: ")
_WORDS = (("mode 'force'", "--force"), ("GET /groups lists them", "lambda-replay groups lists them"))


def in_cli_words(code: str, message: str) -> str:
    """The message of an error with this code. Only complaints about a request begin with a field."""
    if code == _INVALID:
        message = _FIELD.sub(lambda found: f"{_option(found[1], bool(found[2]))}: ", message)
    for said, meant in _WORDS:
        message = message.replace(said, meant)
    return message


def _option(field: str, of_a_list: bool) -> str:
    """Filters of a list are parameters of the query, and a job's are fields of `filter`."""
    if of_a_list and field == "function":
        return "--function"
    known = _OPTIONS.get(field) or next(
        (option for name, option in _OPTIONS.items() if field.startswith(f"{name}.")), None
    )
    if known:
        return known
    if field.startswith("ids"):
        return "an id"
    return "--" + field.removeprefix("filter.").partition(".")[0].replace("_", "-")
