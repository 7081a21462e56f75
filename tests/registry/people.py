"""The people of a registry's tests, and a registry in which they have to approve what becomes stable."""

from __future__ import annotations

from automatosx_nb.model.identity import Actor, Role

REVIEWER, ADMIN = frozenset({Role.REVIEWER}), frozenset({Role.ADMIN})
ANN = Actor("ann", publishers=frozenset({"acme"}), owns=frozenset({"acme"}))
"""A member of ``acme``."""
BOB = Actor("bob", REVIEWER, frozenset({"acme"}))
"""A member, and a reviewer."""
ROB, RIA = Actor("rob", REVIEWER), Actor("ria", REVIEWER)
EVE = Actor("eve", publishers=frozenset({"other"}))
"""Somebody else's member."""
ADA = Actor("ada", ADMIN)
