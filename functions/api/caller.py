"""Who calls."""

from typing import cast

from aws_lambda_powertools.event_handler.api_gateway import Router
from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEvent


def caller(router: Router) -> str:
    """The caller's IAM ARN, which is written on every change."""
    # The gateway authorises every route by IAM, so a request without a caller is no request of its.
    event = cast(APIGatewayProxyEvent, router.current_event)
    return event.request_context.identity.user_arn or "unknown"
