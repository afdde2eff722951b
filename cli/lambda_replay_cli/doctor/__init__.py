"""What is wrong with how functions and the service are wired, found before a failure is lost."""
