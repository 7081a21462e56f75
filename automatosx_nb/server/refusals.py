"""What every handler of ours does with an error before it is told to anybody."""

from __future__ import annotations

from typing import Any

from automatosx_nb.errors import AutomatosxError
from automatosx_nb.server import problems


class Refusals:
    """Mixed into a handler, before tornado's."""

    log: Any
    request: Any

    def log_exception(self, typ: Any, value: Any, tb: Any) -> None:
        """A client's mistake is no news for the server's log; what is ours is."""
        if isinstance(value, AutomatosxError) and problems.status_of(value) < 500:
            self.log.debug("%s: %s", self.request.uri, value)
        else:
            super().log_exception(typ, value, tb)  # type: ignore[misc]

    def send_error(self, status_code: int = 500, **kwargs: Any) -> None:
        error = kwargs.get("exc_info", (None, None))[1]
        super().send_error(problems.status_of(error) if error is not None else status_code, **kwargs)  # type: ignore[misc]
