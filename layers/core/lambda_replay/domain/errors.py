"""The base of every error that the service raises itself.

| error | raised when |
|---|---|
| `refusals.RefusedError` | a command can't be carried out; nothing has changed |
| `diagnosis.rules.RuleError` | a rule that a team wrote can't be used |
| `function_arn.InvalidFunctionArnError` | a text is no ARN of a Lambda function |
| `pagination.InvalidCursorError` | a cursor is not one of the API's, or of another list |
| `policies.requested.InvalidPolicyError` | what is asked for is no policy |
| `intake.fields.NotARecordError` | a message is no execution record |
| `intake.raw_json.NotJsonError` | a text is not the JSON that is expected there |
| `intake.dead_letter.InvalidOwnersError` | the pairs of queue and function can't be read |
| `ports.common.StaleVersionError` | another caller changed what was read: read it again |
| `ports.common.UnreadableItemError` | an item is stored that this version can't read |
| `ports.jobs.NotStartedError` | it is unknown whether a job's driver was started |
| `use_cases.executions.identify.ContradictionError` | a record contradicts one that is being stored |
| `adapters.dynamodb.shared.transactions.TransactionCancelledError` | a `StaleVersionError` with the reasons |
| `adapters.dynamodb.executions.bulk_writes.BatchFailedError` | some of a batch was not carried out |
| `adapters.aws.payload_bucket.ObjectTooLargeError` | an object is too large to be a record |
"""


class LambdaReplayError(Exception):
    """Something that the service, its stores or its use cases can't do as asked."""
