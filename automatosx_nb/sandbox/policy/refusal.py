"""What the policy does not allow, and the words for it."""

from __future__ import annotations

import ast

from automatosx_nb.sandbox import classes


class Refusal(Exception):
    """One thing that is not allowed, at ``line``; becomes :class:`PluginRefused` with its file."""

    def __init__(self, node: ast.AST, refused: str, instead: str = "") -> None:
        super().__init__(refused)
        self.line = getattr(node, "lineno", 0)
        self.refused, self.instead = refused, instead


def rename(name: str, *, private: bool = True) -> str:
    public = name.strip("_") or "name"
    own = private and classes.is_private(f"_{public}")
    return f"call it {'_' * own + public!r}"
