"""The list of what was tried before it was bundled is true, and whole."""

from __future__ import annotations

import tomllib
from pathlib import Path

from automatosx_nb import package
from automatosx_nb.catalog import ROOT, folders
from automatosx_nb.registry import tried
from automatosx_nb.registry.service import EmbeddedRegistry
from automatosx_nb.sandbox.supervisor import Sandbox


def test_all_that_is_bundled_starts_and_passes_its_self_test_and_is_listed(tmp_path: Path) -> None:
    """Where this fails for want of a line, what it found is the line."""
    found = {}
    with Sandbox() as sandbox, EmbeddedRegistry(tmp_path, sandbox=sandbox) as registry:
        for folder in folders():
            artifact = package.build(folder)
            report = registry.publish_bundled(artifact, verified=False)
            (start,) = [result for result in report.checks if result.check == "start"]
            assert (start.passed, start.message) == (
                True,
                "The plugin starts in its sandbox, with all of its handlers.",
            )
            found[f"{report.id}@{report.version}"] = tried.digest(package.read(artifact))
    assert tomllib.loads((ROOT / tried.FILE).read_text("utf-8")) == found
