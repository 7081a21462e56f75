"""Where everything of one user lies."""

from __future__ import annotations

import os
from pathlib import Path

HOME_VARIABLE = "AUTOMATOSX_HOME"


def default_home() -> Path:
    """``AUTOMATOSX_HOME``, else the user's data folder as the system has it."""
    configured = os.environ.get(HOME_VARIABLE)
    if configured:
        return Path(configured).expanduser().absolute()
    from platformdirs import user_data_path

    return user_data_path("automatosx", appauthor=False)
