"""Where functions send their records, as Lambda tells."""

from dataclasses import dataclass

from lambda_replay_cli.console.client import Addresses, Lookup, Service, at_once, configs_of, short

_LATEST = "$LATEST"


@dataclass(frozen=True, slots=True)
class Place:
    """Of one qualifier: `failure` and `success` are the ways by which records come in; empty for none. What
    goes to other places, of the user's own, is in `elsewhere`: from there it may come in all the same."""

    qualifier: str
    failure: str
    success: str
    elsewhere: str = ""


@dataclass(frozen=True, slots=True)
class Wiring:
    """`dead_letter` is an ARN. Without `places` nothing of the function arrives here."""

    places: tuple[Place, ...]
    dead_letter: str = ""
    deleted: bool = False

    @property
    def attached(self) -> bool:
        return any(place.failure or place.elsewhere for place in self.places)

    @property
    def confirms(self) -> bool:
        """Whether a replay that worked is reported as recovered."""
        return any(place.success for place in self.places)


def wiring(service: Service, names: list[str]) -> dict[str, Wiring]:
    """Raises what botocore raises for a missing permission."""
    addresses = Addresses.of(service)
    lookup = Lookup(service, addresses)
    listed = {each["FunctionName"]: each for each in lookup.every_function()}

    def one(name: str) -> Wiring:
        if name not in listed:
            return Wiring((), deleted=True)
        configs = configs_of(lookup, name)
        places = tuple(
            Place(
                qualifier,
                _way(addresses, config.failure),
                _way(addresses, config.success),
                "" if config.failure is None or addresses.takes(config.failure) else short(config.failure),
            )
            for qualifier, config in sorted(configs.items(), key=lambda pair: (pair[0] != _LATEST, pair[0]))
        )
        letters = (listed[name].get("DeadLetterConfig") or {}).get("TargetArn") or ""
        return Wiring(places, letters)

    return dict(zip(names, at_once(one, names), strict=True))


def _way(addresses: Addresses, destination: str | None) -> str:
    found = addresses.way(destination)
    return "" if found is None else found.value
