"""What Lambda says about a function (docs/reference/service.md#outcome-window)."""

from datetime import UTC, datetime, timedelta

from lambda_replay.adapters.aws.lambda_config import LambdaFunctions
from lambda_replay.domain.functions.function_arn import FunctionArn
from lambda_replay.domain.functions.function_config import FunctionConfig, MissingFunction
from lambda_replay.domain.refusals import Reason
from tests.contract.embedded import Embedded, function_arn, policy, statement, zipped

RETURNS = "def handler(event, context):\n    return event\n"


def test_a_change_of_code_or_environment_is_seen_by_anyone_who_may_only_read_the_configuration(
    aws: Embedded,
) -> None:
    lambda_ = aws.client("lambda")
    name = aws.function(RETURNS, invoke={"MaximumEventAgeInSeconds": 90, "MaximumRetryAttempts": 1})
    hidden = aws.function(RETURNS)
    version = lambda_.publish_version(FunctionName=name)["Version"]
    lambda_.create_alias(FunctionName=name, Name="live", FunctionVersion=version)
    lambda_.put_function_event_invoke_config(
        FunctionName=name, Qualifier="live", MaximumEventAgeInSeconds=120, MaximumRetryAttempts=0
    )
    iam = aws.client("iam")
    iam.create_user(UserName="facts")
    grants = [
        statement(
            "lambda:GetFunctionConfiguration", "lambda:GetFunctionEventInvokeConfig",
            resource=[function_arn(name), function_arn(name, "*")],
        ),
        statement("lambda:ListAliases", resource=function_arn(name)),
    ]  # fmt: skip
    iam.put_user_policy(UserName="facts", PolicyName="read", PolicyDocument=policy(*grants))
    key = iam.create_access_key(UserName="facts")["AccessKey"]
    reader = aws.client_as("lambda", key["AccessKeyId"], key["SecretAccessKey"])

    def asked(function: str, qualifier: str | None = None) -> FunctionConfig | None:
        """By somebody who remembers nothing."""
        functions = LambdaFunctions(lambda: datetime.now(UTC), lambda _: reader)
        return functions.facts(FunctionArn.parse(function_arn(function, qualifier)))

    def absent(function: str, qualifier: str | None = None) -> MissingFunction | None:
        functions = LambdaFunctions(lambda: datetime.now(UTC), lambda _: reader)
        return functions.absence(FunctionArn.parse(function_arn(function, qualifier)))

    def read(qualifier: str | None = None) -> FunctionConfig:
        facts = asked(name, qualifier)
        assert facts is not None
        return facts

    latest, alias = read(), read("live")
    assert (latest.version, alias.version) == ("$LATEST", version)
    assert (latest.event_age, latest.retries) == (timedelta(seconds=90), 1)
    assert (alias.event_age, alias.retries) == (timedelta(seconds=120), 0)
    assert read(version).event_age == timedelta(hours=6)
    assert latest.timeout == timedelta(seconds=3)
    assert timedelta() <= datetime.now(UTC) - latest.modified_at < timedelta(minutes=1)
    assert {latest.code, read("$LATEST").code, alias.code} == {latest.code}
    assert asked(hidden) is None
    assert absent(hidden) is None, "nobody knows"
    assert asked(name, "missing") is None
    assert (
        str(absent(name, "liev")) == f"the function {name} has no alias or version liev: did you mean live?"
    )
    assert absent(name) is absent(name, "live") is absent(name, version) is None

    lambda_.update_function_configuration(FunctionName=name, Description="another")
    described = read()
    assert described.code == latest.code
    assert described.modified_at > latest.modified_at

    lambda_.update_function_code(FunctionName=name, ZipFile=zipped({"app.py": RETURNS + "# 2\n"}))
    updated = read()
    lambda_.update_function_configuration(FunctionName=name, Environment={"Variables": {"MODE": "b"}})
    moved = read()
    assert len({latest.code, updated.code, moved.code}) == 3
    assert described.modified_at < updated.modified_at < moved.modified_at
    assert read("live") == alias

    lambda_.delete_function(FunctionName=name)
    assert asked(name) is None
    for gone in (None, "live"):
        found = absent(name, gone)
        assert found is not None
        assert found.reason is Reason.FUNCTION_DELETED
