"""The stack, found by its name, and its API, called with the user's own credentials."""

import json
import time
from collections.abc import Callable, Iterator, Mapping
from threading import Lock
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import boto3
import botocore.session
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError, NoRegionError
from botocore.httpsession import URLLib3Session
from botocore.utils import get_environ_proxies

from lambda_replay import __version__
from lambda_replay_cli.client.config import ConnectionOptions, completed
from lambda_replay_cli.client.option_names import in_cli_words
from lambda_replay_cli.errors import ApiError, ExternalError, report

__all__ = ["Connection", "ConnectionOptions", "connect", "segment"]

_CONNECT_SECONDS, _ANSWER_SECONDS = 5, 35  # API Gateway gives up after 29
_TRIES = 3
_USER_AGENT = f"lambda-replay/{__version__}"
_PASSING = frozenset({429, 500, 502, 503, 504})
_FAULT = "internal_error"  # the service's own, which a repetition may not meet again
_AWS_DOMAINS = (".amazonaws.com", ".amazonaws.com.cn", ".api.aws", ".amazonaws.eu")
_FORBIDDEN = 403
_PERMISSION = "Attach the policy of the output OperatorPolicyArn (or ViewerPolicyArn)."
_SIGN_IN = "Sign in again, or choose another profile with --profile."
_NAMED = 5  # of what a page leaves out
_FIX = {"ExpiredTokenException": _SIGN_IN, "UnrecognizedClientException": _SIGN_IN}


class Connection:
    """A `Service` by signed calls. `outputs` are the stack's CloudFormation outputs."""

    def __init__(
        self,
        *,
        stack: str,
        region: str,
        account: str,
        outputs: Mapping[str, str],
        api_url: str,
        session: boto3.Session,
        ca_bundle: str | None = None,
        endpoint_url: str | None = None,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self.stack, self.region, self.account = stack, region, account
        self.outputs = dict(outputs)
        self.api_url = api_url.rstrip("/")
        self._session, self._endpoint_url, self._pause = session, endpoint_url, pause
        self._clients: dict[str, Any] = {}
        self._making = Lock()
        self._named: set[str] = set()  # ids that were reported as unreadable: what polls does not repeat them
        http: Any = URLLib3Session  # its type knows one timeout only
        self._http = http(
            verify=ca_bundle or True,
            proxies=get_environ_proxies(api_url),
            timeout=(_CONNECT_SECONDS, _ANSWER_SECONDS),
        )

    def call(
        self,
        method: str,
        path: str,
        *,
        query: dict[str, str] | None = None,
        body: object = None,
        headers: dict[str, str] | None = None,
    ) -> Any:
        """The answer's JSON, whatever 2xx it came with. Raises `ApiError`."""
        answer = self._answer(method, path, query, body, headers)
        try:
            return json.loads(answer)
        except ValueError:
            raise ExternalError(
                f"{self.api_url} does not answer with JSON: is this the API of the stack?"
            ) from None

    def raw(self, path: str) -> bytes:
        """The answer's bytes as they came."""
        return self._answer("GET", path, None, None, None)

    def pages(self, path: str, key: str, query: dict[str, str] | None = None) -> Iterator[dict[str, Any]]:
        """The items under `key` of all pages; one page is held at a time.

        What the service could not read of a page (`unreadable`) is named beside the output, once.
        """
        cursor: str | None = None
        while True:
            page = self.call("GET", path, query={**(query or {}), **({"cursor": cursor} if cursor else {})})
            if unreadable := [each for each in page.get("unreadable") or () if each not in self._named]:
                self._named.update(unreadable)
                report(_left_out(unreadable))
            yield from page[key]
            cursor = page["cursor"]
            if not cursor:
                return

    def client(self, name: str) -> Any:
        """A boto3 client with the user's session, made once: a session makes no two at the same time."""
        with self._making:
            if name not in self._clients:
                self._clients[name] = _client(self._session, name, self.region, self._endpoint_url)
            return self._clients[name]

    def _answer(
        self,
        method: str,
        path: str,
        query: dict[str, str] | None,
        body: object,
        headers: dict[str, str] | None,
    ) -> bytes:
        # A space is %20 in what is signed; a plus would be signed as one.
        url = self.api_url + path + ("?" + urlencode(query, quote_via=quote, safe="") if query else "")
        data = None if body is None else json.dumps(body).encode()
        # A call that may be repeated: reading, and what the service recognises by its key.
        repeatable = method == "GET" or "Idempotency-Key" in (headers or {})
        for tried in range(1, _TRIES + 1):
            last = tried == _TRIES or not repeatable
            try:
                answer = self._send(method, url, data, headers)
            except BotoCoreError:
                if last:
                    raise
            else:
                status, content = answer.status_code, bytes(answer.content)
                if 200 <= status < 300:
                    return content
                kind = answer.headers.get("x-amzn-errortype", "").partition(":")[0]
                refused = _refusal(status, kind, content)
                if last or status not in _PASSING or (refused.by_service and refused.code != _FAULT):
                    raise refused
            self._pause(0.2 * 4**tried)
        raise AssertionError  # the last try has returned or raised

    def _send(self, method: str, url: str, data: bytes | None, headers: dict[str, str] | None) -> Any:
        given = {"Content-Type": "application/json", "User-Agent": _USER_AGENT, **(headers or {})}
        request = AWSRequest(method, url, data=data, headers=given)
        # Asked again each time: a long export outlives temporary credentials, which botocore renews.
        SigV4Auth(_credentials(self._session), "execute-api", self.region).add_auth(request)
        return self._http.send(request.prepare())


def segment(text: str) -> str:
    """As one part of a path, whatever is in it; an ARN's colons stay as they are."""
    return quote(text, safe=":")


def connect(options: ConnectionOptions) -> Connection:
    """Raises `ExternalError`, `UsageError`, or what botocore raises for credentials and networks."""
    options = completed(options)
    # An environment variable named here would be overridden by a profile, so only a wish is passed on.
    config = botocore.session.Session(profile=options.profile)
    session = boto3.Session(botocore_session=config)
    region = options.region or session.region_name
    if not region:
        raise NoRegionError
    _credentials(session)
    client = _client(session, "cloudformation", region, options.endpoint_url)
    stack = options.stack or ""
    found = _described(client, stack, region)
    outputs = {each["OutputKey"]: each["OutputValue"] for each in found.get("Outputs", [])}
    endpoint = str(client.meta.endpoint_url)
    return Connection(
        stack=stack,
        region=region,
        account=str(found["StackId"]).split(":")[4],
        outputs=outputs,
        api_url=_api_url(outputs, endpoint, stack),
        session=session,
        ca_bundle=config.get_config_variable("ca_bundle"),
        endpoint_url=options.endpoint_url,
    )


def _described(client: Any, stack: str, region: str) -> Any:
    try:
        return client.describe_stacks(StackName=stack)["Stacks"][0]
    except ClientError as error:
        if error.response["Error"]["Code"] != "ValidationError":
            raise
        raise ExternalError(
            f"there is no stack {stack} in {region}. Name yours with --stack or LAMBDA_REPLAY_STACK, "
            "and its region with --region."
        ) from None


def _api_url(outputs: Mapping[str, str], endpoint: str, stack: str) -> str:
    """An emulator serves the API under its own address, whatever the template says."""
    if "ApiUrl" not in outputs:
        raise ExternalError(
            f"the stack {stack} is no Lambda Replay, or not deployed yet: it has no output ApiUrl"
        )
    if (urlsplit(endpoint).hostname or "").endswith(_AWS_DOMAINS):
        return outputs["ApiUrl"]
    return f"{endpoint.rstrip('/')}/_aws/execute-api/{outputs['ApiId']}/{outputs['ApiStage']}"


def _client(session: boto3.Session, name: str, region: str, endpoint_url: str | None) -> Any:
    # A bucket's name as part of the host is found on AWS alone.
    own = Config(
        retries={"mode": "standard", "total_max_attempts": _TRIES},
        connect_timeout=_CONNECT_SECONDS,
        user_agent_extra=_USER_AGENT,
        s3={"addressing_style": "path"} if endpoint_url else None,
    )
    make: Any = session.client  # its type knows names that are literals only
    return make(name, region_name=region, endpoint_url=endpoint_url, config=own)


def _credentials(session: boto3.Session) -> Any:
    """A program or a file that is to tell them may fail in its own ways."""
    try:
        found = session.get_credentials()
        if found is None:
            raise NoCredentialsError
        return found.get_frozen_credentials()
    except (OSError, ValueError) as error:
        raise ExternalError(
            f"the AWS credentials can't be read: {' '.join(str(error).split())}. "
            "Look at the programs and files that your profile names, or choose another with --profile."
        ) from error


def _refusal(status: int, kind: str, content: bytes) -> ApiError:
    """`kind` is API Gateway's name of it."""
    try:
        body = json.loads(content)
    except ValueError:
        body = None
    found = body if isinstance(body, dict) else {}
    error = found.get("error")
    if isinstance(error, dict) and error.get("code"):
        code = str(error["code"])
        return ApiError(status, code, in_cli_words(code, str(error.get("message"))))
    said = found.get("message") or found.get("Message") or content[:200].decode(errors="replace")
    fix = _FIX.get(kind, _PERMISSION if status == _FORBIDDEN else "")
    text = " ".join(f"{said} {fix}".split())
    return ApiError(status, kind or f"HTTP {status}", text, by_service=False)


def _left_out(unreadable: list[str]) -> str:
    more = len(unreadable) - _NAMED
    names = ", ".join(unreadable[:_NAMED]) + (f" and {more} more" if more > 0 else "")
    return f"left out, the service can't read them (its log says why): {names}"
