"""What is stored about one invocation, and decisions about it."""
