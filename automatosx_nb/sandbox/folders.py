"""The workers' temporary directories: how much is in one, and its end."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

_LEAST_BYTES = 4096


def used_bytes(folder: Path, *, enough: int) -> int:
    """What the files in ``folder`` take on disk, an empty one some; counting stops above ``enough``.

    On Linux a worker can make neither folders nor links in it, and delete nothing, so that nothing is out of sight.
    """
    total = 0
    with contextlib.suppress(FileNotFoundError), os.scandir(folder) as entries:
        for entry in entries:
            with contextlib.suppress(FileNotFoundError):
                status = entry.stat(follow_symlinks=False)
                total += max(status.st_blocks * 512, _LEAST_BYTES)
            if total > enough:
                break
    return total


def remove(folder: Path) -> None:
    """Delete ``folder`` and what is in it, as far as the system lets us.

    Folders in it are first moved beside it, so that neither recursion nor a path's length ends this, however deep a
    worker without the walls of Linux may have nested them.
    """
    todo, moved = [str(folder)], 0
    while todo:
        here = todo.pop()
        with contextlib.suppress(OSError):
            with os.scandir(here) as entries:
                for entry in list(entries):
                    if entry.is_dir(follow_symlinks=False):
                        moved += 1
                        target = f"{folder}.{moved}"
                        os.rename(entry.path, target)  # noqa: PTH104
                        todo.append(target)
                    else:
                        os.unlink(entry.path)  # noqa: PTH108
            os.rmdir(here)  # noqa: PTH106
