"""Folders in which no plugin reads or writes, whatever it was granted: what lies there is run, or decides about it."""

from __future__ import annotations

import os
from pathlib import Path

CLOSED_NAMES = frozenset({".automatosx"})
"""A project's policy, wherever the project lies."""


def folders_of_jupyter() -> tuple[Path, ...]:
    """Of Jupyter: configuration, kernels and extensions, connection files with their keys; and IPython's folder."""
    from jupyter_core import paths

    ipython = os.environ.get("IPYTHONDIR") or "~/.ipython"
    found = [*paths.jupyter_config_path(), *paths.jupyter_path(), paths.jupyter_runtime_dir(), ipython]
    return tuple(Path(each).expanduser() for each in dict.fromkeys(found))
