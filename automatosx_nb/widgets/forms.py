"""The forms of a plugin's display, live: an anywidget above the display, which each result replaces.

The display itself is an output of its own, an ordinary MIME bundle, so that a saved notebook keeps the last result.
"""

from __future__ import annotations

import contextvars
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import anywidget
import traitlets

from automatosx_nb.errors import FieldRefused
from automatosx_nb.host.display.html import to_html
from automatosx_nb.host.display.nodes import Stack
from automatosx_nb.host.display.plain import to_text
from automatosx_nb.model.names import short_name
from automatosx_nb.widgets import bundle, faults, form_requests

if TYPE_CHECKING:
    from automatosx_nb.host.display import Rendered
    from automatosx_nb.host.display.forms import Form
    from automatosx_nb.host.form_calls import FormCalls

Show = Callable[[object], None]
"""Puts a result where the display is."""


class FormPanel(anywidget.AnyWidget):
    """Draws forms and calls what they name; what is typed into them is in no state of the widget."""

    _esm = bundle.script("forms")
    _css = bundle.style()
    forms: Any = traitlets.List().tag(sync=True)
    byline = traitlets.Unicode().tag(sync=True)
    expired = traitlets.Unicode("").tag(sync=True)
    """Why the forms can no longer be used; '' while they can."""

    def __init__(self, display: Rendered, calls: FormCalls, show: Show) -> None:
        self._forms = display.forms
        self._made_by = display.metadata
        self._serial = 0
        self._calls = calls
        self._show = show
        self._context = contextvars.copy_context()  # what a call prints belongs to the cell that made the form
        self._one_call = threading.Lock()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        byline = f"{short_name(calls.plugin)} · ran confined"
        super().__init__(forms=self._views(), byline=byline)
        self.on_msg(self._on_message)
        self._stop_listening = calls.on_change(self._look)

    def _views(self) -> list[dict[str, Any]]:
        return [form.view() | {"serial": self._serial} for form in self._forms]

    def _look(self) -> None:
        if self._calls.expired and not self.expired:
            self.expired = f"{self._calls.plugin} was removed or replaced since. Run the cell again."
            self._stop.set()

    def _on_message(self, _panel: object, content: object, _buffers: object) -> None:
        self.receive(content)

    def receive(self, content: object) -> None:
        """Answer a message of the front end; whatever goes wrong becomes the answer."""
        token = form_requests.token_of(content)
        try:
            answer = self._answer(form_requests.parse(content))
        except Exception as error:  # noqa: BLE001 - the boundary: the kernel's log is no place for a user's error
            answer = faults.of(error)
        if answer is not None:
            self.send({"re": token, **answer})

    def _answer(self, request: form_requests.Request) -> dict[str, Any] | None:
        match request:
            case form_requests.Submit():
                return self._start(request)
            case form_requests.Cancel():
                self._stop.set()
                return {"stopping": self._one_call.locked()}
            case form_requests.Suggest():
                return {"names": self._calls.suggestions(request.type)}
        self._look()
        return {"state": self.expired, "busy": self._one_call.locked()}

    def _start(self, request: form_requests.Submit) -> dict[str, Any] | None:
        form = self._form(request.form) if request.serial == self._serial else None
        if form is None:
            return faults.CHANGED
        if not self._one_call.acquire(blocking=False):
            return faults.BUSY
        self._stop.clear()
        run = self._context.copy().run
        self._thread = threading.Thread(
            target=run, args=(self._run, form, request), name="automatosx-form", daemon=True
        )
        self._thread.start()
        return None

    def _form(self, number: int) -> Form | None:
        return self._forms[number] if 0 <= number < len(self._forms) else None

    def _run(self, form: Form, request: form_requests.Submit) -> None:
        try:
            answer = self._call(form, request)
        except FieldRefused as refused:
            answer = faults.of(refused) | {"field": refused.field, "reason": refused.reason, "remedy": refused.remedy}
        except Exception as error:  # noqa: BLE001 - the boundary, as in receive
            answer = faults.of(error)
        finally:
            self._one_call.release()
        self.send({"re": request.request, **answer})

    def _call(self, form: Form, request: form_requests.Submit) -> dict[str, Any]:
        shown = self._calls.call(form.command, {**request.values, **dict(form.values)}, self._stop)
        forms = getattr(shown, "forms", ())
        self._show(getattr(shown, "rest", None) if forms else shown)
        if forms:
            self._forms, self._serial = forms, self._serial + 1
            self.forms = self._views()
        return {"done": True}

    def wait(self, timeout_s: float | None = None) -> None:
        """Until the call that is under way, if any, has ended."""
        if self._thread is not None:
            self._thread.join(timeout_s)

    def close(self) -> None:
        self._stop_listening()
        super().close()

    def __repr__(self) -> str:
        return to_text(Stack(self._forms))

    def _repr_mimebundle_(self, **kwargs: Any) -> tuple[dict[str, Any], dict[str, Any]] | None:
        """The live view; without a kernel the forms as they stood."""
        bundled = super()._repr_mimebundle_(**kwargs)
        if bundled is None:
            return None
        data, metadata = bundled
        static = {"text/plain": repr(self), "text/html": to_html(Stack(self._forms), byline=self.byline)}
        return {**data, **static}, {**metadata, **self._made_by}


class LiveDisplay:
    """A display with forms, to be shown in a kernel: the forms, and below them the rest, which results replace."""

    def __init__(self, display: Rendered, calls: FormCalls) -> None:
        self._display = display
        self._nothing = _Nothing(display.metadata)
        self._calls = calls
        self._handle: Any = None
        self.panel: FormPanel | None = None

    def _ipython_display_(self) -> None:
        from IPython.display import display

        self.panel = FormPanel(self._display, self._calls, self._show)
        display(self.panel)  # type: ignore[no-untyped-call]
        self._handle = display(self._display.rest or self._nothing, display_id=True)  # type: ignore[no-untyped-call]

    def _show(self, result: object) -> None:
        self._handle.update(self._nothing if result is None else result)

    def __repr__(self) -> str:
        return self._display.text


class _Nothing:
    """Where a result will stand."""

    def __init__(self, metadata: dict[str, Any]) -> None:
        self._metadata = metadata

    def _repr_mimebundle_(self, **_kwargs: Any) -> tuple[dict[str, str], dict[str, Any]]:
        return {"text/html": "", "text/plain": ""}, self._metadata
