"""``storage``: data of the plugin's own, kept with the profile."""

from __future__ import annotations

from automatosx_nb.model.permissions.kind import PermissionKind, Risk

KIND = PermissionKind("storage", Risk.LOW, "Keep data of its own on this computer, and read it back.")
