"""Notebooks on disk: read strictly enough to be written again, with a lock, and nothing else of them changed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from automatosx_nb.errors import InvalidNotebook, NotebookNotFound, NotebookUnlocked
from automatosx_nb.files import storage_errors, write_atomic
from automatosx_nb.model.lockfile import Lockfile, document, parse_document
from automatosx_nb.model.notebook import carried_lock, with_lock

MAX_MB = 256
"""Larger notebooks are not read."""


def read_notebook(path: Path) -> dict[str, Any]:
    """:raises NotebookNotFound:
    :raises InvalidNotebook: it is none, or none of nbformat 4.
    """
    with storage_errors(path):
        try:
            if path.stat().st_size > MAX_MB << 20:
                raise InvalidNotebook(str(path), f"it has more than {MAX_MB} MB")
            data = path.read_bytes()
        except FileNotFoundError:
            raise NotebookNotFound(str(path)) from None
    try:
        found = json.loads(data)
    except RecursionError as error:
        raise InvalidNotebook(str(path), "it is nested too deeply") from error
    except ValueError as error:
        raise InvalidNotebook(str(path), f"it is no JSON ({error})") from error
    if not isinstance(found, dict) or type(found.get("nbformat")) is not int:
        raise InvalidNotebook(str(path), "it has no 'nbformat'")
    if found["nbformat"] != 4:
        raise InvalidNotebook(str(path), f"it is of nbformat {found['nbformat']}, and not 4")
    if not isinstance(found.get("metadata"), dict) or not isinstance(found.get("cells"), list):
        raise InvalidNotebook(str(path), "it has no table 'metadata' or no list 'cells'")
    return found


def notebook_lock(path: Path) -> Lockfile:
    """The lock that the notebook carries. Raises as :func:`read_notebook` does, and

    :raises NotebookUnlocked: it carries none.
    :raises InvalidLockfile:
    :raises LockfileTooNew:
    """
    found = carried_lock(read_notebook(path))
    if found is None:
        raise NotebookUnlocked(str(path))
    return parse_document(found, source=str(path))


def write_notebook_lock(path: Path, notebook: dict[str, Any], lock: Lockfile) -> bool:
    """Have the file carry ``lock``, whole or not at all; whether it was changed. ``notebook`` is what was read of it.

    It is written as Jupyter writes notebooks; a link stays one. One that says so already is left as it is, also where
    another version of the tool wrote it.
    """
    before, table = carried_lock(notebook), document(lock)
    if isinstance(before, dict) and before == {**table, "created-by": before.get("created-by")}:
        return False
    with storage_errors(path):
        target = path.resolve()
        mode = target.stat().st_mode & 0o777
    write_atomic(target, _encoded(with_lock(notebook, table)), mode=mode)
    return True


def _encoded(notebook: dict[str, Any]) -> bytes:
    try:
        return (json.dumps(notebook, indent=1, ensure_ascii=False) + "\n").encode()
    except UnicodeEncodeError:  # half a surrogate pair, which JSON can only write escaped
        return (json.dumps(notebook, indent=1) + "\n").encode()
