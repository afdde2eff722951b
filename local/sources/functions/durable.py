"""A durable function without an SDK: succeeds or fails as its event says, `{"Success": true}`.

Lambda hands over the state of the execution, whose first operation holds the event, and takes a status for an
answer (AWS Durable Execution, language SDK specification, 3.1 and 3.2).
"""

import json
from typing import Any


def handler(state: Any, _context: object) -> dict[str, Any]:
    operations = state["InitialExecutionState"]["Operations"]
    event = json.loads(operations[0]["ExecutionDetails"]["InputPayload"])
    if not isinstance(event, dict) or not event.get("Success"):
        error = {"ErrorType": "SwitchedOffError", "ErrorMessage": "Success is false, failing as requested"}
        return {"Status": "FAILED", "Error": error}
    return {"Status": "SUCCEEDED", "Result": json.dumps({"result": "succeeded as requested"})}
