"""Secrets in the shapes that real messages have, made by seeded code: none of them is or ever was real, and
none stands in the repository, where scanners for secrets would find it."""

import random
import string
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Callable, Iterator
from dataclasses import dataclass

_LETTERS = string.ascii_letters + string.digits
_BASE64 = _LETTERS + "+/"

type Maker = Callable[[random.Random], str]


def _of(letters: str, count: int, start: str = "") -> Maker:
    return lambda source: start + "".join(source.choices(letters, k=count))


def _password(source: random.Random) -> str:
    """Letters, digits, and signs that people use."""
    middle = "".join(source.choices(_LETTERS + "!#$*-_.~^", k=source.randint(6, 18)))
    return f"{source.choice(string.ascii_letters)}{middle}{source.choice(string.digits)}"


def _encoded(source: random.Random, count: int) -> str:
    return urlsafe_b64encode(source.randbytes(count)).decode().rstrip("=")


def _jwt(source: random.Random) -> str:
    head = urlsafe_b64encode(b'{"alg":"HS256","typ":"JWT"}').decode().rstrip("=")
    body = urlsafe_b64encode(b'{"sub":"' + str(source.random()).encode() + b'"}').decode().rstrip("=")
    return f"{head}.{body}.{_encoded(source, 32)}"


def _basic(source: random.Random) -> str:
    return b64encode(f"user{source.randint(1, 99)}:{_password(source)}".encode()).decode()


def _secret_key(source: random.Random) -> str:
    return "".join(source.choices(_BASE64, k=40))


def _session_token(source: random.Random) -> str:
    return "IQoJ" + "b3JpZ2lu" + "".join(source.choices(_BASE64, k=300)) + "=="


def _pem(source: random.Random) -> str:
    lines = ["".join(source.choices(_BASE64, k=64)) for _ in range(4)]
    kind = source.choice(["RSA PRIVATE KEY", "PRIVATE KEY", "EC PRIVATE KEY", "OPENSSH PRIVATE KEY"])
    return "\n".join([f"-----BEGIN {kind}-----", *lines, f"-----END {kind}-----"])


def _card(source: random.Random) -> str:
    start, length = source.choice([("4", 16), ("52", 16), ("37", 15), ("6011", 16), ("2234", 16), ("36", 14)])
    digits = start + "".join(source.choices(string.digits, k=length - len(start) - 1))
    total = 0
    for at, digit in enumerate(reversed(digits)):
        n = int(digit) * (2 if at % 2 == 0 else 1)
        total += n - 9 if n > 9 else n
    digits += str(-total % 10)
    if length == 16 and source.random() < 0.5:
        sign = source.choice(" -")
        return sign.join(digits[at : at + 4] for at in range(0, 16, 4))
    return digits


def _email(source: random.Random) -> str:
    name = "".join(source.choices(string.ascii_lowercase, k=6))
    family = source.choice(["smith", "o", "lee+shop"])
    return f"{name}.{family}@{source.choice(['example.com', 'mail.example.co.uk'])}"


def _phone(source: random.Random) -> str:
    def some(count: int) -> str:
        return "".join(source.choices("23456789", k=count))

    return source.choice(
        [f"+49 171 {some(7)}", f"+1{some(10)}", f"({some(3)}) {some(3)}-{some(4)}",
         f"{some(3)}-{some(3)}-{some(4)}", f"+44 20 {some(4)} {some(4)}"]
    )  # fmt: skip


MAKERS: dict[str, Maker] = {
    "password": _password,
    "api key": _of(_LETTERS, 32),
    "hex key": _of("0123456789abcdef", 40),
    "payment key": _of(_LETTERS, 24, "sk_" + "live_"),
    "hub token": _of(_LETTERS, 36, "gh" + "p_"),
    "chat token": _of(_LETTERS, 24, "xox" + "b-"),
    "map key": _of(_LETTERS, 35, "AI" + "za"),
    "mail key": lambda source: f"S{'G.'}{_of(_LETTERS, 22)(source)}.{_of(_LETTERS, 43)(source)}",
    "model key": _of(_LETTERS, 48, "sk" + "-"),
    "jwt": _jwt,
    "basic": _basic,
    "access key": _of(string.ascii_uppercase + "234567", 16, "AK" + "IA"),
    "temporary key": _of(string.ascii_uppercase + "234567", 16, "AS" + "IA"),
    "secret key": _secret_key,
    "session token": _session_token,
    "private key": _pem,
    "card": _card,
    "email": _email,
    "phone": _phone,
}

# A message with `{}` where the secret stands, and what it may be.
_ANY_CREDENTIAL = ("password", "api key", "hex key", "jwt", "payment key", "secret key")
SHAPES: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("Request failed with status code 401, url: /v1/orders?api_key={}&page=2", _ANY_CREDENTIAL),
    ("GET https://api.example.com/v1/orders?limit=10&access_token={} returned 500", _ANY_CREDENTIAL),
    ("404 Not Found for url: /maps?key={}", ("map key", "api key", "hex key")),
    ("callback failed: /login?code={}&state=1", ("api key", "hex key")),
    ("signed url expired: https://b.s3.amazonaws.com/k?X-Amz-Signature={}&X-Amz-Expires=900", ("hex key",)),
    ("blob https://acc.blob.core.windows.net/c/b?sv=2022-11-02&sig={} not found", ("api key", "hex key")),
    ("login failed: user=joe password={}", _ANY_CREDENTIAL),
    ("could not log in with PASSWORD: {}", ("password", "api key")),
    ("ORA-01017: invalid credentials; DB_PASSWORD={}; DB_HOST=db1", ("password", "api key")),
    ("KeyError in {{'user': 'joe', 'password': '{}', 'host': 'db1'}}", _ANY_CREDENTIAL),
    ('request body was {{"user":"joe","password":"{}","remember":true}}', _ANY_CREDENTIAL),
    ('body: "{{\\"client_secret\\":\\"{}\\",\\"grant\\":\\"code\\"}}"', _ANY_CREDENTIAL),
    ("Config(apiKey={}, region=eu-west-1)", ("api key", "hex key", "payment key", "map key", "mail key")),
    ("env: [{{'name': 'DB_PASSWORD', 'value': '{}'}}]", ("password", "api key")),
    ("command failed: deploy --password {} --verbose", ("password", "api key", "hex key")),
    ("<request><password>{}</password></request> rejected", ("password", "api key", "hex key")),
    ("failed: {{ headers: {{ 'X-Api-Key': '{}', accept: 'json' }} }}", _ANY_CREDENTIAL),
    ("unauthorized, sent Authorization: Bearer {}", ("jwt", "api key", "hex key", "hub token")),
    ('headers={{"Authorization": "Bearer {}", "Accept": "*/*"}}', ("jwt", "api key", "hub token")),
    ("401 for Authorization: Basic {}", ("basic",)),
    ("proxy refused basic {}", ("basic",)),
    ("the bearer {} has expired", ("jwt", "api key", "hub token")),
    ("bad header Cookie: theme=dark; session={}", ("api key", "hex key")),
    ("The AWS Access Key Id {} does not exist in our records", ("access key", "temporary key")),
    ("InvalidClientTokenId: AWS_ACCESS_KEY_ID={} is not valid", ("access key", "temporary key")),
    ("SignatureDoesNotMatch: aws_secret_access_key = {}", ("secret key",)),
    ("credentials: {{accessKeyId: 'x', secretAccessKey: '{}'}}", ("secret key",)),
    ("signing with {} failed", ("secret key",)),
    ("ExpiredToken: AWS_SESSION_TOKEN={}", ("session token",)),
    ("ExpiredTokenException: {} is expired", ("session token",)),
    ('{{"SessionToken": "{}", "Expiration": "soon"}}', ("session token",)),
    ("token {} is malformed", ("jwt",)),
    ("JsonWebTokenError: invalid signature in {}", ("jwt",)),
    ("could not load key: {}", ("private key",)),
    ("error:0909006C:PEM routines: no start line in {} (1)", ("private key",)),
    ("could not connect to postgres://app:{}@db.example.com:5432/orders", ("password", "api key", "hex key")),
    ("MongoServerSelectionError: mongodb+srv://app:{}@cluster0.example.net/test", ("password", "api key")),
    ("Error 111 connecting to redis://:{}@cache:6379/0", ("password", "api key", "hex key")),
    ("amqp://guest:{}@mq:5672/ refused", ("password", "api key")),
    ("git clone https://{}@git.example.com/o/r failed", ("hub token", "hex key")),
    ("Login failed. Server=tcp:db1,1433;User Id=sa;Password={};Encrypt=yes", ("password", "api key")),
    ("dial error: app:{}@tcp(db1:3306)/orders", ("password", "api key")),
    ("jdbc:mysql://db1/orders?user=app&password={}&useSSL=true", ("password", "api key", "hex key")),
    ("jdbc:oracle:thin:scott/{}@//db1:1521/x", ("api key",)),
    ("FATAL: connection to host=db1 user=app password={} dbname=orders", ("password", "api key")),
    ("AccountName=acc;AccountKey={};EndpointSuffix=core.windows.net", ("secret key", "api key")),
    ("Endpoint=sb://x/;SharedAccessKeyName=root;SharedAccessKey={}", ("secret key", "api key")),
    ("Incorrect API key provided: {}. Find yours in the settings", ("model key",)),
    ("No such payment method with {}", ("payment key",)),
    ("Bad credentials for {}", ("hub token", "chat token", "map key", "mail key")),
    ("posting to https://hooks.slack.com/services/{} failed", ("api key",)),
    ("card {} was declined", ("card",)),
    ("Your card number is incorrect: {}.", ("card",)),
    ('{{"pan":"{}","exp":"12/30"}} rejected', ("card",)),
    ("user {} already exists", ("email",)),
    ("550 5.1.1 <{}>: Recipient address rejected", ("email",)),
    ("GET /users?email={} failed", ("email",)),
    ("duplicate key: Key (password)=({}) already exists", ("password", "hex key")),
    ("duplicate key value violates unique constraint: Key (email)=({}) already exists.", ("email",)),
    ("The 'To' number {} is not a valid phone number", ("phone",)),
    ("sms to {} failed", ("phone",)),
    ("Invalid parameter: PhoneNumber Reason: {} is not valid to publish to", ("phone",)),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Sample:
    """A message in one shape. `other` is the same message with another secret of the same kind."""

    name: str
    message: str
    other: str
    secret: str


def samples(seed: int = 20261128, each: int = 3) -> Iterator[Sample]:
    """`each` messages for every shape and kind of secret."""
    source = random.Random(seed)  # noqa: S311  # the same in every run, and nothing depends on its being secret
    for shape, kinds in SHAPES:
        for kind in kinds:
            for number in range(each):
                secret, other = (MAKERS[kind](source) for _ in range(2))
                name = f"{kind} {number} in {shape[:40]}"
                yield Sample(name, shape.format(secret), shape.format(other), secret)


def spelled(secret: str) -> set[str]:
    """The pieces of a secret that may not be shown: eight letters in a row give it away."""
    flat = secret.replace("\n", " ")
    size = min(8, len(flat))
    return {flat[at : at + size] for at in range(len(flat) - size + 1)}
