"""Documents of publishers as HTML, each made once and one at a time: a hostile one takes seconds of a core."""

from __future__ import annotations

import threading
from functools import lru_cache

from automatosx_nb.host.markdown import to_safe_html

_MOST_KEPT = 128
"""To make one of them takes longer than all else of a page."""
_MAKING = threading.Lock()


def document_html(text: str) -> str:
    """Markdown as HTML in which nothing acts or is fetched, headings from ``h3`` on. Not for the server's loop."""
    with _MAKING:
        return _made(text)


@lru_cache(_MOST_KEPT)
def _made(text: str) -> str:
    return to_safe_html(text, top=3)
