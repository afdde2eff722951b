"""The only function that invokes source functions, and the only one that changes executions."""
