"""``doctor``: what stands here between a plugin and this computer, and what does not."""

from __future__ import annotations

import os
import platform
from argparse import Namespace
from typing import TYPE_CHECKING, Any

from automatosx_nb import __version__
from automatosx_nb.commands import text
from automatosx_nb.commands.verbs import Answer, Console, Verb

if TYPE_CHECKING:
    from automatosx_nb.app import Marketplace


def _doctor(market: Marketplace, options: Namespace, console: Console) -> Answer:
    home, profile = market.settings.home, market.profile.root
    layers = dict(market.sandbox.layers())
    facts: dict[str, Any] = {
        "automatosx_nb": __version__,
        "python": f"{platform.python_version()} on {platform.system()} {platform.release()}",
        "home": str(home),
        "profile": f"{profile} ({'writable' if _writable(profile) else 'READ-ONLY: nothing can be installed'})",
        "generation": market.profile.generations.current_number(),
    }
    missing = [name for name, state in layers.items() if state != "active"]
    lines = [f"{name:<14} {value}" for name, value in facts.items()]
    lines += ["", text.table(("layer", "state"), layers.items()), ""]
    lines.append(
        "Every layer is active: plugins run fully confined."
        if not missing
        else f"Not active here: {', '.join(missing)}. docs/security.md says what each one stops and how to get it; "
        "c.SandboxPolicy.require makes plugins refuse to start without the ones you name."
    )
    return Answer("\n".join(lines), {**facts, "layers": layers})


def _writable(path: Any) -> bool:
    """Whether ``path``, or the nearest of its parents that exists, can be written to."""
    while not path.exists():
        path = path.parent
    return path.is_dir() and os.access(path, os.W_OK)


VERBS = (
    Verb(
        "doctor",
        "which walls stand between plugins and this computer",
        lambda _parser: None,
        _doctor,
        reads=True,
    ),
)
