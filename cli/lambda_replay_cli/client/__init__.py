"""The deployed service as its operator reaches it: the stack, signed calls of its API, AWS clients."""
