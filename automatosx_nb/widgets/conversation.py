"""Both sides of the panel's messages, without a widget: requests in, answers out.

A request ``{"do": …, "request": token, …}`` is answered by one ``{"re": token, …}``; before the answer to a ``run``
come any number of ``{"re": token, "progress": {…}}``. Whatever changes what is installed, also from a cell, is told to
every view by a ``{"on": "changed"}`` without ``re``.
"""

from __future__ import annotations

import contextvars
import threading
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from automatosx_nb.errors import ChangeStopped, NothingToRollBack, UnknownGeneration, UsageError
from automatosx_nb.host.surface import asked_in
from automatosx_nb.model.plan import Applied
from automatosx_nb.widgets import faults, requests, views, wording
from automatosx_nb.widgets.options import PluginOptions

if TYPE_CHECKING:
    from automatosx_nb.app import Marketplace
    from automatosx_nb.host.deciding import PluginHoldings
    from automatosx_nb.model.generation import Generation, InstalledPlugin
    from automatosx_nb.model.plan import Plan
    from automatosx_nb.model.progress import Progress, Step

PAGE_SIZE = 24


class Conversation:
    """Answers each message with ``send``, from any thread; changes run one at a time, in a thread of their own."""

    def __init__(
        self,
        market: Marketplace,
        send: Callable[[dict[str, Any]], None],
        open_panel: Callable[[str, str], None] | None = None,
    ) -> None:
        """``open_panel`` shows a plugin's panel; it runs the plugin, so it is called in a thread of its own."""
        self._market = market
        self._options = PluginOptions(market)
        self._open_panel = open_panel
        self._send = send
        self._running: threading.Thread | None = None
        self._one_change = threading.Lock()
        self._stop = threading.Event()
        self._stop_listening: Callable[[], None] | None = market.on_change(lambda: send({"on": "changed"}))

    def receive(self, content: object) -> None:
        """Answer ``content``; whatever goes wrong becomes an answer too, and is never raised."""
        token = requests.token_of(content)
        try:
            request = requests.parse(content)
            answer = self._answered(request)
        except Exception as error:  # noqa: BLE001 - the boundary: the kernel's log is no place for a user's error
            answer = faults.of(error)
        if answer is not None:
            self._send({"re": token, **answer})

    def _answered(self, request: requests.Request) -> dict[str, Any] | None:
        match request:
            case requests.Run():
                return self._start(request)
            case requests.Stop():
                self._stop.set()
                return {"stopping": self.busy}
            case requests.Open():
                self._in_background(self._open, request)
                return None
        return self.answer(request)

    def answer(self, request: requests.Request) -> dict[str, Any]:
        """The answer to a request that changes nothing; raises what the marketplace raises."""
        match request:
            case requests.Search():
                return {"page": self._search(request)}
            case requests.Details():
                return {"details": views.details(self._market.info(request.id), self._market.installed(), self._market)}
            case requests.Screenshots():
                return {"screenshots": views.screenshots(self._market.screenshots(request.id, request.version))}
            case requests.Installed():
                return {"installed": self.installed()}
            case requests.Outdated():
                return {"outdated": views.outdated(self._market.outdated())}
            case requests.Preview():
                return {"preview": self._preview(request)}
            case requests.KeepGeneration() | requests.LetGo():
                return faults.BUSY if self.busy else self._keep(request)
            case (
                requests.Settings()
                | requests.Set()
                | requests.Unset()
                | requests.Secrets()
                | requests.Keep()
                | requests.Forget()
            ):
                return self._options.answer(request)
            case _:
                return {"state": self._state(), "busy": self.busy}

    @property
    def busy(self) -> bool:
        return self._one_change.locked()

    def end(self) -> None:
        """No longer tell of changes, and never mind a second call. A change that is under way goes on to its end."""
        stop, self._stop_listening = self._stop_listening, None
        if stop is not None:
            stop()

    def wait(self, timeout_s: float | None = None) -> None:
        """Until the change that is under way, if any, has ended."""
        thread = self._running
        if thread is not None:
            thread.join(timeout_s)

    def _search(self, request: requests.Search) -> views.View:
        found = self._market.search(
            request.text,
            category=request.category,
            sort=request.sort,
            cursor=request.cursor,
            size=PAGE_SIZE,
        )
        return views.page(found, self._market.installed(), self._market)

    def installed(self, *, ask: bool = True) -> views.View:
        """What is installed, and, unless a registry elsewhere gives no answer, or is not to be asked, what is newer."""
        plugins = self._market.installed()
        newest = self._newest(plugins) if ask else {}
        holdings = {each.id: each for each in self._market.holdings()}
        return {
            "plugins": [self._plugin(p, newest.get(p.id), holdings[p.id]) for p in plugins],
            "history": views.history(self._market.history()),
            "can_roll_back": _leads_back(self._market.profile.rollback_target),
            "can_undo": _leads_back(self._market.profile.undo_target),
            "state": self._state(),
        }

    def _newest(self, plugins: Iterable[InstalledPlugin]) -> dict[str, str | None]:
        try:
            return {plugin.id: self._market.newest(plugin.id) for plugin in plugins}
        except faults.NO_ANSWER:
            return {}

    def _plugin(self, plugin: InstalledPlugin, newest: str | None, holdings: PluginHoldings) -> views.View:
        said = self._market.profile.flags.of(plugin.id, plugin.version)
        return views.installed_plugin(plugin, newest, holdings, said)

    def _state(self) -> str:
        flags = self._market.profile.flags.all()
        return views.state(self._market.installed(), self._market.session.version, flags)

    def _keep(self, request: requests.KeepGeneration | requests.LetGo) -> dict[str, Any]:
        if isinstance(request, requests.KeepGeneration):
            self._market.keep_generation(request.number, note=request.note)
        else:
            self._market.let_generation_go(request.number)
        self._market.tell_changed()
        return {"installed": self.installed()}

    def _preview(self, request: requests.Preview | requests.Run) -> views.View:
        return views.preview(self._plan(request), request.id)

    def _plan(self, request: requests.Preview | requests.Run) -> Plan:
        match request.action:
            case "install":
                return self._market.plan_install(request.id, request.wish)
            case "update":
                return self._market.plan_update(*_named(request))
            case "remove":
                return self._market.plan_remove(request.id)
            case "grant":
                return self._market.plan_grant(request.id, *request.permissions)
            case "revoke":
                return self._market.plan_revoke(request.id, *request.permissions)
            case "pin":
                return self._market.plan_pin(request.id, request.wish)
            case "unpin":
                return self._market.plan_unpin(request.id)
            case "undo":
                return self._market.plan_undo()
            case _:
                return self._market.plan_rollback(request.to)

    def _start(self, request: requests.Run) -> dict[str, Any] | None:
        if not self._one_change.acquire(blocking=False):
            return faults.BUSY
        self._stop.clear()
        self._in_background(self._run, request)
        return None

    def _in_background(self, work: Callable[[Any], None], request: requests.Request) -> None:
        # In the context of this message, what the thread prints lands in this message's cell, not in a later one.
        target = contextvars.copy_context().run
        self._running = threading.Thread(target=target, args=(work, request), name="automatosx-panel", daemon=True)
        self._running.start()

    def _open(self, request: requests.Open) -> None:
        try:
            if self._open_panel is None:
                raise UsageError("this panel cannot show another", "run automatosx_nb.panel(ID) in a cell")
            self._open_panel(request.id, request.name)
            answer: dict[str, Any] = {"opened": request.name}
        except Exception as error:  # noqa: BLE001 - the boundary, as in receive
            answer = faults.of(error)
        self._send({"re": request.request, **answer})

    def _run(self, request: requests.Run) -> None:
        try:
            answer = self._change(request)
        except Exception as error:  # noqa: BLE001 - the boundary, as in receive
            answer = faults.of(error)
        finally:
            self._one_change.release()
        self._send({"re": request.request, **answer})

    def _change(self, request: requests.Run) -> dict[str, Any]:
        shown = self._preview(request)
        if shown["fingerprint"] != request.preview:
            return {"preview": shown, "stale": True}
        with asked_in("panel"):
            applied = self._apply(request, [each["id"] for each in shown["changes"]])
        text = wording.outcome(request.action, request.id, applied.plan, self._market.installed())
        return {"done": text, "generation": applied.generation}

    def _grant(self, request: requests.Run, progress: Progress) -> Applied:
        if request.scope == "profile":
            return self._market.grant(request.id, *request.permissions, progress=progress)
        plan = self._market.plan_grant(request.id, *request.permissions)
        self._market.grant_in_session(request.id, *request.permissions, once=request.scope == "once")
        return Applied(plan.base, plan)

    def _apply(self, request: requests.Run, shown: Sequence[str]) -> Applied:
        """``shown``: the plugins of the preview that somebody agreed to, which says whose publisher changed."""

        def progress(step: Step, /) -> None:
            if self._stop.is_set() and step.name != "done":
                raise ChangeStopped
            view = {"name": step.name, "fraction": step.fraction, "text": step.text}
            self._send({"re": request.request, "progress": view})

        match request.action:
            case "install":
                return self._market.install(
                    request.id,
                    request.wish,
                    grant=request.grant,
                    scope=request.scope,
                    trust=shown,
                    progress=progress,
                )
            case "update":
                grant, scope = request.grant, request.scope
                return self._market.update(*_named(request), grant=grant, scope=scope, trust=shown, progress=progress)
            case "remove":
                return self._market.remove(request.id, progress=progress)
            case "grant":
                return self._grant(request, progress)
            case "revoke":
                return self._market.revoke(request.id, *request.permissions, progress=progress)
            case "pin":
                grant, note = request.grant, request.note
                return self._market.pin(
                    request.id, request.wish, note=note, grant=grant, trust=shown, progress=progress
                )
            case "unpin":
                return self._market.unpin(request.id, progress=progress)
            case "undo":
                return self._market.undo(progress=progress)
            case _:
                return self._market.rollback(to=request.to, progress=progress)


def _named(request: requests.Preview | requests.Run) -> tuple[str, ...]:
    """The plugin that is named, if one is."""
    return (request.id,) if request.id else ()


def _leads_back(target: Callable[[], Generation]) -> bool:
    try:
        target()
    except (NothingToRollBack, UnknownGeneration):
        return False
    return True
