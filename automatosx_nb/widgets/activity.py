"""The meters: what each plugin of this kernel does and has used, as a panel."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

import anywidget
import msgspec
import traitlets

from automatosx_nb.host.activity import PluginActivity, activity
from automatosx_nb.model.audit import KINDS
from automatosx_nb.model.names import publisher_of, short_name
from automatosx_nb.widgets import bundle, faults, requests

if TYPE_CHECKING:
    from automatosx_nb.app import Marketplace
    from automatosx_nb.host.kernel import KernelHost
    from automatosx_nb.widgets.views import View

_CELL = "text-align:left;vertical-align:top"
_HEAD = ("Plugin", "State", "CPU", "Memory", "Calls", "Events")


class Look(msgspec.Struct, tag_field="do", tag="look", forbid_unknown_fields=True, frozen=True):
    """What they do now."""

    request: requests.Token


class Ping(msgspec.Struct, tag_field="do", tag="ping", forbid_unknown_fields=True, frozen=True):
    """Are you there?"""

    request: requests.Token


class Resume(msgspec.Struct, tag_field="do", tag="resume", forbid_unknown_fields=True, frozen=True):
    """Lift a plugin's suspension."""

    request: requests.Token
    id: Annotated[str, msgspec.Meta(min_length=1, max_length=128)]


Request: TypeAlias = Look | Ping | Resume


class ActivityPanel(anywidget.AnyWidget):
    """Redrawn every two seconds while somebody is there to see it; an answer costs the kernel about a millisecond."""

    _esm = bundle.script("activity")
    _css = bundle.style()
    first: Any = traitlets.List().tag(sync=True)

    def __init__(self, market: Marketplace, host: KernelHost) -> None:
        self._market = market
        self._host = host
        super().__init__(first=self.look())
        self.on_msg(lambda _panel, content, _buffers: self.receive(content))

    def look(self) -> list[View]:
        """Raises as :func:`automatosx_nb.host.activity.activity` does."""
        return [view(one) for one in activity(self._host.activation, self._market.audit, self._market.limits)]

    def receive(self, content: object) -> None:
        """Answer a message of the front end; whatever goes wrong becomes the answer."""
        try:
            answer = self._answer(msgspec.convert(content, type=Request))
        except Exception as error:  # noqa: BLE001 - the boundary: the kernel's log is no place for a user's error
            answer = faults.of(error)
        self.send({"re": requests.token_of(content), **answer})

    def _answer(self, request: Request) -> dict[str, Any]:
        match request:
            case Ping():
                return {"state": ""}
            case Resume():
                runner = self._host.activation.runners().get(request.id)
                if runner is not None:
                    runner.resume()
        return {"plugins": self.look()}

    def __repr__(self) -> str:
        rows = [[short_name(one["id"]), one["state"], *_numbers(one)] for one in self.first]
        return "\n".join("  ".join(row) for row in [list(_HEAD), *rows])

    def _repr_mimebundle_(self, **kwargs: Any) -> tuple[dict[str, Any], dict[str, Any]] | None:
        self.first = self.look()
        bundled = super()._repr_mimebundle_(**kwargs)
        if bundled is None:
            return None
        data, metadata = bundled
        return {**data, "text/plain": repr(self), "text/html": table(self.first)}, metadata


def view(one: PluginActivity) -> View:
    return {
        "id": one.id,
        "name": short_name(one.id),
        "publisher": publisher_of(one.id),
        "version": one.version,
        "state": one.state,
        "cpu_s": round(one.cpu_s, 2),
        "rss_mb": round(one.rss_mb, 1),
        "calls": one.calls,
        "events": one.events,
        "queued": one.queued,
        "dropped_events": one.dropped_events,
        "suspended_s": round(one.suspended_s),
        "limits": {
            "cpu_s": one.limits.cpu_s,
            "resident_mb": one.limits.resident_mb,
            "memory_mb": one.limits.memory_mb,
            "wall_s": one.limits.wall_s,
        },
        "log": [{"time": line.time, "level": line.level, "text": line.text} for line in one.log],
        "incidents": [
            {"time": each.time, "what": KINDS[each.kind].meaning if each.kind in KINDS else each.kind,
             "detail": _detail(each.detail)}
            for each in one.incidents
        ],
    }  # fmt: skip


def _detail(detail: Mapping[str, Any]) -> str:
    return ", ".join(f"{name}: {value}" for name, value in detail.items())


def _numbers(one: View) -> list[str]:
    cpu, memory = f"{one['cpu_s']:.2f} s", f"{one['rss_mb']:.0f} of {one['limits']['resident_mb']} MiB"
    return [cpu, memory, str(one["calls"]), str(one["events"])]


def table(plugins: list[View]) -> str:
    """HTML of what they did when the cell ran; no script, no style sheet."""
    head = "".join(f'<th scope="col" style="{_CELL}">{text}</th>' for text in _HEAD)
    rows = "".join(_row(one) for one in plugins)
    note = f"Activity of {len(plugins)} plugins when this cell ran. Run the cell to see it now."
    return (
        f'<table><caption style="{_CELL}">{note}</caption><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>'
    )


def _row(one: View) -> str:
    cells = "".join(f'<td style="{_CELL}">{escape(text)}</td>' for text in (one["state"], *_numbers(one)))
    return f'<tr><th scope="row" style="{_CELL}">{escape(one["id"])} {escape(one["version"])}</th>{cells}</tr>'
