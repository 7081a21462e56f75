"""The wire between host and worker: typed frames, and a sans-IO codec. No socket, no pickle.

A frame on the wire is a four-byte little-endian length, one byte with the number of descriptors that travel with it
(SCM_RIGHTS, in the same message as the header), and a msgpack-encoded tagged struct. Both ends refuse what is too
long, nested too deep, or not exactly one of the frames below. After a ``Stream`` come the bytes of a table.
"""

from __future__ import annotations

from typing import Any

import msgspec

from automatosx_nb.sandbox.limits import Limits
from automatosx_nb.sdk.events import Event

PROTOCOL = 2
HEADER_BYTES = 5
MAX_FDS = 16


class Struct(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Every struct of the wire is immutable and refuses fields that it does not know."""


class Greeting(msgspec.Struct, frozen=True):
    """The first frame of a connection. Any later version may add to it and takes nothing away, so that every version
    can read which one it is talking to."""


# --- values ---------------------------------------------------------------------------------------------------


class Json(Struct, frozen=True, tag="json"):
    """None, bool, int of 64 bits, float (NaN and infinities too), str, bytes, lists and string-keyed dicts of these."""

    value: Any


class Blob(Struct, frozen=True, tag="bytes"):
    value: bytes


class Table(Struct, frozen=True, tag="table"):
    """From the host: an Arrow IPC stream in a sealed memory file. ``fd`` indexes the frame's descriptors."""

    fd: int
    size: int


class Streamed(Struct, frozen=True, tag="streamed"):
    """From a worker: the table with this index among those whose ``Stream`` came since the last other frame."""

    index: int
    size: int


class Again(Struct, frozen=True, tag="again"):
    """From a worker: a table that its call was handed, as it was handed; the host has it still. ``fd`` as it came."""

    fd: int


class Display(Struct, frozen=True, tag="display"):
    """A tree of ``sdk.ui`` nodes, each a dict with a ``node`` key; bytes in it are allowed (PNG)."""

    root: dict[str, Any]


class HandedFile(Struct, frozen=True, tag="file"):
    """From the host: a file that the user named, for this call. ``number`` is what the worker asks by.

    ``name`` has no folder; ``size`` is in bytes, 0 for one that is ``writable``.
    """

    number: int
    name: str
    size: int
    writable: bool


class HandedSecret(Struct, frozen=True, tag="secret"):
    """From the host: a secret that the user named, for this call."""

    name: str
    value: str


Value = Json | Blob | Table | Streamed | Again | Display | HandedFile | HandedSecret


# --- failures -------------------------------------------------------------------------------------------------


class Frame(Struct, frozen=True):
    """One line of a plugin's traceback."""

    file: str
    line: int
    function: str
    text: str


class Fault(Struct, frozen=True):
    """Why a load, a call or a capability did not succeed.

    ``kind``: ``refused`` (language policy), ``raised`` (plugin code; ``detail`` is ``open_files`` if there were no more
    to be had), ``interrupted``, ``denied`` (a permission is missing; ``detail`` names it), ``invalid`` (a value cannot
    cross, a handler does not exist) or ``typed`` (``detail`` is what the error carries, as JSON: see :mod:`.faults`).
    """

    kind: str
    type_name: str
    message: str
    frames: list[Frame] = []
    file: str = ""
    line: int = 0
    detail: str = ""


# --- host to worker -------------------------------------------------------------------------------------------


class Compiled(Struct, frozen=True, tag="compiled"):
    """A plugin's modules as marshalled code, by their dotted names; ``policy`` names the policy that they passed.

    It is believed only as the answer to ``Compile``, from a worker that runs no line of the plugin.
    """

    policy: str
    modules: dict[str, bytes]


class Compile(Struct, frozen=True, tag="compile"):
    """The only frame after ``Hello``: answer with a ``Compiled``, and end. The fields are those of ``Load``."""

    plugin: str
    sources: dict[str, bytes]
    modules: list[str]


class Load(Struct, frozen=True, tag="load"):
    """First frame after ``Hello``. ``sources`` maps ``pkg/mod.py`` (relative to ``src/``) to its bytes.

    ``handlers`` (``module:function``) have to exist and be callable, or the load fails. ``modules`` are the granted
    libraries outside the standard library. ``compiled``: what another worker made of the very same sources; a module
    that is not in it is compiled when it is imported. ``whole``: the load fails for any module that is refused.
    """

    plugin: str
    version: str
    sources: dict[str, bytes]
    handlers: list[str]
    modules: list[str]
    compiled: Compiled | None = None
    whole: bool = False


class Call(Struct, frozen=True, tag="call"):
    id: int
    handler: str
    args: list[Value]
    kwargs: dict[str, Value]


class Deliver(Struct, frozen=True, tag="deliver"):
    """Call ``handler`` with each of the events, one after the other; one that fails keeps no other back."""

    id: int
    handler: str
    events: list[Event]


class Answer(Struct, frozen=True, tag="answer"):
    """The host's reply to an ``Ask``: exactly one of the two is set."""

    id: int
    value: Value | None = None
    fault: Fault | None = None


class Stop(Struct, frozen=True, tag="stop"):
    """End now; nothing follows."""


# --- worker to host -------------------------------------------------------------------------------------------


class Hello(Greeting, frozen=True, tag="hello"):
    """The worker is confined. ``layers``: layer name → ``active`` or why it is not."""

    protocol: int
    layers: dict[str, str]


class Loaded(Struct, frozen=True, tag="loaded"):
    pass


class Result(Struct, frozen=True, tag="result"):
    id: int
    value: Value


class Failure(Struct, frozen=True, tag="failure"):
    """A call (or, with id 0, the load) failed; the worker goes on."""

    id: int
    fault: Fault


class Delivered(Struct, frozen=True, tag="delivered"):
    """Every event of the ``Deliver`` with this id was handled; ``faults``: those that failed, by their index."""

    id: int
    faults: dict[int, Fault] = {}


class Ask(Struct, frozen=True, tag="ask"):
    """A capability call. The host checks the grant and answers with the same id."""

    id: int
    capability: str
    method: str
    args: list[Value]


class Stream(Struct, frozen=True, tag="stream"):
    """The next ``size`` bytes, right after this frame and in none, are an Arrow IPC stream."""

    size: int


class Output(Struct, frozen=True, tag="output"):
    """What plugin code printed, in order; ``stream`` is ``stdout`` or ``log``."""

    stream: str
    text: str


ToWorker = Compile | Load | Call | Deliver | Answer | Stop
ToHost = Hello | Compiled | Loaded | Result | Delivered | Failure | Ask | Output | Stream


# --- host to fork server to template, and back -----------------------------------------------------------------


class Spawn(Struct, frozen=True, tag="spawn"):
    """Fork a worker and confine it. ``without``: layers to leave out (tests of the others)."""

    limits: Limits
    without: list[str]


class Reap(Struct, frozen=True, tag="reap"):
    """Wait for a worker that is ending, and tell how it ended."""

    pid: int


class Signal(Struct, frozen=True, tag="signal"):
    """Send a signal to a worker, where the host has no pidfd to do so itself. Not answered."""

    pid: int
    number: int


class Ready(Greeting, frozen=True, tag="ready"):
    """The fork server's first frame. ``version`` is of the package."""

    pid: int
    protocol: int
    version: str


class Spawned(Struct, frozen=True, tag="spawned"):
    """With the host's end of the worker's socket and, where there are pidfds, the worker's pidfd."""

    pid: int


class NotSpawned(Struct, frozen=True, tag="not-spawned"):
    reason: str


class Reaped(Struct, frozen=True, tag="reaped"):
    """``status`` as of ``os.waitstatus_to_exitcode``; -256: it is not a worker of this fork server.

    ``limit``: the field of ``Limits`` for which the fork server killed it, else empty; ``used``: in that field's unit.
    """

    status: int
    cpu_s: float
    rss_mb: float
    limit: str = ""
    used: float = 0.0


class Prepare(Struct, frozen=True, tag="prepare"):
    """From the fork server to its template: what the next workers are to be like. Not answered."""

    spawn: Spawn


class Fork(Struct, frozen=True, tag="fork"):
    """From the fork server to its template: fork a worker, which will live in ``folder``.

    With the worker's end of its socket, and Landlock's rules if there are any; else ``rules`` may say why not.
    """

    folder: str
    rules: str | None = None


ToForkServer = Spawn | Reap | Signal
FromForkServer = Ready | Spawned | NotSpawned | Reaped
ToTemplate = Prepare | Fork | Reap
FromTemplate = Spawned | NotSpawned | Reaped
