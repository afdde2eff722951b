"""Signs what Schemathesis sends, with SigV4 for `execute-api`: the module that `SCHEMATHESIS_HOOKS` names."""

import os

import schemathesis
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from requests import PreparedRequest
from requests.auth import AuthBase


class SigV4(AuthBase):  # type: ignore[misc]  # requests has no types
    """Signs a request as it goes out, so that every header and byte is the one that is sent."""

    def __init__(self) -> None:
        keys = Credentials(os.environ["AWS_ACCESS_KEY_ID"], os.environ["AWS_SECRET_ACCESS_KEY"])
        self.signer = SigV4Auth(keys, "execute-api", os.environ["AWS_REGION"])

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        # A body that is promised and never comes would only be waited for.
        request.headers.pop("Content-Length", None)
        request.prepare_content_length(request.body)
        # A signature that the request was made with would be another caller's.
        for name in ("Authorization", "X-Amz-Date", "X-Amz-Security-Token"):
            request.headers.pop(name, None)
        host = {"Host": str(request.url).split("/")[2]}
        signed = AWSRequest(request.method, request.url, data=request.body or b"", headers=host)
        self.signer.add_auth(signed)
        request.headers.update({n: v for n, v in signed.headers.items() if n != "Host"})
        return request


schemathesis.auth.set_from_requests(SigV4())  # type: ignore[attr-defined]  # set when it is imported
