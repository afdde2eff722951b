"""Where the embedded AWS is, who its operator is, and what is deployed to it."""

import os
import platform
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import botocore.session
from botocore.config import Config

from local.server import ACCOUNT_ID, HOST, REGION

ROOT = Path(__file__).parents[1]
STATE = ROOT / ".local"
DEFAULT_PORT = 4566
DEFAULT_SPEED = 60.0

TEMPLATE = ROOT / "template.yaml"
SOURCES_TEMPLATE = ROOT / "local" / "sources" / "template.yaml"
STACK = "lambda-replay"
SOURCES_STACK = "lambda-replay-sources"
VIA_TEMPLATE = ROOT / "local" / "sources" / "via.yaml"
VIA_STACK = f"{SOURCES_STACK}-via"
# Queues that were there before the service, and are their functions' dead-letter queues.
DEAD_LETTER_QUEUES = {
    f"{VIA_STACK}-dead-letters": f"{VIA_STACK}-dead-letter",
    f"{SOURCES_STACK}-durable-dead-letters": f"{SOURCES_STACK}-durable",
}

ARCHITECTURE = "arm64" if platform.machine() in ("arm64", "aarch64") else "x86_64"
# What `sam local invoke` runs Python functions in.
IMAGE = f"public.ecr.aws/lambda/python:3.13-{ARCHITECTURE}"
PARAMETERS = {
    "Architecture": ARCHITECTURE,
    "ReplayableFunctions": f"arn:aws:lambda:{REGION}:{ACCOUNT_ID}:function:{SOURCES_STACK}-*",
    "OutcomeWindowSeconds": "60",
    "DeadLetterQueues": ",".join(
        f"arn:aws:sqs:{REGION}:{ACCOUNT_ID}:{queue}=arn:aws:lambda:{REGION}:{ACCOUNT_ID}:function:{function}"
        for queue, function in DEAD_LETTER_QUEUES.items()
    ),
    "SourceTopics": f"arn:aws:sns:{REGION}:{ACCOUNT_ID}:{VIA_STACK}-*",
}
SOURCES_PARAMETERS = {"Architecture": ARCHITECTURE}
# The outputs of the main stack that the sources report to.
FAILURE_QUEUE_OUTPUT = "FailureQueueArn"
VIA_OUTPUTS = (
    FAILURE_QUEUE_OUTPUT, "FailureTopicArn", "EventBusArn", "FailureBucketName", "TriageFunctionArn",
)  # fmt: skip

# Whatever the shell's profile and ~/.aws say is meant for the real AWS.
_NOBODYS: Any = {
    "profile": (None, None, None, None),
    "config_file": (None, None, os.devnull, None),
    "credentials_file": (None, None, os.devnull, None),
}


_OF_AWS = ("AWS_", "LAMBDA_REPLAY_")


@dataclass(frozen=True)
class Address:
    """One embedded AWS."""

    port: int = DEFAULT_PORT
    state: Path = STATE
    region: str = REGION

    @property
    def endpoint(self) -> str:
        return f"http://{HOST}:{self.port}"


@dataclass(frozen=True)
class Operator:
    """Credentials of an IAM user; unlike root's, their signatures are checked."""

    key_id: str
    secret: str

    def client(self, service: str, address: Address) -> Any:
        session = botocore.session.Session(session_vars=_NOBODYS)
        return session.create_client(
            service,
            region_name=address.region,
            endpoint_url=address.endpoint,
            aws_access_key_id=self.key_id,
            aws_secret_access_key=self.secret,
            config=Config(s3={"addressing_style": "path"}, retries={"total_max_attempts": 2}),
        )

    def variables(self, address: Address) -> dict[str, str]:
        """What a shell sets to speak to it as this user, whatever the account's own files say."""
        return {
            "AWS_ENDPOINT_URL": address.endpoint,
            "AWS_ACCESS_KEY_ID": self.key_id,
            "AWS_SECRET_ACCESS_KEY": self.secret,
            "AWS_REGION": address.region,
            "AWS_DEFAULT_REGION": address.region,
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def environment(self, address: Address) -> dict[str, str]:
        """For a subprocess: this one's environment, with `variables` in place of everything of AWS."""
        own = {name: value for name, value in os.environ.items() if not name.startswith(_OF_AWS)}
        return own | self.variables(address)
