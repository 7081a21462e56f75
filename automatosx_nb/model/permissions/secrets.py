"""``secrets:<name>``: one secret that the user typed for this plugin, as a token of a service."""

from __future__ import annotations

import re

from automatosx_nb.model.permissions.kind import PermissionKind, Risk

NAME = re.compile(r"(?=.{1,40}$)[a-z][a-z0-9]*(?:-[a-z0-9]+)*")

KIND = PermissionKind(
    "secrets",
    Risk.MEDIUM,
    "Read the secret {scope}, which you set for this plugin alone.",
    NAME,
    "a name of small letters, digits and single hyphens, as in secrets:api-token",
)
