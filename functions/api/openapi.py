"""Prints the API's OpenAPI document: `python -m api.openapi`. docs/openapi.json is its output."""

import json
import sys
from typing import Any

from api.router import app
from lambda_replay import __version__

# What an answer names, and the path parameter that takes it: the route, the answer's status, the place in its
# body.
_NAMED = (
    ("/executions", "get", "200", "executions/0/id", "execution_id"),
    ("/groups", "get", "200", "groups/0/fingerprint", "group_id"),
    ("/functions", "get", "200", "functions/0/function", "function_name"),
    ("/jobs", "get", "200", "jobs/0/id", "job_id"),
    ("/jobs", "post", "202", "id", "job_id"),
)


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
    _link(schema["paths"])
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def _link(paths: dict[str, Any]) -> None:
    """OpenAPI's links, from what lists and answers name to every operation on it."""
    for path, method, status, place, parameter in _NAMED:
        operations = [
            operation["operationId"]
            for other, of_path in paths.items()
            if f"{{{parameter}}}" in other
            for operation in of_path.values()
        ]
        paths[path][method]["responses"][status]["links"] = {
            name: {"operationId": name, "parameters": {parameter: f"$response.body#/{place}"}}
            for name in operations
        }


if __name__ == "__main__":
    sys.stdout.write(document())
