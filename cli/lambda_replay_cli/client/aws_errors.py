"""What botocore raises, in words: what is wrong, and the fix."""

from botocore import exceptions as aws

from lambda_replay_cli.errors import USAGE, ApiError, ExternalError

_SIGN_IN = "Sign in again (aws sso login, or new keys), or choose another profile with --profile."
_NETWORK = "Check the network, --region and --endpoint-url."
_KEYS = "Set AWS_PROFILE, give --profile, or run aws configure."

# The first that fits is taken: the special ones stand before those that they are kinds of.
_RAISED: tuple[tuple[type[Exception], str, int | None], ...] = (
    (aws.NoCredentialsError, f"no AWS credentials found. {_KEYS}", None),
    (aws.PartialCredentialsError, f"AWS credentials are incomplete. {_KEYS}", None),
    (aws.ProfileNotFound, "{error}. aws configure list-profiles names those that there are.", USAGE),
    (aws.NoRegionError, "no region. Set AWS_REGION or give --region.", USAGE),
    (aws.InvalidRegionError, "{error}. Give --region, as in eu-west-1.", USAGE),
    (aws.ConfigParseError, "{error}. Fix the file, or name another with AWS_CONFIG_FILE.", USAGE),
    (aws.UnauthorizedSSOTokenError, f"{{error}} {_SIGN_IN}", None),
    (aws.SSOTokenLoadError, f"{{error}} {_SIGN_IN}", None),
    (aws.TokenRetrievalError, f"{{error}} {_SIGN_IN}", None),
    (aws.CredentialRetrievalError, f"{{error}} {_SIGN_IN}", None),
    (aws.SSLError, "{error} Is there a proxy between? Name its certificates with AWS_CA_BUNDLE.", None),
    (aws.ProxyConnectionError, "{error} Check HTTPS_PROXY and NO_PROXY.", None),
    (aws.HTTPClientError, f"{{error}} {_NETWORK}", None),
    (aws.ConnectionError, f"{{error}} {_NETWORK}", None),
    (aws.BotoCoreError, "{error}", None),
    (ValueError, "{error}. Give --endpoint-url as http://HOST:PORT.", USAGE),
)
_CODES = {
    **dict.fromkeys(
        ("ExpiredToken", "ExpiredTokenException", "RequestExpired"),
        f"the AWS credentials have expired. {_SIGN_IN}",
    ),
    **dict.fromkeys(
        ("InvalidClientTokenId", "UnrecognizedClientException", "AuthFailure", "InvalidAccessKeyId"),
        f"AWS does not know these credentials. {_SIGN_IN}",
    ),
    **dict.fromkeys(
        ("SignatureDoesNotMatch", "InvalidSignatureException"),
        "AWS does not accept the signature: is the secret key right, and the clock?",
    ),
    **dict.fromkeys(
        ("AccessDenied", "AccessDeniedException", "AuthorizationError", "UnauthorizedOperation"),
        "AWS does not allow it. {error}",
    ),
}


def trouble(error: Exception) -> ExternalError | None:
    """None for what is no fault of the surroundings. Messages of several lines become one."""
    if isinstance(error, aws.ClientError):
        found = error.response.get("Error", {})
        template = _CODES.get(found.get("Code", ""), "{error}")
        words = f"{error.operation_name}: {found.get('Message') or found.get('Code')}"
        return ExternalError(template.format(error=_line(words)))
    for kind, template, code in _RAISED:
        if isinstance(error, kind) and (kind is not ValueError or "nvalid endpoint" in str(error)):
            text = template.format(error=_line(str(error)))
            return ExternalError(text) if code is None else ExternalError(text, code)
    return None


def _line(text: str) -> str:
    return " ".join(text.split())


def is_passing(error: Exception) -> bool:
    """Whether the same call may succeed later: no answer, or one that says that the service could not answer
    now."""
    if isinstance(error, ApiError):
        return error.status >= 500 or error.status == 429
    return isinstance(error, aws.HTTPClientError | aws.ConnectionError)
