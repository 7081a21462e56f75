"""A notebook carries the lock of what its cells use, and makes another profile have it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import nbformat as untyped_nbformat
import pytest

from automatosx_nb.app import Marketplace
from automatosx_nb.errors import (
    ConsentRequired,
    InvalidLockfile,
    InvalidNotebook,
    LockfileTooNew,
    NotebookMisfit,
    NotebookNotFound,
    NotebookUnlocked,
    NotebookUnsaved,
    NotebookUsesNothing,
    OutOfSync,
    UsageError,
)
from automatosx_nb.host.open_notebook import OpenNotebook
from tests.scenarios.lifecycle import ASKS, BASE, OTHER, TOP, Console, Lend, ax, installed

if TYPE_CHECKING:
    from automatosx_nb.registry.service import EmbeddedRegistry

nbformat: Any = untyped_nbformat
KERNEL = {"name": "python3", "display_name": "Python 3"}


@pytest.fixture
def another(life: Marketplace, shop: EmbeddedRegistry, lend: Lend, tmp_path: Path) -> Marketplace:
    """An empty profile with the same shop."""
    return lend(Marketplace(tmp_path / "another", shop))


def write(path: Path, *cells: str, **metadata: Any) -> Path:
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells], metadata=metadata)
    nbformat.write(notebook, path)
    return path


def lock_in(path: Path) -> Any:
    return json.loads(path.read_text())["metadata"]["automatosx"]["lock"]


def edit(path: Path, **changed: Any) -> None:
    notebook = json.loads(path.read_text())
    notebook["metadata"]["automatosx"]["lock"].update(changed)
    path.write_text(json.dumps(notebook))


@pytest.fixture
def notebook(life: Marketplace, tmp_path: Path) -> Path:
    """One that uses TOP, and so BASE 1.1.0, where OTHER is installed, too."""
    life.install(BASE, "1.1.0")
    life.install(TOP)
    life.install(OTHER)
    path = write(tmp_path / "report.ipynb", "%load_ext automatosx_nb", "table = 1\nfound = %top", kernelspec=KERNEL)
    life.lock_notebook(path)
    return path


def test_it_names_what_its_cells_use_and_what_that_requires(notebook: Path) -> None:
    assert set(lock_in(notebook)["plugins"]) == {TOP, BASE}
    nbformat.validate(nbformat.read(notebook, 4))


@pytest.mark.parametrize(
    "cell",
    [
        "%other",
        "%%other\ntext",
        "x = %other --flag",
        f"%ax run {OTHER} go",
        f'automatosx_nb.panel("{OTHER}")',
        "  %other",
    ],
)
def test_a_plugin_is_used_by_its_magics_and_by_its_id(life: Marketplace, tmp_path: Path, cell: str) -> None:
    life.install(OTHER)
    assert set(life.lock_notebook(write(tmp_path / "n.ipynb", cell)).plugins) == {OTHER}


@pytest.mark.parametrize("cell", ["other", "7 %others", f"# {OTHER}-more", f"x{OTHER}", "'%s' %other2"])
def test_what_only_looks_alike_uses_nothing(life: Marketplace, tmp_path: Path, cell: str) -> None:
    life.install(OTHER)
    path = write(tmp_path / "n.ipynb", cell)
    before = path.read_bytes()
    with pytest.raises(NotebookUsesNothing):
        life.lock_notebook(path)
    assert path.read_bytes() == before
    assert set(life.lock_notebook(path, everything=True).plugins) == {OTHER}


def test_a_saved_output_says_who_made_it(life: Marketplace, tmp_path: Path) -> None:
    life.install(OTHER)
    path = write(tmp_path / "n.ipynb", "show()")
    notebook = nbformat.read(path, 4)
    made_by = {"automatosx": {"plugin": f"{OTHER}@0.9.0"}}
    notebook.cells[0].outputs.append(nbformat.v4.new_output("display_data", {"text/plain": ""}, metadata=made_by))
    nbformat.write(notebook, path)
    assert set(life.lock_notebook(path).plugins) == {OTHER}


def test_nothing_else_of_the_file_changes_and_the_same_lock_is_not_written_again(
    notebook: Path, life: Marketplace
) -> None:
    with_lock = notebook.read_text()
    document = json.loads(with_lock)
    assert list(document["metadata"]) == ["automatosx", "kernelspec"]
    del document["metadata"]["automatosx"]
    plain = write(
        notebook.with_name("plain.ipynb"),
        "%load_ext automatosx_nb",
        "table = 1\nfound = %top",
        kernelspec=KERNEL,
    )
    expected = json.loads(plain.read_text())
    for each in (document, expected):
        for cell in each["cells"]:
            del cell["id"]
    assert document == expected
    edit(notebook, **{"created-by": "automatosx_nb 0.9"})
    older = notebook.read_bytes()
    life.lock_notebook(notebook)
    assert notebook.read_bytes() == older


def test_sync_adds_what_is_missing_and_leaves_the_rest(notebook: Path, another: Marketplace) -> None:
    another.install(ASKS, "1.0.0", grant=["storage"])
    assert another.lacking_for(notebook) == (f"{BASE} 1.1.0 is not installed", f"{TOP} 1.1.0 is not installed")
    said = ax(another, f"sync {notebook}")
    assert installed(another) == {ASKS: "1.0.0", BASE: "1.1.0", TOP: "1.1.0"}
    assert f"{TOP} adds %top" in said
    assert another.lacking_for(notebook) == ()
    assert "has what" in ax(another, f"sync {notebook} --check")
    assert ax(another, f"sync {notebook}").startswith("Nothing to change")


def test_check_says_what_differs_and_changes_nothing(notebook: Path, another: Marketplace) -> None:
    another.install(BASE, "1.0.0")
    with pytest.raises(OutOfSync) as caught:
        ax(another, f"sync {notebook} --check")
    assert f"{BASE} is 1.0.0 here, and 1.1.0 there" in str(caught.value)
    assert f"%ax lock --into-notebook {notebook}" in str(caught.value)
    assert installed(another) == {BASE: "1.0.0"}


def test_a_newer_version_that_is_wished_for_goes_back_and_the_wish_that_fits_stays(
    notebook: Path, another: Marketplace
) -> None:
    another.install(BASE, "^1.0")
    another.sync_notebook(notebook)
    assert installed(another) == {BASE: "1.1.0", TOP: "1.1.0"}
    assert another.installed_plugin(BASE).wish == "^1.0"
    another.update()
    assert another.lacking_for(notebook) == ()


def test_what_does_not_go_with_what_is_installed_is_said_and_nothing_changed(
    notebook: Path, life: Marketplace, another: Marketplace
) -> None:
    older = write(notebook.with_name("older.ipynb"), "%base")
    with_base = Marketplace(notebook.parent / "third", another.registry)
    with_base._sandbox = another.sandbox
    with_base.install(BASE, "1.0.0")
    with_base.lock_notebook(older)
    with_base._sandbox = None
    with_base.close()
    with pytest.raises(NotebookMisfit) as caught:
        life.sync_notebook(older)
    assert caught.value.misfits == (f"{TOP} 1.1.0 requires {BASE} ^1.1, and there would be 1.0.0",)
    another.install(BASE, "2.0.0")
    another.pin(BASE, note="ours")
    with pytest.raises(NotebookMisfit, match=r"is held at 2\.0\.0"):
        another.sync_notebook(older)
    assert installed(another) == {BASE: "2.0.0"}


def test_grants_are_never_implied(life: Marketplace, another: Marketplace, tmp_path: Path) -> None:
    life.install(ASKS, "1.0.0", grant=["storage"])
    path = write(tmp_path / "n.ipynb", "%asks")
    digest = life.lock_notebook(path).grants_digest
    for how in ("", " --grants-digest sha256:" + "0" * 64):
        with pytest.raises(ConsentRequired) as caught:
            ax(another, f"sync {path}{how}")
        assert digest in str(caught.value)
    assert installed(another) == {}
    ax(another, f"sync {path} --grants-digest {digest}")
    assert another.installed_plugin(ASKS).grants == ("storage",)


def test_a_grant_that_a_profile_has_besides_stays(life: Marketplace, another: Marketplace, tmp_path: Path) -> None:
    life.install(ASKS, "1.0.0", grant=["storage"])
    path = write(tmp_path / "n.ipynb", "%asks")
    life.lock_notebook(path)
    edit(path, plugins={ASKS: {**lock_in(path)["plugins"][ASKS], "grants": []}})
    edit(path, **{"grants-digest": replace(life.lockfile(), plugins={}).grants_digest})
    another.install(ASKS, "1.0.0", grant=["storage"])
    assert another.sync_notebook(path).plan.changes == ()
    assert another.installed_plugin(ASKS).grants == ("storage",)


@pytest.mark.parametrize(
    ("text", "error", "says"),
    [
        ("", InvalidNotebook, "no JSON"),
        ("[" * 100_000, InvalidNotebook, "nested too deeply"),
        ("\ufeff\u0000", InvalidNotebook, "no JSON"),
        ("[]", InvalidNotebook, "'nbformat'"),
        ('{"nbformat": 3, "worksheets": []}', InvalidNotebook, "nbformat 3"),
        ('{"nbformat": 4, "metadata": [], "cells": []}', InvalidNotebook, "'metadata'"),
        ('{"nbformat": 4, "metadata": {}, "cells": []}', NotebookUnlocked, "carries no lock"),
        ('{"nbformat": 4, "metadata": {"automatosx": {}}, "cells": []}', NotebookUnlocked, "carries no lock"),
        ('{"nbformat": 4, "metadata": {"automatosx": 7}, "cells": []}', InvalidLockfile, "a lock: a table"),
        ('{"nbformat": 4, "metadata": {"automatosx": {"lock": []}}, "cells": []}', InvalidLockfile, "an empty list"),
        (
            '{"nbformat": 4, "metadata": {"automatosx": {"lock": {"lock-version": 99}}}, "cells": []}',
            LockfileTooNew,
            "knows up to 1",
        ),
        (
            '{"nbformat": 4, "metadata": {"automatosx": {"lock": {"lock-version": null}}}, "cells": []}',
            InvalidLockfile,
            "lock-version: found null",
        ),
    ],
)
def test_what_is_no_lock_is_a_clear_error(
    another: Marketplace, tmp_path: Path, text: str, error: type[Exception], says: str
) -> None:
    path = tmp_path / "n.ipynb"
    path.write_text(text)
    with pytest.raises(error) as caught:
        another.sync_notebook(path)
    assert says in str(caught.value)
    assert path.read_text() == text


def test_a_notebook_that_is_not_there_is_a_clear_error(another: Marketplace, tmp_path: Path) -> None:
    with pytest.raises(NotebookNotFound):
        another.sync_notebook(tmp_path / "gone.ipynb")
    with pytest.raises(NotebookNotFound):
        another.lock_notebook(tmp_path / "gone.ipynb")


def test_metadata_that_lies_are_found_out(notebook: Path, another: Marketplace) -> None:
    plugins = lock_in(notebook)["plugins"]
    edit(notebook, plugins={**plugins, BASE: {**plugins[BASE], "size": 1}})
    with pytest.raises(InvalidLockfile, match="as its artifact says"):
        another.sync_notebook(notebook)
    assert installed(another) == {}


# --- the notebook that is open


def test_the_open_notebook_has_to_be_saved_first(notebook: Path, life: Marketplace) -> None:
    before = notebook.read_bytes()
    for named in ("", f" {notebook}"):
        with pytest.raises(NotebookUnsaved):
            ax(life, f"lock --into-notebook{named}", Console(opened=OpenNotebook(notebook, "%ax lock --into-notebook")))
    assert notebook.read_bytes() == before


def test_a_saved_one_is_written_and_has_to_be_reloaded(life: Marketplace, tmp_path: Path) -> None:
    life.install(OTHER)
    life.install(BASE, "1.0.0")
    path = write(tmp_path / "n.ipynb", "%other", "%ax lock --into-notebook\n")
    said = ax(life, "lock --into-notebook", Console(opened=OpenNotebook(path, "%ax lock --into-notebook")))
    assert set(lock_in(path)["plugins"]) == {OTHER}
    assert f"No cell names {BASE}" in said
    assert "reload it from disk" in said
    ax(life, "lock --into-notebook --all", Console(opened=OpenNotebook(path, "%ax lock --into-notebook")))
    assert set(lock_in(path)["plugins"]) == {OTHER, BASE}


def test_who_does_not_know_which_notebook_is_open_is_asked_to_name_it(life: Marketplace) -> None:
    for line in ("lock --into-notebook", "sync --notebook", "lock --all", "lock a.lock --into-notebook b.ipynb"):
        with pytest.raises(UsageError):
            ax(life, line)
