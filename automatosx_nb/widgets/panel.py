"""The marketplace panel: an anywidget, so one model draws any number of plugins."""

from __future__ import annotations

import contextvars
from typing import TYPE_CHECKING, Any

import anywidget
import traitlets

from automatosx_nb.widgets import bundle, fallback, faults, requests, views
from automatosx_nb.widgets.conversation import Conversation

if TYPE_CHECKING:
    from automatosx_nb.app import Marketplace

_FIRST = requests.Search(request="first")


class MarketplacePanel(anywidget.AnyWidget):
    """Search, consent, install, update, remove and roll back, in an output cell.

    Raises as ``market.search`` does, but where a registry elsewhere gives no answer: then it shows that, and what is
    installed.
    """

    _esm = bundle.script("panel")
    _css = bundle.style()
    first = traitlets.Dict().tag(sync=True)
    """What to draw at once, before any message: the first page (and why there is none), and what is installed."""

    view = traitlets.Enum(("browse", "installed", "permissions"), "browse").tag(sync=True)
    """What is seen first."""

    def __init__(self, market: Marketplace, view: str = "browse") -> None:
        self.conversation = Conversation(market, self.send, self._open)
        self._context = contextvars.copy_context()
        super().__init__(first=self._look(), view=view)
        self.on_msg(self._on_message)

    def _look(self) -> dict[str, Any]:
        found = self._search()
        return found | {"installed": self.conversation.installed(ask="fault" not in found)}

    def _search(self) -> dict[str, Any]:
        """The first page, or an empty one and why; a registry that gave no answer is not waited for again."""
        if "fault" in self.first:
            return {name: self.first[name] for name in ("page", "fault")}
        try:
            return self.conversation.answer(_FIRST)
        except faults.NO_ANSWER as error:
            return {"page": views.NO_PAGE, "fault": faults.of(error)["error"]}

    def _on_message(self, _panel: object, content: object, _buffers: object) -> None:
        self.conversation.receive(content)

    def _open(self, plugin: str, name: str) -> None:
        """Show a plugin's panel below this one, as an output of the same cell."""
        self._context.copy().run(_display_panel, plugin, name)

    def close(self) -> None:
        """Take the panel off every page. A change that is under way goes on to its end."""
        self.conversation.end()
        super().close()

    def __repr__(self) -> str:
        return fallback.text(self.first)

    def _repr_mimebundle_(self, **kwargs: Any) -> tuple[dict[str, Any], dict[str, Any]] | None:
        """The live view, and for a saved notebook a table and a line of text that need neither kernel nor state."""
        self.first = self._look()
        self._context = contextvars.copy_context()  # of the cell that shows it now
        bundled = super()._repr_mimebundle_(**kwargs)
        if bundled is None:
            return None
        data, metadata = bundled
        kept = {"text/plain": fallback.text(self.first), "text/html": fallback.table(self.first)}
        return {**data, **kept}, metadata


def _display_panel(plugin: str, name: str) -> None:
    from IPython.display import display

    from automatosx_nb import panel

    shown = panel(plugin, name)
    if shown is not None:
        display(shown)  # type: ignore[no-untyped-call]
