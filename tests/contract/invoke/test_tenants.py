"""Functions that isolate their tenants (docs/reference/lambda.md#tenants)."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.contract.embedded import Embedded

SOURCE = "def handler(event, context):\n    return event\n"
ISOLATED: dict[str, Any] = {"TenancyConfig": {"TenantIsolationMode": "PER_TENANT"}}


def test_it_takes_an_event_of_a_tenant(aws: Embedded) -> None:
    url, queue = aws.queue()
    name = aws.function(SOURCE, invoke={"success": queue}, **ISOLATED)
    assert aws.invoke(name, b'{"a": 1}', TenantId="blue")["StatusCode"] == 202
    assert aws.record(url)["responsePayload"] == {"a": 1}


@pytest.mark.parametrize(("options", "named"), [(ISOLATED, {}), ({}, {"TenantId": "blue"})])
def test_both_sides_have_to_agree(aws: Embedded, options: dict[str, Any], named: dict[str, str]) -> None:
    name = aws.function(SOURCE, **options)
    with pytest.raises(ClientError) as refused:
        aws.invoke(name, **named)
    answer = refused.value.response["Error"]
    assert answer["Code"] == "InvalidParameterValueException"
    assert "tenan" in answer["Message"]
