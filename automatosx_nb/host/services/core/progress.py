"""``automatosx.progress``: a bar in the cell that waits for the plugin. Where none waits, nothing is drawn."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Mapping
from html import escape
from typing import Any
from uuid import uuid4
from weakref import WeakKeyDictionary

from automatosx_nb.host.services.core.service import Client, CoreService, core_service
from automatosx_nb.model.printable import one_line

LEAST_S = 0.1
"""Between two drawings; the last one of a bar is always drawn."""
_WIDTH = 30


class Bar:
    """As IPython shows it, in a notebook and in a saved one."""

    def __init__(self, plugin: str, fraction: float, text: str) -> None:
        self.plugin, self.fraction, self.text = plugin, fraction, one_line(text)

    def __repr__(self) -> str:
        done = round(self.fraction * _WIDTH)
        return f"[{'█' * done}{'░' * (_WIDTH - done)}] {self.fraction:4.0%} {self.text}".rstrip()

    def _repr_html_(self) -> str:
        label = escape(f"{self.plugin}: {self.text or 'progress'}", quote=True)
        value = f"{self.fraction:.4f}"
        bar = f'<progress value="{value}" max="1" aria-label="{label}"></progress>'
        return f"{bar} {self.fraction:.0%} {escape(self.text)}"


class Drawn:
    """The bar of one call: drawn once, and updated from then on."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._id = ""
        self._at = float("-inf")
        self._fraction = -1.0

    def draw(self, bar: Bar) -> None:
        now = self._clock()
        if bar.fraction == self._fraction or (now - self._at < LEAST_S and bar.fraction < 1):
            return
        self._at, self._fraction = now, bar.fraction
        ipython = sys.modules.get("IPython")
        if ipython is None or ipython.get_ipython() is None:
            return
        from IPython import display as shown

        display: Callable[..., object] = shown.display
        if self._id:
            display(bar, display_id=self._id, update=True)
        else:
            self._id = f"automatosx-{uuid4().hex}"
            display(bar, display_id=self._id)


def services_of() -> tuple[CoreService, ...]:
    bars: WeakKeyDictionary[object, Drawn] = WeakKeyDictionary()
    """Call of a handler → its bar."""

    def show(client: Client, request: Mapping[str, Any]) -> object:
        done, total = request["done"], request.get("total", 1)
        bar = Bar(client.plugin, min(done / total, 1.0), request.get("text", ""))
        drawn = bars.setdefault(client.call, Drawn())
        return client.show(lambda: drawn.draw(bar))

    number = {"type": "number", "minimum": 0, "maximum": 1e15}
    return (
        core_service(
            "show",
            "1.0.0",
            "Draw how far the running call is; the reply is whether a cell waits that could show it.",
            {
                "done": {**number, "description": "How much is done."},
                "total": {**number, "exclusiveMinimum": 0, "default": 1, "description": "Of how much."},
                "text": {"type": "string", "maxLength": 120},
            },
            {"type": "boolean"},
            show,
            required=("done",),
        ),
    )
