"""Layers of configuration: which one decides, what can be locked, and where each value was written."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from traitlets.config import Config

from automatosx_nb.config import Settings, load_settings
from automatosx_nb.errors import InvalidConfiguration
from automatosx_nb.host.audit import MAX_MB
from automatosx_nb.layers import PROJECT_FILE, VARIABLE, line_of, stamp
from automatosx_nb.model.permissions import Permission
from automatosx_nb.model.semver import Version

ONE = Version(1, 0, 0)


class Layers:
    """Folders of their own for each layer of this test."""

    def __init__(self, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.system, self.user, self.project = root / "etc", root / "user", root / "project"
        for folder in (self.system, self.user, self.project):
            folder.mkdir()
        monkeypatch.setattr("jupyter_core.paths.SYSTEM_CONFIG_PATH", [str(self.system)])
        monkeypatch.setattr("jupyter_core.paths.ENV_CONFIG_PATH", [str(root / "prefix")])
        monkeypatch.delenv("JUPYTER_NO_CONFIG", raising=False)
        monkeypatch.setenv("JUPYTER_CONFIG_DIR", str(self.user))
        monkeypatch.delenv(VARIABLE, raising=False)
        self._monkeypatch = monkeypatch

    def write(self, layer: str, text: str) -> Path:
        """Python for the system and the user, TOML for the project."""
        path = self.project / PROJECT_FILE if layer == "project" else getattr(self, layer) / "automatosx_config.py"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
        return path

    def variable(self, **sections: Any) -> None:
        self._monkeypatch.setenv(VARIABLE, json.dumps(sections))

    def load(self, **application: Any) -> Settings:
        return load_settings(Config(application), project=self.project)


@pytest.fixture
def layers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Layers:
    return Layers(tmp_path, monkeypatch)


def decided(settings: Settings, asked: str, plugin: str = "acme.demo") -> tuple[str, str]:
    decision = settings.permissions.decide(Permission.parse(asked), plugin, ONE)
    return decision.verdict, decision.because


def test_later_layers_decide(layers: Layers) -> None:
    layers.write(
        "system", "c.SandboxLimits.memory_mb = 100\nc.SandboxLimits.cpu_s = 100\nc.SandboxLimits.wall_s = 100\n"
    )
    layers.write("user", "c.SandboxLimits.cpu_s = 200\nc.SandboxLimits.wall_s = 200\nc.SandboxLimits.file_mb = 200\n")
    layers.variable(SandboxLimits={"file_mb": 400})
    limits = layers.load(SandboxLimits={"wall_s": 300, "file_mb": 300}).limits
    assert (limits.memory_mb, limits.cpu_s, limits.wall_s, limits.file_mb) == (100, 200, 300, 400)


def test_denials_of_every_layer_count_and_so_does_what_they_allow(layers: Layers) -> None:
    system = layers.write("system", "c.PermissionPolicy.deny = [\n    'display:*',\n]\n")
    user = layers.write("user", "c.PermissionPolicy.deny = []\nc.PermissionPolicy.allow = ['*']\n")
    project = layers.write("project", '[PermissionPolicy]\ndeny = ["storage for acme.*"]\n')
    settings = layers.load()
    denied = ("denied", f"'display:*' is in c.PermissionPolicy.deny ({system}, line 2)")
    assert decided(settings, "display:pandas.DataFrame") == denied
    denied = ("denied", f"'storage for acme.*' is in c.PermissionPolicy.deny ({project}, line 2)")
    assert decided(settings, "storage") == denied
    granted = ("granted", f"'*' is in c.PermissionPolicy.allow ({user}, line 2)")
    assert decided(settings, "storage", "nordic.x") == granted


def test_a_project_only_makes_stricter(layers: Layers) -> None:
    layers.write("user", "c.SandboxLimits.memory_mb = 500\nc.UpdatePolicy.cooldown = '2 days'\n")
    layers.write(
        "project",
        '[SandboxLimits]\nmemory_mb = 9000\ncpu_s = 5\n[UpdatePolicy]\ncooldown = "1 hour"\nplan_s = 10\n'
        '[PermissionPolicy]\ndefault = "allow-low"\n[SandboxPolicy]\nrequire = ["landlock"]\n'
        '[RegistryPolicy]\nallow = ["acme.*"]\n',
    )
    settings = layers.load()
    assert (settings.limits.memory_mb, settings.limits.cpu_s) == (500, 5)
    assert (settings.cooldown, settings.plan_s) == (timedelta(days=2), 10)
    assert settings.permissions.default == "ask"
    assert settings.required_layers == ("landlock",)
    assert settings.policy.against("acme.demo", ONE) is None
    assert settings.policy.against("nordic.demo", ONE) is not None


def test_a_project_cannot_shorten_the_audit_log(layers: Layers) -> None:
    layers.write("user", "c.AuditPolicy.keep_days = 30\n")
    layers.write("project", "[AuditPolicy]\nkeep_days = 1\nmax_mb = 1\n")
    audit = layers.load().audit
    assert (audit.keep.days, audit.max_mb) == (30, MAX_MB)
    assert layers.load(AuditPolicy={"keep_days": 7}).audit.keep.days == 7


def test_a_project_cannot_widen_which_plugins_the_user_lets_in(layers: Layers) -> None:
    layers.write("user", "c.RegistryPolicy.allow = ['acme.*']\nc.RegistryPolicy.deny = ['acme.bad']\n")
    layers.write("project", '[RegistryPolicy]\nallow = ["nordic.*", "acme.bad", "acme.demo"]\ndeny = []\n')
    policy = layers.load().policy
    assert policy.against("acme.demo", ONE) is None
    for plugin in ("nordic.demo", "acme.bad", "acme.other"):
        assert policy.against(plugin, ONE) is not None


def test_a_project_that_allows_permissions_is_refused_with_its_line(layers: Layers) -> None:
    path = layers.write("project", '[PermissionPolicy]\ndeny = []\nallow = ["*"]\n')
    with pytest.raises(InvalidConfiguration) as caught:
        layers.load()
    assert f"{path}, line 3" in str(caught.value)


def test_a_projects_file_is_data_and_never_run(layers: Layers) -> None:
    folder = layers.project / ".automatosx"
    folder.mkdir()
    for name in ("config.py", "automatosx_config.py"):
        (folder / name).write_text("raise SystemExit('it was run')\n")
    (layers.project / "automatosx_config.py").write_text("raise SystemExit('it was run')\n")
    assert layers.load().permissions.default == "ask"


def test_the_nearest_project_file_upwards_counts(layers: Layers) -> None:
    layers.write("project", '[PermissionPolicy]\ndefault = "deny"\n')
    deep = layers.project / "notebooks" / "deep"
    deep.mkdir(parents=True)
    assert load_settings(project=deep).permissions.default == "deny"
    assert load_settings(project=layers.user).permissions.default == "ask"
    assert load_settings().permissions.default == "ask"


@pytest.mark.parametrize("lock", ["PermissionPolicy", "PermissionPolicy.default"])
def test_what_is_locked_no_later_layer_loosens(layers: Layers, lock: str) -> None:
    layers.write("system", f"c.SettingLocks.locked = ['{lock}']\nc.PermissionPolicy.default = 'ask'\n")
    layers.write("user", "c.PermissionPolicy.default = 'allow-low'\n")
    layers.variable(PermissionPolicy={"default": "allow-low"})
    assert layers.load(PermissionPolicy={"default": "allow-low"}).permissions.default == "ask"
    layers.variable(PermissionPolicy={"default": "deny"})
    assert layers.load().permissions.default == "deny"


def test_locked_lists_only_grow_stricter(layers: Layers) -> None:
    layers.write(
        "system",
        "c.SettingLocks.locked = ['PermissionPolicy', 'RegistryPolicy', 'SandboxPolicy', 'SandboxLimits.memory_mb']\n"
        "c.PermissionPolicy.allow = ['modules:pyarrow']\nc.PermissionPolicy.deny = ['display:*']\n"
        "c.RegistryPolicy.allow = ['acme.*']\nc.SandboxPolicy.require = ['seccomp']\nc.SandboxLimits.memory_mb = 300\n",
    )
    layers.write("user", "c.PermissionPolicy.allow = ['*']\nc.PermissionPolicy.deny = ['storage']\n")
    layers.variable(RegistryPolicy={"allow": ["nordic.*"]}, SandboxLimits={"memory_mb": 9000, "cpu_s": 9000})
    settings = layers.load(SandboxPolicy={"require": ["landlock"]})
    assert decided(settings, "modules:pyarrow")[0] == "granted"
    assert decided(settings, "events:subscribe:kernel.ready")[0] == "asked"
    assert decided(settings, "storage")[0] == "denied"
    assert settings.policy.against("acme.demo", ONE) is not None
    assert settings.policy.against("nordic.demo", ONE) is not None
    assert settings.required_layers == ("seccomp", "landlock")
    assert (settings.limits.memory_mb, settings.limits.cpu_s) == (300, 9000)


def test_a_later_layer_cannot_take_a_lock_away(layers: Layers) -> None:
    layers.write("system", "c.SettingLocks.locked = ['PermissionPolicy']\nc.PermissionPolicy.default = 'deny'\n")
    layers.write("user", "c.SettingLocks.locked = []\nc.PermissionPolicy.default = 'ask'\n")
    assert layers.load().permissions.default == "deny"


def test_the_systems_files_are_read_whatever_the_environment_says(
    layers: Layers, monkeypatch: pytest.MonkeyPatch
) -> None:
    layers.write("system", "c.PermissionPolicy.default = 'deny'\n")
    for name in ("JUPYTER_CONFIG_PATH", "JUPYTER_PREFER_ENV_PATH"):
        monkeypatch.setenv(name, str(layers.user))
    assert layers.load().permissions.default == "deny"


@pytest.mark.parametrize(
    ("layer", "text", "told"),
    [
        ("system", "\n\nc.PermissionPolicy.deny = [\n    'storage',\n    'storrage',\n]\n", "line 5"),
        ("user", "c.PermissionPolicy.allow = ['storage for acme']\n", "line 1"),
        ("user", "\nc.PermissionPolicy.default = 'maybe'\n", "line 2"),
        ("user", "c.PermissionPolicy.denied = ['storage']\n", "there is no setting denied"),
        ("user", "x = 1\n1 / 0\n", "line 2"),
        ("user", "x = 1\n\nx = = 1\n", "line 3"),
        ("user", "c.SettingLocks.locked = ['PermisionPolicy']\n", "did you mean PermissionPolicy?"),
        ("project", '[PermissionPolicy]\n\ndeny = ["storrage"]\n', "line 3"),
        ("project", "[PermissionPolicy\n", "line 1"),
        ("project", "PermissionPolicy = 3\n", "and not a section"),
        ("project", "[PermisionPolicy]\ndeny = ['storage']\n", "did you mean c.PermissionPolicy?"),
        ("project", "[PermissionPolicy]\ndeny = 3\n", "line 2"),
    ],
)
def test_what_cannot_be_read_stops_everything_with_file_and_line(
    layers: Layers, layer: str, text: str, told: str
) -> None:
    path = layers.write(layer, text)
    with pytest.raises(InvalidConfiguration) as caught:
        layers.load()
    assert str(path) in str(caught.value)
    assert told in str(caught.value)


@pytest.mark.parametrize(
    "text", ["{", "[]", "3", '{"PermissionPolicy": []}', '{"PermisionPolicy": {"default": "deny"}}']
)
def test_a_variable_that_cannot_be_read_stops_everything(
    layers: Layers, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    monkeypatch.setenv(VARIABLE, text)
    with pytest.raises(InvalidConfiguration) as caught:
        layers.load()
    assert VARIABLE in str(caught.value)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("c.PermissionPolicy.deny = ['a', 'b']\n", 1),
        ("# 'b'\nc.PermissionPolicy.allow = ['b']\nc.PermissionPolicy.deny = [\n 'a',\n 'b']\n", 5),
        ("c.PermissionPolicy.deny = ['a']\nc.PermissionPolicy.deny.append('b')\n", 2),
        ("c.PermissionPolicy.deny = [x for x in 'ab']\n", None),
        ('{"PermissionPolicy": {"allow": ["b"],\n"deny": ["a",\n"b"]}}', 3),
        ("[PermissionPolicy]\nallow = ['b']\ndeny = [\n'a',\n'b',\n]\n", 5),
    ],
)
def test_a_rule_is_found_on_its_line(text: str, line: int | None) -> None:
    assert line_of(text, "PermissionPolicy", "deny", "b", python=text.startswith(("c.", "#"))) == line


def test_the_stamp_changes_when_a_file_comes_goes_or_is_written(layers: Layers) -> None:
    seen = [stamp(layers.project)]
    path = layers.write("project", '[PermissionPolicy]\ndefault = "deny"\n')
    seen.append(stamp(layers.project))
    path.write_text('[PermissionPolicy]\ndefault = "ask"\n\n')
    seen.append(stamp(layers.project))
    layers.write("system", "c.PermissionPolicy.default = 'deny'\n")
    seen.append(stamp(layers.project))
    assert len(set(seen)) == 4
    (layers.system / "automatosx_config.py").unlink()
    assert stamp(layers.project) == seen[2]


def test_every_layer_presets_settings_of_plugins_and_says_where(layers: Layers) -> None:
    layers.write("system", "c.PluginSettings.preset = {\n  'acme.demo': {\n    'rows': 1}}")
    layers.write("project", '[PluginSettings.preset."acme.demo"]\n"rows" = 2')
    layers.variable(PluginSettings={"preset": {"Acme.Demo": {"rows": 3}}})
    said, lock = layers.load().plugin_settings.of("acme.demo", "rows")
    assert [(each.source, each.value) for each in said] == [("system", 1), ("project", 2), ("environment", 3)]
    assert said[0].place == f"{layers.system / 'automatosx_config.py'}, line 3"
    assert said[1].place.endswith("line 2")
    assert lock is None


@pytest.mark.parametrize(
    "line", ["c.PluginSettings.locked = ['acme.demo.rows']", "c.SettingLocks.locked = ['PluginSettings']"]
)
def test_a_setting_of_a_plugin_is_locked_where_it_was_written(layers: Layers, line: str) -> None:
    layers.write("system", line)
    lock = layers.load().plugin_settings.of("acme.demo", "rows")[1]
    assert lock is not None
    assert (lock.source, lock.place) == ("system", f"{layers.system / 'automatosx_config.py'}, line 1")


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("c.PluginSettings.preset = {'acme.demo': 3}", "preset"),
        ("c.PluginSettings.locked = ['demo']", "'demo'"),
    ],
)
def test_a_preset_that_cannot_be_read_says_where(layers: Layers, line: str, told: str) -> None:
    layers.write("system", line)
    with pytest.raises(InvalidConfiguration, match=told) as caught:
        layers.load()
    assert "line 1" in caught.value.where
