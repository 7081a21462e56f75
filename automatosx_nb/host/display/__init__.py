"""Displays: a tree of ``sdk.ui`` nodes from a worker, made into what a notebook and a terminal can show.

The tree comes from a confined process that may be hostile. So it is parsed into the closed set of nodes in
:mod:`.nodes` (unknown keys, wrong types and everything over a limit are refused) and rendered from those
alone: all text is escaped, markdown is sanitised, pictures stand in ``<img>``, where no script runs and nothing is
fetched.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from automatosx_nb.host.display.html import to_html
from automatosx_nb.host.display.nodes import forms_of, parse, without_forms
from automatosx_nb.host.display.plain import to_text
from automatosx_nb.model.names import short_name

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from automatosx_nb.host.display.forms import Command, Form
    from automatosx_nb.host.display.nodes import Node

__all__ = ["Rendered", "render"]


@dataclass(frozen=True, slots=True)
class Rendered:
    """A display that is ready to be shown; IPython finds its forms through ``_repr_mimebundle_``."""

    plugin: str
    """``id@version``."""
    html: str
    text: str
    forms: tuple[Form, ...] = ()
    """Those in it, which are shown as they stand where they cannot be used."""
    rest: Rendered | None = None
    """The display without its forms; None where it has none, or nothing else."""

    def _repr_mimebundle_(
        self, include: Collection[str] | None = None, exclude: Collection[str] | None = None
    ) -> tuple[dict[str, str], dict[str, Any]]:
        """``(data, metadata)``. IPython itself applies ``include`` and ``exclude``."""
        return {"text/html": self.html, "text/plain": self.text}, self.metadata

    @property
    def metadata(self) -> dict[str, Any]:
        """Those of an output, so that a saved notebook says who made it."""
        return {"automatosx": {"plugin": self.plugin}}

    def __str__(self) -> str:
        return self.text


def render(
    tree: Mapping[str, Any], *, plugin: str, version: str, commands: Mapping[str, Command] | None = None
) -> Rendered:
    """The display of ``tree``, as the worker of ``plugin`` sent it; ``commands`` are what its manifest declares.

    :raises ProtocolViolation: when it is not a tree of display nodes, or goes over a limit of :mod:`.nodes`.
    """
    node = parse(tree, commands)
    byline = f"{short_name(plugin)} {version} · ran confined"
    forms = forms_of(node)
    rest = without_forms(node) if forms else None
    return _rendered(node, f"{plugin}@{version}", byline, forms, rest)


def _rendered(node: Node, plugin: str, byline: str, forms: tuple[Form, ...] = (), rest: Node | None = None) -> Rendered:
    without = None if rest is None else _rendered(rest, plugin, byline)
    return Rendered(plugin, to_html(node, byline=byline), f"{to_text(node)}\n\n{byline}", forms, without)
