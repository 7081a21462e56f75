"""docs/security.md and doctor tell the same, of every layer and tier, and nowhere is the language called a sandbox."""

from __future__ import annotations

import re
import typing
from pathlib import Path

import pytest

from automatosx_nb.sandbox import tiers

ROOT = Path(__file__).parents[2]
SECURITY = (ROOT / "docs" / "security.md").read_text("utf-8")
TEXTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "automatosx_nb").rglob("*.py")])


@pytest.mark.parametrize("layer", tiers.LAYERS)
def test_a_layer_has_its_row(layer: str) -> None:
    cells = next(line for line in SECURITY.splitlines() if line.startswith(f"| `{layer}` |")).split(" | ")
    assert len(cells) == 4
    assert all(len(cell) > 5 for cell in cells)


@pytest.mark.parametrize("layer", [name for name, layer in tiers.LAYERS.items() if not layer.tried])
def test_what_was_never_run_is_labelled_so(layer: str) -> None:
    row = next(line for line in SECURITY.splitlines() if line.startswith(f"| `{layer}` |"))
    assert "**Untested" in row


@pytest.mark.parametrize("tier", typing.get_args(tiers.TierName))
def test_a_tier_has_its_row(tier: str) -> None:
    assert f"| `{tier}` |" in SECURITY


def test_the_tests_that_it_names_exist_and_count_right() -> None:
    for folder, name in re.findall(r"`(?:(tests/\w+)/)?(test_\w+\.py)`", SECURITY):
        assert list((ROOT / (folder or "tests")).rglob(name)), name
    attacks = (ROOT / "tests" / "data" / "attacks" / "attacks.toml").read_text("utf-8").count("[[attack]]")
    assert f"{attacks} attacks of our own" in SECURITY


def sentences(text: str) -> list[str]:
    """Of prose and docstrings, without what is code."""
    prose = re.sub(r"```.*?```|`[^`\n]*`", " ", text, flags=re.DOTALL)
    return re.split(r"(?<=[.:;!?])\s+|\n\s*\n|\|", prose)


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_sentence_calls_restricted_python_a_sandbox(path: Path) -> None:
    for sentence in sentences(path.read_text("utf-8")):
        plain = " ".join(sentence.split())
        assert not re.search(r"RestrictedPython.*(?<!no )(?<!not a )\bsandbox(?!\.|/)", plain), plain
        assert not re.search(r"\bsandbox(?!\.|/).*RestrictedPython", plain), plain


def test_such_a_sentence_would_be_found() -> None:
    bad = "Plugins are safe. RestrictedPython is the sandbox in which they run."
    assert [each for each in sentences(bad) if re.search(r"RestrictedPython.*\bsandbox", each)]
