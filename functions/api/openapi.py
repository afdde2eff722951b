"""Prints the API's OpenAPI document: `python -m api.openapi`. docs/openapi.json is its output."""

import json
import sys

from api.router import app
from lambda_replay import __version__


def document() -> str:
    schema = json.loads(
        app.get_openapi_json_schema(
            title="Lambda Replay",
            version=__version__,
            description="Failed asynchronous Lambda invocations, and their replays. Every call is signed "
            "with SigV4 for the service `execute-api`.",
        )
    )
    schema.pop("servers", None)
    schema["components"]["securitySchemes"] = {
        "sigv4": {
            "type": "apiKey",
            "name": "Authorization",
            "in": "header",
            "x-amazon-apigateway-authtype": "awsSigv4",
        }
    }
    schema["security"] = [{"sigv4": []}]
    for operation in (operation for path in schema["paths"].values() for operation in path.values()):
        operation["responses"].pop("422", None)  # Powertools' default; this API answers 400
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    sys.stdout.write(document())
