"""The command line's own part: what Ctrl-C comes to while it still loads."""

from __future__ import annotations

import subprocess
import sys

import pytest

PRESSED = """
import sys

class Pressed:
    def find_spec(self, name, path, target=None):
        if name == {module!r}:
            raise KeyboardInterrupt

sys.meta_path.insert(0, Pressed())
from automatosx_nb.cli import main
sys.exit(main(["list"]))
"""


@pytest.mark.parametrize("module", ["automatosx_nb.app", "automatosx_nb.commands.discovery"])
def test_an_interrupt_is_told_in_a_line_also_while_modules_are_loaded(module: str) -> None:
    done = subprocess.run([sys.executable, "-c", PRESSED.format(module=module)], capture_output=True, text=True)
    assert done.returncode == 130
    assert done.stderr.strip().startswith("Interrupted: nothing was changed")
    assert "Traceback" not in done.stderr
