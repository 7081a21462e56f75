"""The documentation runs: every notebook that the manifest names, by nbval, in a kernel that has the plugin installed.

Whatever a notebook does happens in a throw-away folder, in processes that reach no network and no
socket, and read nothing but the interpreter and what is installed beside it (``executing``). Where a system cannot
confine them so, nothing is executed.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import sysconfig
import tempfile
from contextlib import suppress
from dataclasses import asdict
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

import automatosx_nb
from automatosx_nb.errors.root import printable
from automatosx_nb.package import build, read
from automatosx_nb.registry.checks.submission import Check, Finding, Submission
from automatosx_nb.sandbox.limits import Limits
from automatosx_nb.sandbox.scratch import Scratch

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from automatosx_nb.model.manifest import Manifest

MOST_RESULT = 1 << 20
"""Bytes of what the confined process may say."""
_SHOWN = 300
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")
_SYSTEM = (
    *("/lib", "/lib64", "/bin", "/proc"),
    *(f"/usr/{name}" for name in ("bin", "sbin", "lib", "lib64", "libexec", "share", "local/bin", "local/lib")),
    *("/etc/ld.so.cache", "/etc/localtime", "/etc/nsswitch.conf", "/etc/passwd", "/etc/hosts", "/etc/mime.types"),
)
"""Beside the interpreter's own: what programs need anywhere, and nothing of anybody, as ``/usr/local/etc`` has it."""
_PACKAGE = Path(automatosx_nb.__file__).resolve().parent


class Failure(msgspec.Struct):
    """One cell that did not run, counted from 0 among a notebook's code cells; -1: the notebook as a whole."""

    notebook: str
    cell: int
    text: str


class Result(msgspec.Struct):
    """``refused``: why nothing was executed. ``failed``: what went wrong before the first cell."""

    refused: str = ""
    failed: str = ""
    cells: int = 0
    failures: list[Failure] = []


def _find(submission: Submission) -> Iterator[Finding]:
    manifest, policy = submission.package.manifest, submission.policy
    why_not = _why_not(submission)
    if why_not:
        yield Finding("warning", f"was not executed: {why_not}", manifest.docs[0])
        return
    with Scratch() as scratch, tempfile.TemporaryDirectory(dir=scratch, ignore_cleanup_errors=True) as folder:
        root = Path(folder).resolve()
        try:
            result = _executed(root, submission)
        except subprocess.TimeoutExpired:
            sentence = f"the documentation was not through after {policy.notebooks_s:g} s: make it shorter"
            yield Finding("error", sentence, manifest.docs[0])
            return
    if result.refused:
        yield Finding("warning", f"was not executed: {printable(result.refused)}", manifest.docs[0])
    elif result.failed:
        yield Finding("error", f"was not executed: {_short(result.failed)}", manifest.docs[0])
    elif not (result.cells or result.failures):
        yield Finding("error", "no cell of it was executed: write one, or name no 'docs'", manifest.docs[0])
    for failure in result.failures:
        yield _finding(submission, failure)


def _finding(submission: Submission, failure: Failure) -> Finding:
    docs = submission.package.manifest.docs
    if failure.notebook not in docs:
        return Finding("error", f"the documentation does not run: {_short(failure.text)}", docs[0])
    where = f"code cell {failure.cell + 1}" if failure.cell >= 0 else "the notebook"
    line = _line_of(submission.package.files[failure.notebook], failure.cell)
    return Finding("error", f"{where} does not run: {_short(failure.text)}", failure.notebook, line)


def _why_not(submission: Submission) -> str:
    if not submission.policy.run_notebooks:
        return "this registry executes none (c.PublishPolicy.run_notebooks)"
    if sys.platform != "linux":
        return "kernels are confined on Linux only"
    if find_spec("nbval") is None:
        return "nbval is not installed here (pip install 'automatosx-nb[verify]')"
    if submission.companions is None:
        return "it requires plugins of which this registry has no release that fits"
    return ""


def _executed(root: Path, submission: Submission) -> Result:
    """:raises subprocess.TimeoutExpired: all of it has taken too long."""
    package, policy = submission.package, submission.policy
    source = root / "plugin"
    for path, content in package.files.items():
        (source / path).parent.mkdir(parents=True, exist_ok=True)
        (source / path).write_bytes(content)
    artifact = root / package.file_name
    artifact.write_bytes(build(source))
    manifest, needed = package.manifest, list[Path]()
    for number, companion in enumerate(submission.companions or ()):
        needed.append(root / f"{number}.axp")
        needed[-1].write_bytes(companion)
    task = {
        "artifacts": [*map(str, needed), str(artifact)],
        "plugin": f"{manifest.id}@{manifest.version}",
        "grants": [text for each in (manifest, *_manifests(needed)) for text in _asked(each)],
        "source": str(source),
        "notebooks": list(manifest.docs),
        "cell_s": policy.notebook_s,
        "readable": _readable(),
        "result": str(root / "result.json"),
    }
    command = [sys.executable, "-m", "automatosx_nb.registry.checks.notebooks.executing", str(root)]
    with subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=_environment(root, submission.limits),
        cwd=root,
        start_new_session=True,
    ) as running:
        try:
            running.communicate(json.dumps(task).encode(), timeout=policy.notebooks_s)
        finally:
            running.kill()  # and all that it started: it is the first of its pid namespace
    return _result(root / "result.json")


def _manifests(artifacts: Sequence[Path]) -> Iterator[Manifest]:
    return (read(path.read_bytes()).manifest for path in artifacts)


def _asked(manifest: Manifest) -> tuple[str, ...]:
    return (*manifest.permissions, *manifest.optional_permissions)


def _environment(root: Path, limits: Limits) -> Mapping[str, str]:
    """Nothing of whoever publishes; what the interpreter finds its packages by, and folders that are thrown away."""
    named = {name: str(root / name) for name in ("home", "tmp", "jupyter", "package")}
    for folder in named.values():
        Path(folder).mkdir()
    (root / "package" / _PACKAGE.name).symlink_to(_PACKAGE)  # alone: beside it lies whatever a checkout has
    return {
        "PATH": "/usr/bin:/bin",
        "PYTHONPATH": os.pathsep.join((named["package"], *_importable())),
        "PYTHONDONTWRITEBYTECODE": "1",
        "LANG": "C.UTF-8",
        "HOME": named["home"],
        "TMPDIR": named["tmp"],
        "IPYTHONDIR": named["jupyter"] + "/ipython",
        **{f"JUPYTER_{kind}_DIR": f"{named['jupyter']}/{kind.lower()}" for kind in ("CONFIG", "DATA", "RUNTIME")},
        "JUPYTER_NO_CONFIG": "1",
        "AUTOMATOSX_HOME": named["home"] + "/automatosx",
        "AUTOMATOSX_CONFIG": json.dumps({"PublishPolicy": {"run_notebooks": False}, "SandboxLimits": _set(limits)}),
    }


def _set(limits: Limits) -> dict[str, float]:
    """Those that somebody configured: not all of them are settings, and the others are what they are there."""
    usual = asdict(Limits())
    return {name: value for name, value in asdict(limits).items() if value != usual[name]}


def _readable() -> list[str]:
    """The standard library, installed packages and what the interpreter starts with; nothing else of its prefix, whose
    ``etc/jupyter`` and kernels may hold tokens, and no working directory, though that is among what can be imported.
    """
    starts_with = (sys.executable, os.path.realpath(sys.executable), os.path.join(sys.prefix, "pyvenv.cfg"))  # noqa: PTH118
    return sorted({*starts_with, *_library(), *_importable(), str(_PACKAGE), *_SYSTEM})


def _library() -> list[str]:
    """The interpreter's folders, with the shared libraries that it is linked with."""
    base, paths = Path(sys.base_prefix), sysconfig.get_paths()
    own = [str(base / name) for name in ("lib", sys.platlibdir, "share/zoneinfo")]
    return [*own, *(paths[name] for name in ("stdlib", "platstdlib", "purelib", "platlib"))]


def _importable() -> list[str]:
    """Of ``sys.path``, in its order: the standard library, and folders that packages have been installed into."""
    library, here = [Path(path).resolve() for path in _library()], Path.cwd()
    found = [Path(path).resolve() for path in sys.path if path]
    return [
        str(path)
        for path in found
        if any(path.is_relative_to(each) for each in library) or (path != here and any(path.glob("*.dist-info")))
    ]


def _result(path: Path) -> Result:
    """What a stranger's code may have written: read as what it has to be, and no more of it than that takes."""
    with suppress(OSError, msgspec.MsgspecError), path.open("rb") as file:
        return msgspec.json.decode(file.read(MOST_RESULT), type=Result)
    return Result(failed="the process that executes it ended before it was through")


def _short(text: str) -> str:
    lines = [line.strip() for line in _COLOURS.sub("", text).splitlines() if line.strip()]
    return printable(lines[-1] if lines else "it says nothing")[:_SHOWN]


def _line_of(notebook: bytes, cell: int) -> int:
    """Where the source of a code cell begins in the file; 0: that cannot be told."""
    with suppress(ValueError, LookupError, TypeError, AttributeError):
        code = [each for each in json.loads(notebook)["cells"] if each["cell_type"] == "code"]
        first = "".join(code[cell]["source"]).splitlines()[0] if cell >= 0 else ""
        encoded = json.dumps(first, ensure_ascii=False)[1:-1]
        at = notebook.decode("utf-8").find(encoded) if encoded else -1
        return notebook[:at].count(b"\n") + 1 if at >= 0 else 0
    return 0


CHECK = Check(
    "notebooks", "Its documentation runs.", _find, applies=lambda submission: bool(submission.package.manifest.docs)
)
