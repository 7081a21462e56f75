"""``modules:<library>``: a library outside of the standard one, in the plugin's own process."""

from __future__ import annotations

import re

from automatosx_nb.model.libraries import GRANTABLE_MODULES
from automatosx_nb.model.permissions.kind import PermissionKind, Risk

KIND = PermissionKind(
    "modules",
    Risk.LOW,
    "Use the library {scope} inside its own confined process.",
    re.compile("|".join(GRANTABLE_MODULES)),
    f"one of {', '.join(GRANTABLE_MODULES)}",
    standing=True,
)
