"""A real Jupyter server with the extension on a registry of the test's own, where nothing is open to everybody."""

from __future__ import annotations

import json
import shutil
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from pytest_jupyter.jupyter_server import *  # noqa: F403 - fixtures and the hooks that run async tests, here only

from automatosx_nb import package
from automatosx_nb.registry.service import EmbeddedRegistry
from tests.server.pages import Named

MANIFEST = """
schema = 1
[plugin]
id = "{plugin}"
version = "{version}"
summary = "{summary}"
license = "MIT"
authors = [{{name = "Ada"}}]
categories = ["{category}"]
keywords = ["table"]
main = "body"
[requires]
automatosx = "^1.0"
python = ">=3.11"
packages = ["pandas>=2"]
[permissions]
storage = "Keeps what it found."
[[contributes.magics]]
name = "doctor"
handler = "body:run"
"""
SOURCE = "from automatosx_nb.sdk import storage\n\ndef run():\n    return storage.get('k')\n"
RELEASES = (
    ("acme.csv-doctor", "1.0.0", "data-quality"),
    ("acme.csv-doctor", "1.1.0", "data-quality"),
    ("acme.geo-join", "0.1.0", "geospatial"),
    ("nordic.plots", "2.0.0", "visualization"),
)


def artifact(folder: Path, plugin: str, version: str, category: str) -> bytes:
    return package.build(write(folder, plugin, version, category))


def write(folder: Path, plugin: str, version: str, category: str) -> Path:
    """A plugin's folder."""
    (folder / "src").mkdir(parents=True)
    text = MANIFEST.format(plugin=plugin, version=version, category=category, summary=f"{plugin} on tables.")
    (folder / "plugin.toml").write_text(text, "utf-8")
    (folder / "README.md").write_text("# Read me\n", "utf-8")
    (folder / "CHANGELOG.md").write_text(f"## {version}\n\nBetter.\n", "utf-8")
    (folder / "src" / "body.py").write_text(SOURCE, "utf-8")
    (folder / "docs").mkdir()
    (folder / "docs" / "shot.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg'/>", "utf-8")
    return folder


@pytest.fixture(scope="session")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("published")
    with EmbeddedRegistry(folder / "registry") as registry:
        for plugin, version, category in RELEASES:
            registry.publish(artifact(folder / plugin / version, plugin, version, category))
    return folder / "registry"


@pytest.fixture
def registry_home(published: Path, tmp_path: Path) -> Path:
    """A registry of this test's own, with :data:`RELEASES`."""
    return Path(shutil.copytree(published, tmp_path / "registry"))


@pytest.fixture  # type: ignore[no-redef]
def jp_server_config(registry_home: Path) -> dict[str, Any]:
    return {
        "ServerApp": {
            "jpserver_extensions": {"automatosx_nb": True},
            "allow_unauthenticated_access": False,
        },
        "AutomatosxExtension": {"home": str(registry_home)},
    }


@pytest.fixture
def fetch(jp_fetch: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
    """``await fetch("plugins", "acme.csv-doctor", params={…}, headers={…})``; any status is an answer."""

    async def get(*path: str, **options: Any) -> Any:
        return await jp_fetch("automatosx", "api", "v1", *path, raise_error=False, **options)

    return get


@pytest.fixture
def get_json(fetch: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
    async def get(*path: str, **options: Any) -> Any:
        response = await fetch(*path, **options)
        assert response.code == 200, response.body
        return json.loads(response.body)

    return get


@pytest.fixture
def shared(jp_server_config: dict[str, Any]) -> dict[str, Any]:
    """A registry of several people, whom a hub names."""
    jp_server_config["ServerApp"]["identity_provider_class"] = Named
    jp_server_config["AutomatosxExtension"] |= {"shared": True, "admins": {"adm"}}
    return jp_server_config


@pytest.fixture
def page(jp_fetch: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
    """``await page("plugins", "acme.csv-doctor", params={…})``; any status is an answer."""

    async def get(*path: str, **options: Any) -> Any:
        return await jp_fetch("automatosx", *path, raise_error=False, **options)

    return get
