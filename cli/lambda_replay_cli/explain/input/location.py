"""Where in the input something stands."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Location:
    """The line that a document begins on, and in a list or a batch the number of the record."""

    line: int
    numbers: tuple[int, ...] = ()

    def inner(self, number: int) -> "Location":
        return Location(self.line, (*self.numbers, number))

    def __str__(self) -> str:
        if not self.numbers:
            return f"line {self.line}"
        record = f"record {'.'.join(map(str, self.numbers))}"
        return record if self.line == 1 else f"line {self.line}, {record}"


@dataclass(frozen=True, slots=True)
class Problem:
    """What was not understood, and why. The text quotes nothing of the input: it may hold payloads."""

    place: Location
    why: str
