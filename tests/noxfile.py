"""The suite on every Python that is supported and installed: ``nox -f tests/noxfile.py``.

``-s escapes`` runs the sandbox's part alone, which is what differs most between Pythons.
"""

from __future__ import annotations

from pathlib import Path

import nox

ROOT = Path(__file__).resolve().parent.parent
PYTHONS = ["3.11", "3.12", "3.13"]

nox.options.envdir = str(ROOT / ".nox")
nox.options.error_on_missing_interpreters = False
nox.options.sessions = ["suite"]


@nox.session(python=PYTHONS)
def suite(session: nox.Session) -> None:
    """Everything."""
    run_pytest(session, *session.posargs)


@nox.session(python=PYTHONS)
def escapes(session: nox.Session) -> None:
    """The sandbox and the attacks on it."""
    run_pytest(session, "tests/sandbox", "tests/escapes", *session.posargs)


def run_pytest(session: nox.Session, *arguments: str) -> None:
    session.chdir(ROOT)
    session.install("-e", ".[test]")
    session.run("pytest", *arguments)
