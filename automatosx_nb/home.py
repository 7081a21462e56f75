"""Where everything of one user lies."""

from __future__ import annotations

import os
from pathlib import Path

HOME_VARIABLE = "AUTOMATOSX_HOME"
PROJECT_LOCK = Path(".automatosx", "automatosx.lock")
"""What makes a folder a project with plugins of its own."""


def default_home() -> Path:
    """``AUTOMATOSX_HOME``, else the user's data folder as the system has it."""
    configured = os.environ.get(HOME_VARIABLE)
    if configured:
        return Path(configured).expanduser().absolute()
    from platformdirs import user_data_path

    return user_data_path("automatosx", appauthor=False)


def working_folder() -> Path | None:
    """Where this process is now; None where that was deleted."""
    try:
        return Path.cwd()
    except OSError:
        return None


def notebooks_folder() -> Path:
    """As :func:`working_folder`; one that was deleted is one in which nothing is found."""
    return working_folder() or Path(os.devnull)


def project_folder(folder: Path | None) -> Path | None:
    """The nearest folder with a project's lock, from ``folder`` upwards."""
    if folder is None:
        return None
    return next((each for each in (folder, *folder.parents) if (each / PROJECT_LOCK).is_file()), None)
