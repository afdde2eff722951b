"""Names of Lambda functions, what Lambda says about them, and which may be invoked."""
