"""The registry's schema, step by step (Alembic). Reading this module loads neither Alembic nor SQLAlchemy."""

from __future__ import annotations

REVISIONS = ("0001", "0002", "0003", "0004")
"""Every revision, oldest first."""

HEAD = REVISIONS[-1]
"""The revision that :mod:`automatosx_nb.registry.schema` describes."""
