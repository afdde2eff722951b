"""The service around stores of choice, a clock that stands still and a scripted Lambda."""
