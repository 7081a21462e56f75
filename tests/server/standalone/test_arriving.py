"""How somebody gets to a registry that is a server of its own: by host and port alone, and where the port is taken."""

from __future__ import annotations

import asyncio
import socket
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from traitlets.config import Config

from automatosx_nb.config import load_settings
from automatosx_nb.errors import InvalidConfiguration
from automatosx_nb.server.standalone.run import Server

if TYPE_CHECKING:
    from tests.server.standalone.conftest import MakeServer


@pytest.mark.parametrize("base_url", ["/", "/team/"])
def test_host_and_port_alone_lead_to_the_web_page(server: MakeServer, base_url: str) -> None:
    client = server(base_url=base_url)
    answer = client.get(client.base_url.join(base_url))
    assert (answer.status_code, answer.headers["Location"]) == (302, "automatosx/")
    assert client.base_url.join(base_url).join(answer.headers["Location"]).path == client.base_url.path


def test_a_port_that_is_taken_is_said_with_what_to_do(home: Path) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        port = taken.getsockname()[1]
        settings = load_settings()
        settings = replace(settings, server=replace(settings.server, port=port))
        with pytest.raises(InvalidConfiguration, match=rf"port {port} cannot be had .*name another port with --port"):
            asyncio.run(Server(settings, Config()).run(lambda _address: None))
