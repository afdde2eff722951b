"""Which functions are meant, and what Lambda tells about them."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from lambda_replay.domain.functions.function_arn import FunctionArn, InvalidFunctionArnError
from lambda_replay_cli.attachments.invoke_config import LATEST, Source, by_qualifier, source
from lambda_replay_cli.client.rate_limit import (
    LAMBDA_PER_SECOND,
    RateLimit,
    RateLimitedClient,
    at_once,
    code,
    every,
)
from lambda_replay_cli.client.stack_addresses import Addresses
from lambda_replay_cli.errors import UsageError

if TYPE_CHECKING:
    from lambda_replay_cli.client.service import Service

_NAME = re.compile(
    r"(?:(?P<account>[0-9]{12}):function:)?(?P<name>[A-Za-z0-9_-]{1,64})(?::(?P<qualifier>[A-Za-z0-9_$-]+))?"
)


@dataclass(frozen=True, slots=True)
class FunctionRef:
    """A function as the command line names it; `qualifier` is None when it names none."""

    name: str
    qualifier: str | None = None


def meant(text: str, addresses: Addresses) -> FunctionRef:
    """A name, `name:alias`, or an ARN of this region and account. Raises `UsageError`."""
    found = _NAME.fullmatch(text)
    if found:
        region, account = addresses.region, found["account"] or addresses.account
        named = FunctionRef(found["name"], found["qualifier"])
    else:
        try:
            arn = FunctionArn.parse(text)
        except InvalidFunctionArnError:
            raise UsageError(f"{text}: expected a function's name, NAME:ALIAS or ARN") from None
        region, account, named = arn.region, arn.account, FunctionRef(arn.name, arn.qualifier)
    if (region, account) != (addresses.region, addresses.account):
        raise UsageError(
            f"{text} is in {region} of {account}, the stack {addresses.stack} in {addresses.region} "
            f"of {addresses.account}: Lambda sends records within one region and account"
        )
    return named


@dataclass(frozen=True)
class Lookup:
    """Reads, and changes nothing."""

    service: "Service"
    addresses: Addresses
    pace: RateLimit = field(default_factory=lambda: RateLimit(LAMBDA_PER_SECOND))

    def __post_init__(self) -> None:
        object.__setattr__(self, "lambda_", RateLimitedClient(self.service.client("lambda"), self.pace))

    lambda_: Any = field(init=False)

    def every_function(self) -> list[dict[str, Any]]:
        """The configurations of all functions of the region, by name."""
        return sorted(every(self.lambda_.list_functions, "Functions"), key=lambda each: each["FunctionName"])

    def allowed(self) -> list[FunctionRef]:
        """The functions that the service may invoke, without its own."""
        return [
            FunctionRef(each["FunctionName"])
            for each in self.every_function()
            if self.addresses.allow_list.allows(FunctionArn.parse(each["FunctionArn"]).with_qualifier(LATEST))
            and not self.addresses.is_own(each["FunctionName"])
        ]

    def tagged(self, tags: Sequence[str]) -> list[FunctionRef]:
        """The functions that have all of these tags, each `KEY=VALUE`, or `KEY` for any value."""
        filters = []
        for tag in tags:
            key, has_value, value = tag.partition("=")
            if not key:
                raise UsageError(f"--tag {tag}: expected KEY=VALUE, or KEY")
            filters.append({"Key": key, **({"Values": [value]} if has_value else {})})
        client, found, token = self.service.client("resourcegroupstaggingapi"), set(), ""
        while True:
            page = client.get_resources(
                TagFilters=filters, ResourceTypeFilters=["lambda:function"], PaginationToken=token
            )
            found |= {FunctionArn.parse(e["ResourceARN"]).name for e in page["ResourceTagMappingList"]}
            token = page.get("PaginationToken") or ""
            if not token:
                return [FunctionRef(name) for name in sorted(found) if not self.addresses.is_own(name)]

    def sources(self, names: Iterable[str], *, aliases: bool = True) -> dict[str, Source]:
        """By name. Raises `UsageError` for a function that is not there."""
        return {found.name: found for found in at_once(lambda name: self.source(name, aliases), names)}

    def source(self, name: str, aliases: bool = True) -> Source:
        try:
            configuration = self.lambda_.get_function_configuration(FunctionName=name)
        except ClientError as error:
            if code(error) != "ResourceNotFoundException":
                raise
            raise UsageError(
                f"there is no function {name} in {self.addresses.region} (aws lambda list-functions)"
            ) from None
        arn = FunctionArn.parse(configuration["FunctionArn"]).unqualified
        configs = every(
            self.lambda_.list_function_event_invoke_configs,
            "FunctionEventInvokeConfigs",
            FunctionName=name,
        )
        return source(
            configuration,
            configs=by_qualifier(list(configs)),
            aliases=self.aliases(name) if aliases else {},
            tags=self.lambda_.list_tags(Resource=arn)["Tags"],
        )

    def aliases(self, name: str) -> dict[str, str]:
        """The version that each stands for."""
        found = every(self.lambda_.list_aliases, "Aliases", FunctionName=name)
        return {each["Name"]: each["FunctionVersion"] for each in found}
