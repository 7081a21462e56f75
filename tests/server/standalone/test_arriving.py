"""How somebody gets to a registry that is a server of its own, by host and port alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.server.standalone.test_serving import MakeServer


@pytest.mark.parametrize("base_url", ["/", "/team/"])
def test_host_and_port_alone_lead_to_the_web_page(server: MakeServer, base_url: str) -> None:
    client = server(base_url=base_url)
    answer = client.get(client.base_url.join(base_url))
    assert (answer.status_code, answer.headers["Location"]) == (302, "automatosx/")
    assert client.base_url.join(base_url).join(answer.headers["Location"]).path == client.base_url.path
