"""A real marketplace in a folder of its own, and a conversation with it whose answers can be read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from automatosx_nb.app import Marketplace
from automatosx_nb.widgets.conversation import Conversation


class Talk:
    """Ask, and read the answers; a change is waited for."""

    def __init__(self, market: Marketplace) -> None:
        self.market = market
        self.heard: list[dict[str, Any]] = []
        self.conversation = Conversation(market, self.heard.append)

    def raw(self, content: object) -> list[dict[str, Any]]:
        """Everything that was said in answer to ``content``, in order."""
        start = len(self.heard)
        self.conversation.receive(content)
        self.conversation.wait()
        return self.heard[start:]

    def ask(self, do: str, **rest: Any) -> dict[str, Any]:
        """The answer to one request: the only message that names it and is no progress."""
        said = self.raw({"do": do, "request": "r", **rest})
        answers = [one for one in said if one.get("re") == "r" and "progress" not in one]
        assert len(answers) == 1, said
        return answers[0]

    def change(self, action: str, **target: Any) -> dict[str, Any]:
        """Preview, grant all that is asked, and run."""
        preview = self.ask("preview", action=action, **target)["preview"]
        grant = [asked["permission"] for change in preview["changes"] for asked in change["asks"]]
        return self.ask("run", action=action, preview=preview["fingerprint"], grant=grant, **target)


@pytest.fixture
def talk(market: Marketplace) -> Iterator[Talk]:
    one = Talk(market)
    yield one
    one.conversation.end()
    one.conversation.wait()
