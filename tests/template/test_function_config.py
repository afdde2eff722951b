"""What the replay function may ask about functions, and what it knows to compare the answers with."""

from lambda_replay_cli.client.stack_addresses import OUTPUTS
from tests.template.test_template import FUNCTIONS, TEMPLATE, as_list, statements


def test_aliases_are_listed_of_replayable_functions_alone() -> None:
    listing = [(o, s["Resource"]) for o, s in statements() if "lambda:ListAliases" in as_list(s["Action"])]
    assert listing == [("ReplayRole", {"Ref": "ReplayableFunctions"})]


def test_the_replay_function_knows_every_way_in() -> None:
    """What outputs tell functions to send to, and what a user's parameters name."""
    separator, ways = FUNCTIONS["ReplayFunction"]["Environment"]["Variables"]["WAYS_IN"]["Fn::Join"]
    assert separator == ","
    named = [TEMPLATE["Outputs"][name]["Value"] for name in OUTPUTS.values()]
    assert [way for way in named if way not in ways] == []
    for parameter in ("SourceTopics", "DeadLetterQueues", "DeadLetterTopics"):
        assert f"'Ref': '{parameter}'" in str(ways)
