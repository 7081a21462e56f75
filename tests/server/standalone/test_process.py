"""``jupyter automatosx serve`` as an administrator meets it: a process that is started, read and told to end."""

from __future__ import annotations

import signal
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from automatosx_nb.commands.serving import configured
from automatosx_nb.commands.verbs import find, parser_of
from automatosx_nb.errors import InvalidConfiguration

Start = Callable[..., Any]
TOKEN = "the-token-of-the-test"
HEAD = f"POST /automatosx/api/v1/plan HTTP/1.1\r\nHost: x\r\nAuthorization: token {TOKEN}\r\n"


def parsed(*words: str) -> Any:
    return configured(parser_of(find("serve", "ax"), "ax").parse_args(list(words)))


def test_it_answers_what_was_begun_before_it_was_told_to_end_and_takes_nothing_more(
    process: Start,
) -> None:
    server = process()
    where = urlsplit(server.address)
    body = b'{"wanted": {"nordic.plots": "*"}}'
    with socket.create_connection((where.hostname or "", where.port or 0)) as begun:
        begun.sendall(f"{HEAD}Content-Length: {len(body)}\r\n\r\n".encode() + body[:10])
        with httpx.Client(base_url=server.address, trust_env=False) as other:
            assert other.get(other.base_url.join("/healthz/live")).status_code == 200  # so the head above was read, too
        server.popen.send_signal(signal.SIGTERM)
        server.logs_until("no further connection is taken")
        refused(where.hostname or "", where.port or 0)
        begun.sendall(body[10:])
        answer = b"".join(iter(lambda: begun.recv(65536), b""))
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert b'"nordic.plots"' in answer
    assert b"\r\nConnection: close\r\n" in answer
    assert server.popen.wait() == 0


def refused(host: str, port: int) -> None:
    """Tries until nobody listens any more: the log's line comes a moment before."""
    while True:
        try:
            socket.create_connection((host, port)).close()
        except ConnectionRefusedError:
            return


def test_the_log_is_lines_of_json_with_the_requests_id_and_without_anybodys_token(
    process: Start,
) -> None:
    server = process()
    asked = {"headers": {"X-Request-Id": "from-the-edge"}, "params": {"q": "tables", "token": TOKEN}}
    with httpx.Client(base_url=server.address, trust_env=False) as client:
        assert client.get("api/v1/plugins", **asked).status_code == 200  # type: ignore[arg-type]
        assert client.get("api/v1/plugins/acme.nobody", headers={"Authorization": f"token {TOKEN}"}).status_code == 404
    server.popen.send_signal(signal.SIGTERM)
    lines = list(server.lines())
    assert server.popen.wait() == 0
    search, unknown = [line for line in lines if line["logger"] == "automatosx.requests"]
    told = {name: search[name] for name in ("request", "method", "path", "route", "status", "level")}
    assert told == {
        "request": "from-the-edge",
        "method": "GET",
        "path": "/automatosx/api/v1/plugins",
        "route": "plugins",
        "status": 200,
        "level": "info",
    }
    assert (search["query"], search["found"]) == ("q=tables&token=%5Bleft+out%5D", 3)
    assert "found" not in unknown
    assert (unknown["route"], unknown["status"], unknown["address"]) == ("plugins/*", 404, "127.0.0.1")
    assert TOKEN not in str(lines)


def test_a_port_that_somebody_has_is_an_error_with_what_to_do(process: Start) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        server = process("--port", str(taken.getsockname()[1]))
        error = server.popen.communicate()[1]
    assert (server.address, server.popen.returncode) == ("", 1)
    assert "c.RegistryServer.port" in error
    assert "Address already in use" in error
    assert "name another port with --port" in error


def test_what_is_typed_comes_before_what_is_written(home: Path, tmp_path: Path) -> None:
    file = tmp_path / "registry.py"
    file.write_text(
        "c.RegistryServer.port = 9000\nc.RegistryServer.public_read = True\nc.RegistryServer.base_url = 'team'\n"
        "c.IdentityProvider.token = 'abc'\n"
    )
    settings, config = parsed("--config", str(file), "--port", "9001")
    assert (settings.server.port, settings.server.public_read, settings.server.base_url) == (9001, True, "/team/")
    assert config.IdentityProvider.token == "abc"
    assert parsed("--base-url", "/a/b/")[0].server.base_url == "/a/b/"


@pytest.mark.parametrize(
    "text", ["c.RegistryServer.port = 'x'\n", "raise ValueError('no')\n", "c.RegistryServer.prot = 1\n"]
)
def test_what_cannot_be_read_is_named(home: Path, tmp_path: Path, text: str) -> None:
    file = tmp_path / "registry.py"
    file.write_text(text)
    with pytest.raises(InvalidConfiguration, match=r"RegistryServer|registry\.py"):
        parsed("--config", str(file))
    with pytest.raises(InvalidConfiguration, match="missing"):
        parsed("--config", str(tmp_path / "missing.py"))


def test_in_a_kernel_no_server_is_started(shell: Any) -> None:
    from automatosx_nb import load_ipython_extension

    load_ipython_extension(shell)
    result = shell.run_cell("%ax serve")
    assert "does not run in a kernel" in str(result.error_in_exec)
