"""Permissions in the panel, in a real browser: what is optional, what policy says, granting and revoking later."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.conftest import MakePlugin

PANEL = "import automatosx_nb\npanel = automatosx_nb.marketplace()\npanel"
CELLS = "events:subscribe:kernel.cell.finished"
OPTIONAL = f"""\
[permissions.optional]
"{CELLS}" = "Counts the cells of a session."
"display:pandas.DataFrame" = "Draws tables."
"""


@pytest.fixture
def panel(lab: Any, open_notebook: Any, make_plugin: MakePlugin) -> Any:
    """A panel with one plugin more, and a policy that allows one of its permissions and denies another."""
    folder = make_plugin(
        permissions={"storage": "Remembers what it saw.", "modules:pyarrow": "Reads tables fast."}, extra=OPTIONAL
    )
    policy = {"PermissionPolicy": {"allow": ["modules:pyarrow"], "deny": ["display:*"]}}
    code = (
        f"import os\nos.environ['AUTOMATOSX_CONFIG'] = {json.dumps(json.dumps(policy))}\n"
        f"from automatosx_nb.app import current\ncurrent().publish({str(folder)!r})"
    )
    notebook = open_notebook(lab.write_notebook("panel.ipynb", code, PANEL))
    notebook.run(0)
    notebook.run(1)
    notebook.page.locator(".ax-card").first.wait_for()
    return notebook


def picture(page: Any, name: str) -> None:
    """Kept where somebody wants to look at it."""
    folder = os.environ.get("AUTOMATOSX_PICTURES")
    if folder:
        page.screenshot(path=str(Path(folder) / f"{name}.png"))


def install(page: Any) -> None:
    page.get_by_role("button", name="Install demo", exact=True).click()
    dialog = page.get_by_role("dialog", name="Install demo?")
    dialog.get_by_role("checkbox", name="storage").check()
    dialog.get_by_role("button", name="Grant and install").click()
    page.locator(".ax-said").filter(has_text="demo 1.0.0 installed").wait_for()


@pytest.mark.parametrize("theme", ["JupyterLab Light", "JupyterLab Dark"])
def test_the_dialog_keeps_apart_what_is_needed_optional_and_decided(panel: Any, theme: str) -> None:
    page = panel.page
    page.get_by_role("button", name="Install demo", exact=True).click()
    dialog = page.get_by_role("dialog", name="Install demo?")
    needed = dialog.get_by_role("group", name="demo asks for 1 permission: tick it to go on", exact=True)
    optional = dialog.get_by_role("group", name="demo can do without this")
    needed.get_by_role("checkbox").wait_for()
    assert not optional.get_by_role("checkbox").is_checked()
    dialog.get_by_text("Allowed by policy: 'modules:pyarrow' is in c.PermissionPolicy.allow").wait_for()
    dialog.get_by_text("Denied by policy: 'display:*' is in c.PermissionPolicy.deny").wait_for()
    go = dialog.get_by_role("button", name="Grant and install")
    assert go.is_disabled()
    needed.get_by_role("checkbox").check()
    assert go.is_enabled()
    picture(page, f"consent-optional-{theme.split()[1].lower()}")


@pytest.mark.parametrize("theme", ["JupyterLab Light", "JupyterLab Dark"])
def test_permissions_are_granted_and_revoked_by_keyboard_in_the_installed_view(panel: Any, theme: str) -> None:
    page = panel.page
    install(page)
    page.get_by_role("tab", name="Installed").click()
    held = page.get_by_text("Permissions of demo: 2 of 4 granted")
    held.focus()
    page.keyboard.press("Enter")
    picture(page, f"permissions-{theme.split()[1].lower()}")
    assert page.get_by_role("button", name="display:pandas.DataFrame").count() == 0
    page.get_by_role("button", name=f"Grant {CELLS} to demo").focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="Grant demo a permission?")
    dialog.get_by_role("checkbox").check()
    picture(page, f"grant-{theme.split()[1].lower()}")
    assert dialog.get_by_role("radio").nth(2).is_disabled(), "an event cannot be granted for one call"
    dialog.get_by_role("button", name="Grant", exact=True).focus()
    page.keyboard.press("Enter")
    page.locator(".ax-said").filter(has_text=f"demo is granted {CELLS}.").wait_for()
    page.get_by_text("Permissions of demo: 3 of 4 granted").wait_for()
    page.get_by_role("button", name="Revoke storage of demo").focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="Revoke a permission of demo?")
    picture(page, f"revoke-{theme.split()[1].lower()}")
    dialog.get_by_role("button", name="Revoke", exact=True).focus()
    page.keyboard.press("Enter")
    page.locator(".ax-said").filter(has_text="demo is no longer granted storage.").wait_for()
    page.get_by_role("button", name="Grant storage to demo").wait_for()
    assert page.locator(".ax").evaluate("one => one.scrollWidth <= one.clientWidth")
