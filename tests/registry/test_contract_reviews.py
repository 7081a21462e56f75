"""Review and moderation, one contract for every registry: SQLite and PostgreSQL, in this process and over HTTP."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from automatosx_nb import package
from automatosx_nb.errors import (
    ActionForbidden,
    InvalidAct,
    OwnSubmission,
    PluginQuarantined,
    ReviewedElse,
    ReviewRejected,
    UnknownAdvisory,
    UnknownPlugin,
    UnknownRelease,
    UnknownReport,
    VersionUsed,
)
from automatosx_nb.model.identity import Actor, Role, Scope, owner
from automatosx_nb.model.release import SearchQuery, Stage
from automatosx_nb.model.review import ReviewPolicy
from automatosx_nb.model.semver import Range
from automatosx_nb.registry.client.limits import ClientLimits
from automatosx_nb.registry.client.remote import RemoteRegistry
from automatosx_nb.registry.service import EmbeddedRegistry
from tests.registry.conftest import write_plugin

POLICY = ReviewPolicy(beta=1, stable=2)
MEMBERS, ROLES = ("ann", "bob"), {"bob": Role.REVIEWER, "rob": Role.REVIEWER, "ria": Role.REVIEWER, "ada": Role.ADMIN}
PEOPLE = ("ann", "bob", "rob", "ria", "ada", "eve")


class Person(NamedTuple):
    """Who acts, and the registry as that one reaches it."""

    actor: Actor
    registry: Any


Everybody = dict[str, Person]
Submit = Callable[..., tuple[str, str]]


def populated(registry: EmbeddedRegistry, folder: Path) -> EmbeddedRegistry:
    """With ``acme`` and its members, and those who review and administer."""
    registry.publish_bundled(package.build(write_plugin(folder / "first", "acme.first")))
    for user in MEMBERS:
        registry.access.put_member(owner(), "acme", user, owner=True)
    for user, role in ROLES.items():
        registry.access.grant_role(owner(), user, role)
    return registry


@pytest.fixture(scope="module", params=["sqlite", "postgresql", "sqlite-http", "postgresql-http"])
def everybody(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Everybody]:
    folder = tmp_path_factory.mktemp("contract-reviews")
    with ExitStack() as stack:
        kind, _, over_http = request.param.partition("-")
        if kind == "postgresql":
            place = request.getfixturevalue("postgresql").database(), (folder / "blobs").as_uri()
            opened = EmbeddedRegistry.at(*place, review=lambda: POLICY)
        else:
            opened = EmbeddedRegistry(folder / "registry", review=lambda: POLICY)
        registry = populated(stack.enter_context(opened), folder)
        if not over_http:
            actors = {user: registry.access.actor(user) for user in PEOPLE}
            yield {user: Person(actor, registry.seen_by(actor)) for user, actor in actors.items()}
            return
        secrets = {user: registry.tokens.new(owner(), "t", list(Scope), 7, user=user).secret for user in PEOPLE}
        address = stack.enter_context(served_alone(*place) if kind == "postgresql" else served(folder))
        limits = ClientLimits(fresh_s=0)
        yield {
            user: Person(
                Actor("whoever"),
                stack.enter_context(RemoteRegistry(address, folder / user, token=secret, limits=limits)),
            )
            for user, secret in secrets.items()
        }


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """A Jupyter server of several people, in a process of its own, on the registry in ``folder``."""
    config = folder / "jupyter_server_config.py"
    config.write_text(f"c.ReviewPolicy.beta = {POLICY.beta}\nc.ReviewPolicy.stable = {POLICY.stable}\n", "utf-8")
    settings = {
        "ServerApp.port": 0,
        "ServerApp.ip": "127.0.0.1",
        "ServerApp.open_browser": False,
        "ServerApp.allow_root": True,
        "ServerApp.root_dir": folder,
        "ServerApp.jpserver_extensions": "automatosx_nb=True",
        "AutomatosxExtension.home": folder / "registry",
        "AutomatosxExtension.shared": True,
    }
    command = [sys.executable, "-m", "jupyter_server", f"--config={config}"]
    command += [f"--{name}={value}" for name, value in settings.items()]
    jupyter = {f"JUPYTER_{name}_DIR": str(folder / name.lower()) for name in ("CONFIG", "DATA", "RUNTIME")}
    environment = {**os.environ, **jupyter, "AUTOMATOSX_HOME": str(folder / "home")}
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment) as server:
        assert server.stderr is not None
        try:
            said = next(filter(None, (re.search(r"http://127\.0\.0\.1:\d+/", line) for line in server.stderr)))
            yield said[0] + "automatosx"
        finally:
            server.terminate()
            server.stderr.read()


@contextmanager
def served_alone(database: str, blobs: str) -> Iterator[str]:
    """A server of its own on a team's registry."""
    policy = {"ReviewPolicy": {"beta": POLICY.beta, "stable": POLICY.stable}}
    command = [sys.executable, "-m", "automatosx_nb.cli", "serve", "--db", database, "--blobs", blobs, "--port", "0"]
    environment = {**os.environ, "AUTOMATOSX_CONFIG": json.dumps(policy)}
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
    with subprocess.Popen(command, text=True, env=environment, **streams) as server:  # type: ignore[call-overload]
        assert server.stdout is not None
        try:
            yield server.stdout.readline().strip()
        finally:
            server.terminate()


_number = count(1)


@pytest.fixture
def submit(everybody: Everybody, tmp_path: Path) -> Submit:
    """``submit(stage, by=…)``: id and SHA-256 of a new plugin's 1.0.0; ``again``: the id of one that there is."""

    def publish(
        stage: Stage = Stage.STABLE, by: str = "ann", version: str = "1.0.0", again: str = "", **parts: Any
    ) -> tuple[str, str]:
        plugin = again or f"acme.{next(_number)}-{'abcdefgh'[next(_number) % 8] * 6}"
        data = package.build(write_plugin(tmp_path / f"{plugin}-{version}", plugin, version, **parts))
        return plugin, everybody[by].registry.publish(data, stage=stage).sha256

    return publish


def stage_of(everybody: Everybody, plugin: str) -> Stage:
    return Stage(everybody["ann"].registry.releases(plugin)[0].stage)


def test_two_reviewers_make_a_release_stable_and_then_everybody_sees_it(everybody: Everybody, submit: Submit) -> None:
    plugin, sha256 = submit()
    with pytest.raises(UnknownPlugin):
        everybody["eve"].registry.plugin(plugin)
    for user, stage in (("rob", Stage.DRAFT), ("rob", Stage.DRAFT), ("ria", Stage.STABLE)):
        actor, registry = everybody[user]
        assert registry.reviews.decide(actor, plugin, "1.0.0", sha256, approves=True).stage is stage
    assert everybody["eve"].registry.plugin(plugin).summary.version == "1.0.0"
    assert plugin in {each.id for each in everybody["eve"].registry.search(SearchQuery(size=100)).items}


def test_a_promotion_waits_for_its_approvals_and_a_member_sees_where_it_stands(
    everybody: Everybody, submit: Submit
) -> None:
    plugin, sha256 = submit(Stage.DRAFT)
    ann, registry = everybody["ann"]
    waits = registry.reviews.promote(ann, plugin, "1.0.0", Stage.BETA)
    assert (waits.stage, waits.wanted, waits.needed, waits.approvals) == (Stage.DRAFT, Stage.BETA, 1, 0)
    queue = registry.reviews.queue(ann, plugin=plugin)
    assert [(each.id, each.wanted) for each in queue.items] == [(plugin, Stage.BETA)]
    actor, reviewer = everybody["ria"]
    reviewer.reviews.decide(actor, plugin, "1.0.0", sha256, approves=True, reason="Fine.")
    standing = registry.reviews.dossier(ann, plugin, "1.0.0").standing
    assert (standing.stage, standing.reviews[0].reason) == (Stage.BETA, "Fine.")


def test_nobody_approves_their_own(everybody: Everybody, submit: Submit) -> None:
    plugin, sha256 = submit(by="bob")
    actor, registry = everybody["bob"]
    with pytest.raises(OwnSubmission):
        registry.reviews.decide(actor, plugin, "1.0.0", sha256, approves=True)
    assert stage_of(everybody, plugin) is Stage.DRAFT


def test_a_rejection_stands(everybody: Everybody, submit: Submit) -> None:
    plugin, sha256 = submit()
    actor, registry = everybody["rob"]
    with pytest.raises(InvalidAct):
        registry.reviews.decide(actor, plugin, "1.0.0", sha256, approves=False)
    with pytest.raises(ReviewedElse):
        registry.reviews.decide(actor, plugin, "1.0.0", "0" * 64, approves=True)
    registry.reviews.decide(actor, plugin, "1.0.0", sha256, approves=False, reason="It leaks.")
    ann, own = everybody["ann"]
    with pytest.raises(ReviewRejected) as caught:
        own.reviews.promote(ann, plugin, "1.0.0", Stage.STABLE)
    assert (caught.value.reviewer, caught.value.reason) == ("rob", "It leaks.")
    with pytest.raises(ActionForbidden):
        own.reviews.lift(ann, plugin, "1.0.0", "rob", reason="It does not.")
    ada, administered = everybody["ada"]
    assert administered.reviews.lift(ada, plugin, "1.0.0", "rob", reason="He left.").reviews == ()
    assert own.reviews.promote(ann, plugin, "1.0.0", Stage.STABLE).wanted is Stage.STABLE


@pytest.mark.parametrize("user", ["ann", "eve"])
def test_who_is_no_reviewer_does_not_review(everybody: Everybody, submit: Submit, user: str) -> None:
    plugin, sha256 = submit()
    actor, registry = everybody[user]
    with pytest.raises((ActionForbidden, UnknownPlugin)):
        registry.reviews.decide(actor, plugin, "1.0.0", sha256, approves=True)


def test_a_dossier_is_the_same_everywhere(everybody: Everybody, submit: Submit) -> None:
    plugin, sha256 = submit()
    for user in ("rob", "ria"):
        everybody[user].registry.reviews.decide(everybody[user].actor, plugin, "1.0.0", sha256, approves=True)
    submit(again=plugin, version="1.1.0", source="def run():\n    return 2\n", needs={"acme.tables": "^2"})
    actor, registry = everybody["rob"]
    dossier = registry.reviews.dossier(actor, plugin, "1.1.0")
    assert (dossier.baseline, dossier.dependencies) == ("1.0.0", {"acme.tables": (None, "^2")})
    changed = {each.path: each.diff for each in dossier.files}
    assert changed["src/body.py"].endswith("-    return 1\n+    return 2")
    assert "permissions" in {each.check for each in dossier.checks if each.passed}


def test_what_is_done_about_a_release_is_seen_by_who_resolves(everybody: Everybody, submit: Submit) -> None:
    plugin, sha256 = submit()
    for user in ("rob", "ria"):
        everybody[user].registry.reviews.decide(everybody[user].actor, plugin, "1.0.0", sha256, approves=True)
    (ann, own), (rob, reviewing), (eve, outside) = (everybody[each] for each in ("ann", "rob", "eve"))
    own.moderation.yank(ann, plugin, "1.0.0", "It drops rows.")
    own.moderation.deprecate(ann, plugin, None, "Old.", "acme.first")
    reviewing.moderation.quarantine(rob, plugin, None, "It reads keys.")
    (release,) = outside.releases(plugin)
    said = release.yanked, release.deprecated, release.successor, release.quarantined
    assert said == ("It drops rows.", "Old.", "acme.first", "It reads keys.")
    with pytest.raises(PluginQuarantined, match="It reads keys"):
        submit(again=plugin, version="1.1.0")
    with pytest.raises(ActionForbidden):
        outside.moderation.yank(eve, plugin, "1.0.0", None)
    reviewing.moderation.quarantine(rob, plugin, None, None)
    own.moderation.yank(ann, plugin, "1.0.0", None)
    (release,) = outside.releases(plugin)
    assert (release.yanked, release.quarantined) == (None, None)


def test_a_deleted_version_is_gone_and_never_used_again(everybody: Everybody, submit: Submit) -> None:
    plugin, _ = submit()
    submit(again=plugin, version="1.1.0")
    ada, registry = everybody["ada"]
    registry.moderation.delete(ada, plugin, "1.0.0", "A key is in it.")
    with pytest.raises(UnknownRelease):
        registry.reviews.dossier(ada, plugin, "1.0.0")
    with pytest.raises(VersionUsed):
        submit(again=plugin, summary="Other bytes.")


def test_ratings_reports_and_advisories_are_the_same_everywhere(everybody: Everybody) -> None:
    (eve, outside), (rob, reviewing) = everybody["eve"], everybody["rob"]
    assert outside.ratings.rate(eve, "acme.first", 4, "Good.").count == 1
    assert reviewing.ratings.rate(rob, "acme.first", 5).rating == 4.5
    assert reviewing.ratings.withdraw(rob, "acme.first", user="eve").count == 1
    report = outside.reports.file(eve, "acme.first", "broken", "It ends.", "1.0.0")
    assert outside.reports.all(eve, is_open=True).items == (report,)
    assert reviewing.reports.close(rob, report.number, "Mended.").closed_by == "rob"
    with pytest.raises(UnknownReport):
        reviewing.reports.close(rob, 10**6, "No.")
    made = reviewing.advisories.make(rob, "acme.first", Range.parse("<1"), "low", "It leaks.")
    assert outside.advisories.all(eve, plugin="acme.first") == (made,)
    reviewing.advisories.withdraw(rob, made.id)
    with pytest.raises(UnknownAdvisory):
        reviewing.advisories.withdraw(rob, made.id)
    with pytest.raises(ActionForbidden):
        outside.advisories.make(eve, "acme.first", Range.parse("*"), "low", "Mine.")


def test_the_record_has_every_act_of_somebody_and_pages_follow_each_other(everybody: Everybody, submit: Submit) -> None:
    plugin, sha256 = submit()
    for user in ("rob", "ria"):
        everybody[user].registry.reviews.decide(everybody[user].actor, plugin, "1.0.0", sha256, approves=True)
    ada, registry = everybody["ada"]
    acts, before = [], None
    for _ in range(4):
        page = registry.audit.read(ada, plugin=plugin, size=1, before=before)
        acts += [(each.actor, each.action) for each in page.items]
        before = page.next
    assert acts == [("ria", "promote"), ("ria", "approve"), ("rob", "approve"), ("ann", "publish")]
    assert before is None
    eve, outside = everybody["eve"]
    assert outside.audit.read(eve, plugin=plugin).items == ()
