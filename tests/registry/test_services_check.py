"""What the publishing checks say of services, offered and called."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from automatosx_nb import package
from automatosx_nb.registry import checks
from automatosx_nb.registry.checks.submission import Submission

Folder = Callable[..., Path]


def told(folder: Path) -> list[tuple[str, str, str]]:
    """Severity, message and place of what the checks of permissions and services find."""
    unpacked = package.read(package.build(folder))
    return [
        (each.severity, each.message, f"{each.file}:{each.line}")
        for each in checks.run(Submission(unpacked))
        if not each.passed and each.check in ("permissions", "services")
    ]


def calling(text: str) -> str:
    return f"from automatosx_nb.sdk import services\n\ndef run():\n    {text}\n"


def test_an_id_of_the_hosts_own_services_is_refused(plugin_folder: Folder, tmp_path: Path) -> None:
    ((severity, message, _),) = told(plugin_folder(tmp_path, "automatosx.telemetry"))
    assert severity == "error"
    assert "is that of services of the host" in message


def test_a_call_that_is_not_asked_for_is_told_with_its_line(plugin_folder: Folder, tmp_path: Path) -> None:
    source = calling("return services.get('acme.tables', '^1').sum(a=1)")
    ((severity, message, place),) = told(plugin_folder(tmp_path, source=source))
    assert (severity, place) == ("error", "src/body.py:4")
    assert "'services:call:acme.tables/sum', which plugin.toml does not ask for" in message


@pytest.mark.parametrize("asked", ["acme.tables/sum", "acme.tables/*"])
def test_a_call_that_is_asked_for_of_a_plugin_that_is_required_is_fine(
    plugin_folder: Folder, tmp_path: Path, asked: str
) -> None:
    source = calling("return services.get('acme.tables', '^1').sum(a=1)")
    permissions = {f"services:call:{asked}": "To sum."}
    assert told(plugin_folder(tmp_path, source=source, permissions=permissions, needs={"acme.tables": "^1"})) == []


def test_a_plugin_that_is_called_and_not_required_is_a_warning(plugin_folder: Folder, tmp_path: Path) -> None:
    source = calling("return services.get('acme.tables', '^1').sum(a=1)")
    ((severity, message, _),) = told(
        plugin_folder(tmp_path, source=source, permissions={"services:call:acme.tables/sum": "To sum."})
    )
    assert severity == "warning"
    assert "'acme.tables', which it does not require" in message


def test_the_hosts_own_services_need_no_permission_but_for_notifications(plugin_folder: Folder, tmp_path: Path) -> None:
    fine = calling("return services.get('automatosx.telemetry').usage()")
    assert told(plugin_folder(tmp_path / "a", source=fine)) == []
    notes = calling("return services.get('automatosx.notifications').show(text='x')")
    ((_, message, _),) = told(plugin_folder(tmp_path / "b", source=notes))
    assert "services:call:automatosx.notifications/show" in message


def test_a_permission_for_services_that_no_source_uses_is_a_warning(plugin_folder: Folder, tmp_path: Path) -> None:
    permissions, needs = {"services:call:acme.tables/sum": "To sum."}, {"acme.tables": "^1"}
    ((severity, message, _),) = told(plugin_folder(tmp_path, permissions=permissions, needs=needs))
    assert severity == "warning"
    assert "which nothing in src/ uses" in message
