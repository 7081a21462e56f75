"""docs/services.md as it stands: its two plugins, published, installed and called in a shell with the extension."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest
from IPython.core.interactiveshell import InteractiveShell

import automatosx_nb
from automatosx_nb import app, cli, magics
from automatosx_nb.errors import (
    DependantsBroken,
    NoKernel,
    PublishRefused,
    ServiceMissing,
    ServiceNotInRange,
    UnknownService,
)
from automatosx_nb.home import default_home
from automatosx_nb.registry.service import EmbeddedRegistry

if TYPE_CHECKING:
    from automatosx_nb.app import Marketplace
    from tests.conftest import MakePlugin

GUIDE = (Path(__file__).parents[2] / "docs" / "services.md").read_text(encoding="utf-8")
PERMISSIONS = ("services:call:acme.tables/summarise",)
PENGUINS = pa.table({"mass": [3750, 3800, None], "kind": ["a", "b", "c"]})


def write(folder: Path) -> None:
    """The files of the guide, each under its name, and what every plugin has beside them."""
    for name, text in re.findall(r"^`([\w/.]+)`:\n\n```\w+\n(.*?)^```", GUIDE, re.MULTILINE | re.DOTALL):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    for plugin, version in (("tables", "2.1.0"), ("report", "1.0.0")):
        (folder / plugin / "README.md").write_text(f"# {plugin}\n\nOf the guide.\n")
        (folder / plugin / "CHANGELOG.md").write_text(f"## {version}\n\n- It is new.\n")


@pytest.fixture(scope="module")
def guide(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A home whose registry has the guide's plugins, in a folder with their sources."""
    folder = tmp_path_factory.mktemp("guide")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AUTOMATOSX_HOME", str(folder / "home"))
        patch.setenv("JUPYTER_CONFIG_DIR", str(folder / "jupyter-config"))
        patch.setenv("JUPYTER_NO_CONFIG", "1")
        patch.chdir(folder)
        write(folder)
        with EmbeddedRegistry(folder / "registry") as registry:
            market = app._current[default_home()] = app.Marketplace(registry=registry)
            for plugin in ("tables", "report"):
                found = [each.check for each in market.publish(folder / plugin).checks if not each.passed]
                assert found == ["start"], "all but the one that needs a sandbox in the registry"
            yield folder
            market.close()
            app._current.clear()


@pytest.fixture
def shell(guide: Path) -> Iterator[Any]:
    """With 2.1.0 of the provider, and the permission to call it."""
    market = app._current[guide / "home"]
    market.install("acme.tables", "2.1.0")
    market.install("nordic.report", grant=PERMISSIONS)
    make: Callable[[], Any] = InteractiveShell
    shell = InteractiveShell._instance = make()
    magics.load(shell)
    shell.user_ns["penguins"] = PENGUINS
    yield shell
    magics.unload(shell)
    InteractiveShell._instance = None
    shell.history_manager.end_session()
    shell.history_manager = None
    for plugin in ("nordic.report", "acme.tables"):
        market.remove(plugin)


def test_the_guides_plugins_call_each_other(shell: Any) -> None:
    assert shell.run_line_magic("say", "penguins mass") == "mass: mean 3775.0, missing 1"
    assert shell.run_line_magic("say", "penguins kind") == "kind: service-failed"


def test_a_service_disappears_and_comes_back_with_its_generation_and_no_restart(shell: Any) -> None:
    market = app.current()
    market.remove("acme.tables")
    assert shell.run_line_magic("say", "penguins mass") == "mass: 3 values, and acme.tables would say more"
    market.install("acme.tables", "2.1.0")
    assert shell.run_line_magic("say", "penguins mass") == "mass: mean 3775.0, missing 1"


def test_an_update_of_the_provider_is_what_the_next_call_goes_to(shell: Any, guide: Path) -> None:
    assert shell.run_line_magic("say", "penguins mass") == "mass: mean 3775.0, missing 1"
    source, manifest = guide / "tables" / "src" / "tables_of_acme.py", guide / "tables" / "plugin.toml"
    source.write_text(source.read_text().replace('{"mean": mean,', '{"mean": 0,'))
    manifest.write_text(manifest.read_text().replace('version = "2.1.0"', 'version = "2.2.0"'))
    (guide / "tables" / "CHANGELOG.md").write_text("## 2.2.0\n")
    app.current().publish(guide / "tables")
    app.current().update("acme.tables")
    assert shell.run_line_magic("say", "penguins mass") == "mass: mean 0, missing 1"


def test_a_revoked_permission_is_gone_at_the_next_call(shell: Any) -> None:
    assert shell.run_line_magic("say", "penguins mass") == "mass: mean 3775.0, missing 1"
    app.current().revoke("nordic.report", PERMISSIONS[0])
    with pytest.raises(Exception, match=r"services:call:acme\.tables/summarise|services:call:acme\.tables/\*"):
        shell.run_line_magic("say", "penguins mass")


def test_the_notebook_calls_a_service_itself(shell: Any) -> None:
    services = automatosx_nb.services
    found = services.get("acme.tables", "^2")
    assert found.summarise(table=PENGUINS.to_pandas(), column="mass") == {"mean": 3775.0, "missing": 1}
    assert found.head(table=PENGUINS, rows=1).to_pylist() == [{"mass": 3750, "kind": "a"}]
    assert dir(found) == ["head", "summarise"]
    assert "The first rows of a table." in (found.head.__doc__ or "")
    with pytest.raises(UnknownService, match=r"(?s)no service 'sumarise': it offers summarise, head.*mean 'summarise'"):
        found.sumarise  # noqa: B018
    assert not hasattr(found, "tail")
    with pytest.raises(ServiceNotInRange):
        services.get("acme.tables", "^3")
    with pytest.raises(ServiceMissing):
        services.get("acme.nothing")


def test_services_in_a_process_without_the_extension_say_so() -> None:
    with pytest.raises(NoKernel, match="load_ext"):
        automatosx_nb.services.get("acme.tables")


def test_ax_services_lists_what_is_offered_in_which_version_and_who_may_call_it(
    shell: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    shell.run_line_magic("ax", "services")
    lines = capsys.readouterr().out.splitlines()
    assert lines[1].split() == ["acme.tables/summarise", "2.0.0", "nordic.report", *SUMMARY.split()]
    assert any(line.split()[:4] == ["automatosx.progress/show", "1.0.0", "every", "plugin"] for line in lines)
    shell.run_line_magic("ax", "services acme.tables/head")
    said = capsys.readouterr().out
    assert "May be called by no plugin, and by you in a notebook." in said
    assert "services:call:acme.tables/head" in said
    shell.run_line_magic("ax", "services acme.tables --json")
    records = json.loads(capsys.readouterr().out)
    assert [(each["service"], each["callers"]) for each in records] == [("summarise", ["nordic.report"]), ("head", [])]
    with pytest.raises(ServiceMissing):
        shell.run_line_magic("ax", "services acme.nothing")


SUMMARY = "The mean of a column of numbers, and how many values"


def test_a_command_in_a_shell_calls_services_too(
    home: Path, make_plugin: MakePlugin, capsys: pytest.CaptureFixture[str]
) -> None:
    offered = """
    [[contributes.services]]
    name = "double"
    version = "1.0.0"
    handler = "demo:double"
    request = {type = "object", properties = {n = {type = "integer"}}}
    reply = {type = "integer"}
    """
    command = """
    [[contributes.commands]]
    name = "go"
    title = "Go"
    handler = "demo:go"
    """
    calling = "from automatosx_nb.sdk import services\n\ndef run():\n    pass\n\ndef go():\n    "
    market = app.Marketplace()
    twice = "def run():\n    pass\n\ndef double(n):\n    return 2 * n\n"
    market.publish(make_plugin("acme.twice", source=twice, magic="twice", extra=offered))
    needed = {"services:call:acme.twice/double": "To double."}
    source = f"{calling}return services.get('acme.twice').double(n=21)\n"
    market.publish(make_plugin(source=source, extra=command, permissions=needed, requires={"acme.twice": "^1"}))
    market.install("acme.demo", grant=[*needed])
    market.close()
    capsys.readouterr()
    assert cli.main(["run", "acme.demo", "go"]) == 0
    assert capsys.readouterr().out.strip() == "42"
    assert [each.name for each in threading.enumerate() if each.name.startswith("automatosx acme")] == []


def test_a_release_that_breaks_a_promise_is_refused_and_one_that_says_so_is_not(guide: Path) -> None:
    manifest = guide / "tables" / "plugin.toml"
    kept = manifest.read_text()
    (guide / "tables" / "CHANGELOG.md").write_text("## 2.9.0 and 3.0.0\n")
    changed = kept.replace('["number", "null"]', '["number", "null", "string"]')

    def publish(plugin: str, promise: str) -> None:
        text = re.sub(r'^version = "2.[0-9].0"', f'version = "{plugin}"', changed, count=1, flags=re.MULTILINE)
        manifest.write_text(text.replace('version = "2.0.0"', f'version = "{promise}"'))
        app.current().publish(guide / "tables")

    with pytest.raises(PublishRefused, match=r"'summarise' 2\.0\.0 is published with another schema"):
        publish("2.9.0", "2.0.0")
    with pytest.raises(PublishRefused, match=r"'summarise' 2\.1\.0 is published as 2\.0\.0, which it breaks"):
        publish("2.9.0", "2.1.0")
    publish("3.0.0", "3.0.0")
    manifest.write_text(kept)


def test_a_plugin_that_asks_while_it_is_removed_is_gone_when_that_returns(shell: Any, make_plugin: MakePlugin) -> None:
    """Its thread asks which plugins there are, again and again; whoever removes it must not make it wait for that."""
    asks = """
from automatosx_nb.sdk import services


def run(event=None):
    while True:
        try:
            services.get("automatosx.frames")
        except Exception:
            pass
"""
    listens = '[[contributes.subscriptions]]\ntopic = "kernel.cell.started"\nhandler = "demo:run"\n'
    permission = "events:subscribe:kernel.cell.started"
    market = app.current()
    market.publish(make_plugin("acme.asks", source=asks, extra=listens, permissions={permission: "To listen."}))
    market.install("acme.asks", grant=[permission])
    shell.run_cell("1", store_history=True)
    runner = shell._automatosx_session.host.activation.runners()["acme.asks"]
    tick = threading.Event()
    while runner.worker is None or runner.running is None:
        tick.wait(0.01)
    thread = runner._queue._thread
    assert thread is not None
    market.remove("acme.asks")
    assert not thread.is_alive()


ADD = """
[[contributes.services]]
name = "add"
version = "{version}"
handler = "demo:add"
request = {{type = "object", properties = {{{argument} = {{type = "integer"}}}}}}
reply = {{type = "integer"}}
"""
CALLS_ADD = {"services:call:acme.sums/add": "Adds."}


def test_a_release_without_what_its_dependants_call_is_not_taken_in_and_with_them_it_is(
    market: Marketplace, make_plugin: MakePlugin
) -> None:
    def sums(version: str, argument: str) -> Path:
        source = f"def run():\n    return 0\n\ndef add({argument}=0):\n    return {argument}\n"
        added = ADD.format(version=version, argument=argument)
        return make_plugin("acme.sums", version, magic="sums", source=source, extra=added)

    def hard(version: str) -> Path:
        return make_plugin("acme.hard", version, magic="hard", permissions=CALLS_ADD, requires={"acme.sums": ">=1"})

    may = 'optional-plugins = {"acme.sums" = ">=1"}'
    market.publish(sums("1.0.0", "a"))
    market.publish(hard("1.0.0"))
    market.publish(make_plugin("acme.soft", magic="soft", permissions=CALLS_ADD, needs=may))
    market.install("acme.hard", grant=CALLS_ADD)
    market.install("acme.soft", grant=CALLS_ADD)
    before = market.profile.current()
    market.publish(sums("2.0.0", "b"))
    with pytest.raises(DependantsBroken, match=r"acme\.hard, its service 'add' is 2\.0\.0, which is not") as raised:
        market.update("acme.sums")
    assert raised.value.lost.keys() == {"acme.hard"}, "who only may be there without it gets by"
    assert market.profile.current() == before
    market.publish(hard("1.1.0"))
    market.update("acme.sums", "acme.hard")
    assert market.installed_plugin("acme.sums").version == "2.0.0"
