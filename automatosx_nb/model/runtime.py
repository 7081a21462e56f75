"""The version of what plugins are promised: ``requires.automatosx`` in a manifest is a range over it."""

from __future__ import annotations

from automatosx_nb.model.semver import Version

API_VERSION = Version.parse("1.0.0")
