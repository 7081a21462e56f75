"""``doctor``: what stands here between a plugin and this computer, and what is wrong with what is installed."""

from __future__ import annotations

import os
import platform
from argparse import Namespace
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from automatosx_nb import __version__
from automatosx_nb.commands import text
from automatosx_nb.commands.as_json import verbs_read_as
from automatosx_nb.commands.verbs import Answer, Console, Verb
from automatosx_nb.errors import SandboxUnavailable
from automatosx_nb.sandbox import tiers
from automatosx_nb.sandbox.confine import ACTIVE, LAYERS

if TYPE_CHECKING:
    from automatosx_nb.app import Marketplace
    from automatosx_nb.profile.checking import Fault

FAULTY = 3
"""The exit status where something is wrong with what is installed."""
_VERDICTS: Mapping[tiers.TierName, str] = {
    "strict": "Plugins run fully confined: every layer that counts is active, and was proven in a worker.",
    "partial": "Plugins run behind some of the walls. Read what the missing ones would stop before you install one.",
    "language-only": "Nothing of the system's stands between a plugin and your files: install only what you would "
    "also pip install.",
}
_NOTHING_STARTS = "No plugin starts here: your policy requires {}."
_UNTRIED = "UNTESTED: written for this system, which has not run it yet."
_FAIL_CLOSED = "c.SandboxPolicy.require names layers without which no plugin starts; docs/security.md says the rest."


def _doctor(market: Marketplace, options: Namespace, console: Console) -> Answer:
    home, profile = market.settings.home, market.profile.root
    facts: dict[str, Any] = {
        "automatosx_nb": __version__,
        "python": f"{platform.python_version()} on {platform.system()} {platform.release()}",
        "home": str(home),
        "profile": f"{profile} ({'writable' if _writable(profile) else 'READ-ONLY: nothing can be installed'})",
        "generation": market.profile.generations.current_number(),
    }
    try:
        layers = dict(market.sandbox.layers())
    except SandboxUnavailable as error:
        return _without_workers(facts, error, market.faults(), console.prefix)
    found = tiers.tier(layers)
    required = market.settings.required_layers
    flags, faults = market.profile.flags.all(), market.faults()
    lines = [*_facts({**facts, "tier": found}), "", *report(layers, required), *_what_is_wrong(faults, console.prefix)]
    lines += ["", "What was last said against what is installed:", *(f"- {flag}." for flag in flags)] if flags else []
    data = {
        **facts,
        "tier": found.name,
        "missing": list(found.missing),
        "required": list(required),
        "layers": layers,
        "explained": {name: _explained(name) for name in layers},
        "flags": flags,
        "faults": faults,
    }
    return Answer("\n".join(lines), data, status=FAULTY * bool(faults))


def report(layers: Mapping[str, str], required: Sequence[str]) -> Iterator[str]:
    """What stands where a worker reported ``layers``, and what it means where ``required`` are."""
    yield text.table(("layer", "state", "what it stops"), list(map(_row, layers.items())))
    yield ""
    yield from _missing(layers)
    lacking = [name for name in required if layers.get(name) != ACTIVE]
    verdict = _NOTHING_STARTS.format(", ".join(lacking)) if lacking else _VERDICTS[tiers.tier(layers).name]
    yield from map(text.folded, (verdict, _FAIL_CLOSED))


def _row(reported: tuple[str, str]) -> tuple[str, str, str]:
    name, state = reported
    label = "" if tiers.LAYERS[name].tried else f" {_UNTRIED}"
    return name, "active" if state == ACTIVE else "MISSING", tiers.LAYERS[name].stops + label


def _facts(facts: Mapping[str, object]) -> Iterator[str]:
    return (f"{name:<14} {value}" for name, value in facts.items())


def _missing(layers: Mapping[str, str]) -> Iterator[str]:
    for name, state in layers.items():
        if state != ACTIVE:
            extra = " (an extra)" if name in tiers.EXTRAS else ""
            yield f"{name} is missing{extra}: {state}.\n  How to get it: {tiers.LAYERS[name].get}.\n"


def _explained(name: str) -> dict[str, object]:
    layer = tiers.LAYERS[name]
    return {
        "stops": layer.stops,
        "does_not_stop": layer.not_,
        "how_to_get_it": layer.get,
        "counts_for_strict": name in tiers.CORE,
        "tried_on_its_system": layer.tried,
    }


def _what_is_wrong(faults: Sequence[Fault], prefix: str) -> Iterator[str]:
    if faults:
        yield ""
        yield "What is wrong with what is installed:"
        yield from (text.folded(f"- {verbs_read_as(str(fault), prefix)}") for fault in faults)


def _without_workers(
    facts: Mapping[str, Any], error: SandboxUnavailable, faults: Sequence[Fault], prefix: str
) -> Answer:
    """No worker starts, which is what this verb is asked about: that is an answer, not a failure of it."""
    lines = [*_facts(facts), "", f"No plugin starts here: {error.reason}.", "", *_how_to_get_each()]
    data = {**facts, "tier": None, "unavailable": error.reason, "faults": faults}
    return Answer("\n".join([*lines, *_what_is_wrong(faults, prefix)]), data, status=FAULTY * bool(faults))


def _how_to_get_each() -> Iterator[str]:
    here = [(name, tiers.LAYERS[name].get) for name in (*LAYERS, "language")]
    yield text.table(("layer", "how to get it"), here)


def _writable(path: Path) -> bool:
    """Whether ``path``, or the nearest of its parents that exists, can be written to."""
    while not path.exists():
        path = path.parent
    return path.is_dir() and os.access(path, os.W_OK)


VERBS = (
    Verb(
        "doctor",
        "which walls stand here, and what is wrong with plugins",
        lambda _parser: None,
        _doctor,
        json=True,
    ),
)
