"""A digest of what a plugin is made of, by which it is known to have been tried."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from automatosx_nb import package
from automatosx_nb.errors import PublishRefused
from automatosx_nb.registry import tried
from automatosx_nb.registry.catalog import publish_folder_tree
from automatosx_nb.registry.service import EmbeddedRegistry
from automatosx_nb.sandbox.supervisor import Sandbox

PLUGIN, FOLDER = "acme.csv-doctor", Path("csv-doctor", "1.0.0")


@pytest.fixture
def root(tmp_path: Path, plugin_folder: Callable[..., Path]) -> Path:
    """A catalog of one plugin, which was tried."""
    root = tmp_path / "catalog"
    folder = plugin_folder(root / FOLDER)
    (root / tried.FILE).write_text(f'"{PLUGIN}@1.0.0" = "{digest(folder)}"\n')
    return root


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as sandbox:
        yield sandbox


def digest(folder: Path) -> str:
    return tried.digest(package.read(package.build(folder)))


def started(registry: EmbeddedRegistry) -> str:
    """What the check that starts a plugin said."""
    (result,) = [each for each in registry.checked(PLUGIN, "1.0.0") if each.check == "start"]
    assert result.passed
    return result.message


def test_what_was_tried_is_not_started_and_the_release_says_so(home: Path, root: Path, sandbox: Sandbox) -> None:
    with EmbeddedRegistry(home, sandbox=sandbox) as registry:
        assert [report.created for report in publish_folder_tree(registry, root)] == [True]
        assert "before it was bundled" in started(registry)
    assert sandbox._state.server is None


@pytest.mark.parametrize("listed", ["", '"acme.csv-doctor@1.0.0" = "0000"\n'])
def test_what_nobody_tried_is_started(home: Path, root: Path, sandbox: Sandbox, listed: str) -> None:
    (root / tried.FILE).write_text(listed)
    with EmbeddedRegistry(home, sandbox=sandbox) as registry:
        publish_folder_tree(registry, root)
        assert started(registry) == "The plugin starts in its sandbox, with all of its handlers."


def test_what_was_changed_since_is_started_and_refused_where_it_fails(home: Path, root: Path, sandbox: Sandbox) -> None:
    for module in (root / FOLDER / "src").glob("*.py"):
        module.write_text(module.read_text() + "\nraise ValueError('changed')\n")
    with EmbeddedRegistry(home, sandbox=sandbox) as registry:
        with pytest.raises(PublishRefused, match="does not start: ValueError: changed"):
            publish_folder_tree(registry, root)
        assert registry.known() == ()


def test_nobody_else_can_say_that_something_was_tried(home: Path, root: Path, sandbox: Sandbox) -> None:
    docs = root / FOLDER / "docs"
    docs.mkdir(exist_ok=True)
    shutil.copy(root / tried.FILE, docs / tried.FILE)
    with EmbeddedRegistry(home, sandbox=sandbox) as registry:
        registry.publish(package.build(root / FOLDER))
        assert "before it was bundled" not in started(registry)


def test_equal_files_have_one_digest_however_they_are_packed_and_any_other_file_another(root: Path) -> None:
    folder = root / FOLDER
    seen = {digest(folder)}
    assert {digest(folder)} == seen
    readme = folder / "README.md"
    changes: tuple[Callable[[], object], ...] = (
        lambda: readme.write_text(readme.read_text() + " "),
        lambda: (folder / "src" / "more.py").write_text(""),
        lambda: (folder / "src" / "more.py").rename(folder / "src" / "other.py"),
        lambda: (folder / "src" / "other.py").write_text("x = 1\n"),
    )
    for number, change in enumerate(changes, 2):
        change()
        seen.add(digest(folder))
        assert len(seen) == number
