"""What a plugin shows of itself is looked at before anybody is shown it, and the same from every registry."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from automatosx_nb import package
from automatosx_nb.errors import PublishRefused
from automatosx_nb.model.screenshots import ShownPicture
from automatosx_nb.registry.service import EmbeddedRegistry
from tests.registry.conftest import write_plugin

PICTURES = Path(__file__).parents[2] / "data" / "pictures"
NAMED = 'screenshots = [{file = "docs/bars.png", alt = "Two bars"}, {file = "docs/more.webp", alt = "More <b>"}]'
SHOWN = (
    ShownPicture("docs/bars.png", "Two bars", "image/png", 96, 64),
    ShownPicture("docs/more.webp", "More <b>", "image/webp", 96, 64),
)

Artifact = Callable[..., bytes]


@pytest.fixture
def artifact(tmp_path: Path) -> Artifact:
    """One with two screenshots; ``files`` are others in their place."""

    def made(version: str = "1.0.0", **files: bytes) -> bytes:
        folder = write_plugin(tmp_path / version, "acme.shown", version, more=NAMED)
        (folder / "docs").mkdir()
        for name, source in (("bars.png", "bars.png"), ("more.webp", "lossy.webp")):
            data = files.get(name.partition(".")[0], (PICTURES / source).read_bytes())
            (folder / "docs" / name).write_bytes(data)
        return package.build(folder)

    return made


def test_a_release_shows_its_pictures_in_its_authors_order(registry: EmbeddedRegistry, artifact: Artifact) -> None:
    report = registry.publish(artifact())
    (passed,) = [each for each in report.checks if each.check == "screenshots"]
    assert (passed.passed, passed.message) == (True, "Its screenshots can be shown.")
    assert registry.screenshots("acme.shown", "1.0.0") == SHOWN
    assert registry.picture("acme.shown", "1.0.0", SHOWN[0]) == (PICTURES / "bars.png").read_bytes()
    strange = ShownPicture("src/body.py", "Source", "image/png", 96, 64)
    assert registry.picture("acme.shown", "1.0.0", strange) is None


def test_what_is_no_picture_is_refused_with_all_others(registry: EmbeddedRegistry, artifact: Artifact) -> None:
    drawing = b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"
    with pytest.raises(PublishRefused) as caught:
        registry.publish(artifact(bars=drawing, more=(PICTURES / "bars.jpg").read_bytes()))
    found = [(each.file, each.message.partition(":")[0]) for each in caught.value.checks if each.severity == "error"]
    assert found == [
        ("docs/bars.png", "is neither PNG, JPEG nor WebP, whatever it is called"),
        ("docs/more.webp", "is image/jpeg, and its name says image/webp"),
    ]


def test_a_plugin_without_screenshots_is_told_nothing_of_them(registry: EmbeddedRegistry, tmp_path: Path) -> None:
    report = registry.publish(package.build(write_plugin(tmp_path / "plain", "acme.plain")))
    assert "screenshots" not in {each.check for each in report.checks}
    assert registry.screenshots("acme.plain", "1.0.0") == ()
