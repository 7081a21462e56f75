"""A server of Amazon's S3 protocol (moto) on loopback; it ends with the process that started it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import count

import httpx

_SERVE = """
import sys
from moto.moto_server.werkzeug_app import DomainDispatcherApplication
from moto.server import ThreadedMotoServer

asked = DomainDispatcherApplication.__call__
SIGNED = "AWS4-HMAC-SHA256 Credential=tests/20000101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=none"

def ask(application, environ, start_response):
    if not environ.get("HTTP_AUTHORIZATION", "").startswith("AWS4"):  # Google's clients send what no S3 knows
        environ["HTTP_AUTHORIZATION"] = SIGNED
    return asked(application, environ, start_response)

DomainDispatcherApplication.__call__ = ask
server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
server.start()
print(server.get_host_and_port()[1], flush=True)
sys.stdin.read()
"""


class S3:
    """A running server. Its ``environment`` is what a client needs to reach it."""

    def __init__(self, endpoint: str) -> None:
        self.endpoint = endpoint
        self._names = (f"bucket{n}" for n in count(1))  # Google's client encodes a hyphen, which moto decodes nowhere

    @property
    def environment(self) -> Mapping[str, str]:
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ALLOW_HTTP": "true",
            "AWS_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": "tests",
            "AWS_SECRET_ACCESS_KEY": "tests",
        }

    def bucket(self) -> str:
        """The URL of a new, empty bucket."""
        name = next(self._names)
        httpx.put(f"{self.endpoint}/{name}").raise_for_status()
        return f"s3://{name}"


@contextmanager
def serving_s3() -> Iterator[S3]:
    pipe = subprocess.PIPE
    command = [sys.executable, "-W", "ignore", "-c", _SERVE]
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, text=True) as server:
        assert server.stdin is not None
        assert server.stdout is not None
        port = server.stdout.readline().strip()
        assert port, "moto did not start"
        yield S3(f"http://127.0.0.1:{port}")
        server.stdin.close()
