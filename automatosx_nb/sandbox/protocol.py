"""The wire between host and worker: typed frames, and a sans-IO codec. No socket, no pickle.

A frame on the wire is a four-byte little-endian length, one byte with the number of descriptors that travel with it
(SCM_RIGHTS, in the same message as the header), and a msgpack-encoded tagged struct. Both ends refuse what is too
long, nested too deep, or not exactly one of the frames below.
"""

from __future__ import annotations

from typing import Any

import msgspec

PROTOCOL = 1
HEADER_BYTES = 5
MAX_FDS = 16


class Struct(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Every struct of the wire is immutable and refuses fields that it does not know."""


# --- values ---------------------------------------------------------------------------------------------------


class Json(Struct, tag="json"):
    """None, bool, int, float, str, and lists and string-keyed dicts of these."""

    value: Any


class Blob(Struct, tag="bytes"):
    value: bytes


class Table(Struct, tag="table"):
    """An Arrow IPC stream in a sealed memory file: ``fd`` indexes the descriptors that came with the frame."""

    fd: int
    size: int


class Display(Struct, tag="display"):
    """A tree of ``sdk.ui`` nodes, each a dict with a ``node`` key; bytes in it are allowed (PNG)."""

    root: dict[str, Any]


Value = Json | Blob | Table | Display


# --- failures -------------------------------------------------------------------------------------------------


class Frame(Struct):
    """One line of a plugin's traceback."""

    file: str
    line: int
    function: str
    text: str


class Fault(Struct):
    """Why a load, a call or a capability did not succeed.

    ``kind``: ``refused`` (language policy), ``raised`` (plugin code), ``interrupted``, ``denied`` (a permission is
    missing; ``detail`` names it) or ``invalid`` (a value cannot cross, a handler does not exist).
    """

    kind: str
    type_name: str
    message: str
    frames: list[Frame] = []
    file: str = ""
    line: int = 0
    detail: str = ""


# --- host to worker -------------------------------------------------------------------------------------------


class Load(Struct, tag="load"):
    """First frame after ``Hello``. ``sources`` maps ``pkg/mod.py`` (relative to ``src/``) to its bytes.

    ``handlers`` (``module:function``) have to exist and be callable, or the load fails. ``modules`` are the granted
    libraries outside the standard library.
    """

    plugin: str
    version: str
    sources: dict[str, bytes]
    handlers: list[str]
    modules: list[str]


class Call(Struct, tag="call"):
    """``event``: the only argument is an event's attributes, and the worker makes an ``sdk.events.Event`` of them."""

    id: int
    handler: str
    args: list[Value]
    kwargs: dict[str, Value]
    event: bool = False


class Answer(Struct, tag="answer"):
    """The host's reply to an ``Ask``: exactly one of the two is set."""

    id: int
    value: Value | None = None
    fault: Fault | None = None


class Stop(Struct, tag="stop"):
    """End now; nothing follows."""


# --- worker to host -------------------------------------------------------------------------------------------


class Hello(Struct, tag="hello"):
    """The worker is confined. ``layers``: layer name → ``active`` or why it is not."""

    protocol: int
    layers: dict[str, str]


class Loaded(Struct, tag="loaded"):
    pass


class Result(Struct, tag="result"):
    id: int
    value: Value


class Failure(Struct, tag="failure"):
    """A call (or, with id 0, the load) failed; the worker goes on."""

    id: int
    fault: Fault


class Ask(Struct, tag="ask"):
    """A capability call. The host checks the grant and answers with the same id."""

    id: int
    capability: str
    method: str
    args: list[Value]


class Output(Struct, tag="output"):
    """What plugin code printed, in order; ``stream`` is ``stdout`` or ``log``."""

    stream: str
    text: str


ToWorker = Load | Call | Answer | Stop
ToHost = Hello | Loaded | Result | Failure | Ask | Output
