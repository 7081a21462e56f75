"""Plans of a whole marketplace: why each version, what is held back, and what policy, cooldown and betas make of it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest
from traitlets.config import Config

from automatosx_nb.app import Marketplace
from automatosx_nb.commands import run
from automatosx_nb.errors import (
    InvalidConfiguration,
    NotInPlan,
    PlanTooHard,
    PolicyForbids,
    ResolutionConflict,
    StillRequired,
    UnknownPlugin,
    UsageError,
)
from automatosx_nb.model.generation import Pin
from automatosx_nb.model.release import Stage
from automatosx_nb.model.runtime import API_VERSION
from automatosx_nb.package import build
from automatosx_nb.profile.planning import Planner
from automatosx_nb.registry.service import EmbeddedRegistry
from tests.commands.test_verbs import Console
from tests.pigeons import FIRST, pigeons

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import MakePlugin

Open = Callable[..., Marketplace]


def ax(market: Marketplace, line: str) -> str:
    return run(line.split(), lambda: market, Console())


@pytest.fixture
def configured(home: Path) -> Iterator[Open]:
    """``configured(RegistryPolicy={"deny": […]})``: a marketplace on the same home, with that configuration."""
    opened: list[Marketplace] = []

    def open_market(**sections: Any) -> Marketplace:
        opened.append(Marketplace(config=Config(sections)))
        return opened[-1]

    yield open_market
    for market in opened:
        market.close()


@pytest.fixture
def shop(market: Marketplace, make_plugin: MakePlugin) -> Marketplace:
    """acme.top requires acme.base, of which there are 1.0.0, 1.1.0, 2.0.0 and a beta; nordic.other stands alone."""
    for version in ("1.0.0", "1.1.0", "2.0.0"):
        market.publish(make_plugin("acme.base", version, magic="base"))
    market.publish(make_plugin("acme.base", "3.0.0", magic="base"), stage=Stage.BETA)
    market.publish(make_plugin("acme.top", magic="top", requires={"acme.base": "^1.0"}))
    market.publish(make_plugin("nordic.other", magic="other"))
    return market


def test_a_plan_tells_what_it_leads_to_and_why(shop: Marketplace) -> None:
    plan = shop.plan("acme.top")
    assert [(one.id, one.version) for one in plan.plugins] == [("acme.base", "1.1.0"), ("acme.top", "1.0.0")]
    assert [change.why for change in plan.changes] == ["acme.top 1.0.0 requires acme.base ^1.0", "you asked for it"]
    assert plan.tree() == "acme.top 1.0.0  (you asked for ^1.0.0)\n└─ acme.base 1.1.0  (^1.0)"
    assert plan.why("acme.base") == (
        "acme.base 1.1.0 is here because acme.top 1.0.0 requires acme.base ^1.0, because you asked for acme.top *.",
        "acme.base 3.0.0 is a beta: name that version exactly, or allow prereleases (--pre).",
        "acme.base 2.0.0 is not in ^1.0, which acme.top 1.0.0 requires.",
    )


def test_why_names_everybody_else_who_requires_it(shop: Marketplace, make_plugin: MakePlugin) -> None:
    shop.publish(make_plugin("acme.also", magic="also", requires={"acme.base": "1.x", "acme.top": "*"}))
    why = shop.plan("acme.also").why("acme.base")
    assert why[1] == "Besides, acme.top 1.0.0 requires it in ^1.0."


def test_why_of_what_goes_and_of_what_is_no_part_of_it(shop: Marketplace) -> None:
    shop.install("acme.top")
    plan = shop.plan_remove("acme.top")
    assert plan.why("acme.base") == ("acme.base 1.1.0 is removed because nothing needs it any more.",)
    with pytest.raises(NotInPlan) as caught:
        shop.plan("acme.top").why("acme.bas")
    assert caught.value.nearest[0] == "acme.base"


def test_a_plan_without_a_plugin_is_an_update_of_everything(shop: Marketplace) -> None:
    shop.install("acme.base", "1.0.0")
    assert [(change.id, change.new) for change in shop.plan().changes] == [("acme.base", "1.1.0")]


def test_several_plugins_are_installed_in_one_change_or_none_of_them(shop: Marketplace) -> None:
    with pytest.raises(UnknownPlugin):
        ax(shop, "install nordic.other acme.base nobody.there")
    with pytest.raises(ResolutionConflict):
        ax(shop, "install nordic.other acme.top acme.base@2")
    assert shop.installed() == ()
    planned = json.loads(ax(shop, "plan nordic.other acme.base@1.0.0 --json"))
    assert [(each["id"], each["new"]) for each in planned["changes"]] == [
        ("acme.base", "1.0.0"),
        ("nordic.other", "1.0.0"),
    ]
    said = ax(shop, "install nordic.other acme.base@1.0.0 acme.base@1.0.0")
    assert "This is generation 1;" in said
    assert "nordic.other adds %other" in said
    assert {each.id: each.wish for each in shop.installed()} == {"acme.base": "^1.0.0", "nordic.other": "^1.0.0"}
    assert shop.history()[0].action == "install nordic.other 1.0.0, acme.base 1.0.0"
    ax(shop, "rollback")
    assert shop.installed() == ()


def test_several_plugins_are_one_question_and_one_plan(market: Marketplace, make_plugin: MakePlugin) -> None:
    for name in ("one", "two"):
        market.publish(make_plugin(f"acme.{name}", magic=name, permissions={"storage": f"Keeps {name}."}))
    console = Console(answer=True)
    run(["install", "acme.one", "acme.two"], lambda: market, console)
    (question,) = console.questions
    assert "Keeps one." in question
    assert "Keeps two." in question
    assert {each.id: each.grants for each in market.installed()} == {"acme.one": ("storage",), "acme.two": ("storage",)}


def test_one_plugin_is_not_asked_for_in_two_versions(shop: Marketplace) -> None:
    with pytest.raises(UsageError, match=r"two versions of acme\.base"):
        ax(shop, "install acme.base@1 acme.base@2")


def test_in_python_several_plugins_are_a_mapping_to_their_wishes(shop: Marketplace) -> None:
    wishes = {"acme.base": "~1.0", "nordic.other": ""}
    assert {change.id for change in shop.plan(wishes).changes} == wishes.keys()
    shop.install(wishes, "1.x")
    assert {each.id: each.wish for each in shop.installed()} == {"acme.base": "~1.0", "nordic.other": "1.x"}


def test_the_verb_draws_the_tree_and_says_why(shop: Marketplace) -> None:
    assert ax(shop, "plan --tree") == "Nothing is installed, and nothing would be."
    assert ax(shop, "plan acme.top --tree").splitlines()[1] == "└─ acme.base 1.1.0  (^1.0)"
    assert ax(shop, "plan acme.top --why acme.base").startswith("acme.base 1.1.0 is here because acme.top")
    text = ax(shop, "plan acme.top")
    assert "+ acme.base 1.1.0  (acme.top 1.0.0 requires acme.base ^1.0, " in text
    assert text.splitlines()[-1] == "Held back: acme.base 2.0.0 is not in ^1.0, which acme.top 1.0.0 requires."
    with pytest.raises(UsageError):
        ax(shop, "plan acme.top --why acme.base --tree")


def test_the_verb_speaks_json_of_all_of_it(shop: Marketplace) -> None:
    plan = json.loads(ax(shop, "plan acme.top --json"))
    assert plan["plugins"][1]["requires"] == {"acme.base": "^1.0"}
    assert [each["because"] for each in plan["held_back"]] == ["prerelease", "dependant"]
    assert json.loads(ax(shop, "plan acme.top --tree --json")) == plan
    why = json.loads(ax(shop, "plan acme.top --why acme.base --json"))
    assert (why["plugin"], len(why["why"])) == ("acme.base", 3)


def test_an_update_that_finds_nothing_says_what_it_passed_over(shop: Marketplace) -> None:
    ax(shop, "install acme.top")
    assert ax(shop, "update").splitlines() == [
        "Nothing to change: everything is as you asked.",
        "Held back: acme.base 3.0.0 is a beta: name that version exactly, or allow prereleases (--pre).",
        "Held back: acme.base 2.0.0 is not in ^1.0, which acme.top 1.0.0 requires.",
    ]


def test_what_a_wish_of_ones_own_keeps_away_is_told_with_how_to_have_it(shop: Marketplace) -> None:
    ax(shop, "install acme.base@1.0.0")
    told = "%ax install acme.base@2.0.0 changes what you asked for."
    assert ax(shop, "outdated").splitlines()[-1] == told
    listed = ax(shop, "list").splitlines()
    assert listed[0].split() == ["plugin", "version", "newest", "wish", "granted"]
    assert listed[-1] == "%ax outdated says which of that an update brings, and why not."
    assert ax(shop, "update").splitlines()[-1] == told
    ax(shop, "install acme.base@2.0.0")
    assert "changes what you asked for" not in ax(shop, "outdated") + ax(shop, "update")


def test_of_what_is_pinned_it_is_said_once_that_it_is_held_back(shop: Marketplace) -> None:
    ax(shop, "install acme.base@1.0.0")
    ax(shop, "pin acme.base")
    (said,) = (line for line in ax(shop, "update").splitlines() if "pinned" in line)
    assert said.startswith("Held back: acme.base 3.0.0 does not come while 1.0.0 is pinned by ")
    assert said.endswith("(unpin it to have another).")


def test_info_says_what_a_release_requires(shop: Marketplace) -> None:
    assert "\nrequires       acme.base ^1.0\n" in ax(shop, "info acme.top")
    assert "requires" not in ax(shop, "info acme.base")


def test_what_only_waits_for_an_update_is_one_line_of_a_plan(shop: Marketplace) -> None:
    ax(shop, "install acme.base@1.0.0")
    plan = ax(shop, "plan nordic.other")
    assert "Held back: acme.base 2.0.0 is not in ^1.0.0, which you asked for." in plan
    ax(shop, "install acme.top")
    ax(shop, "install acme.base@~1.0")
    assert "Left for an update" not in ax(shop, "plan nordic.other")
    shop.install("acme.base", "1.0.0 || 1.1.0")
    assert [p.version for p in shop.installed() if p.id == "acme.base"] == ["1.1.0"]


def test_prereleases_and_betas_are_let_in_on_request_and_then_stay(shop: Marketplace) -> None:
    assert "acme.base 2.0.0" in ax(shop, "plan acme.base")
    assert "acme.base 3.0.0" in ax(shop, "plan acme.base --pre")
    ax(shop, "install acme.base --pre")
    assert [(p.version, p.wish) for p in shop.installed()] == [("3.0.0", "^3.0.0")]
    assert shop.plan_update().changes == ()
    shop.install("nordic.other")
    assert {p.id: p.version for p in shop.installed()} == {"acme.base": "3.0.0", "nordic.other": "1.0.0"}
    ax(shop, "install acme.base@1.0.0")
    ax(shop, "install acme.base@>=1")
    assert "3.0.0" in ax(shop, "update --plan --pre")


# --- policy


def test_what_the_policy_denies_comes_on_no_path(shop: Marketplace, configured: Open) -> None:
    market = configured(RegistryPolicy={"deny": ["Acme.Base"]})
    actions: list[Callable[[], object]] = [
        lambda: market.install("acme.base"),
        lambda: market.install("acme.base", "1.0.0"),
        lambda: market.install("acme.base", prereleases=True),
        lambda: market.install("acme.top"),
    ]
    for action in actions:
        with pytest.raises(ResolutionConflict) as caught:
            action()
        assert "is denied by this installation's policy: 'Acme.Base' is in c.RegistryPolicy.deny" in str(caught.value)
    assert market.installed() == ()
    assert market.install("nordic.other").generation == 1


def test_only_what_the_policy_allows_comes(shop: Marketplace, configured: Open) -> None:
    market = configured(RegistryPolicy={"allow": ["acme.*@<2"]})
    market.install("acme.top")
    with pytest.raises(ResolutionConflict):
        market.install("nordic.other")
    market.install("acme.base")
    assert {p.id: p.version for p in market.installed()} == {"acme.base": "1.1.0", "acme.top": "1.0.0"}


def test_a_denied_plugin_that_is_installed_can_be_removed_whatever_else_is_wrong(
    shop: Marketplace, configured: Open
) -> None:
    shop.install("acme.base")
    shop.install("nordic.other")
    market = configured(RegistryPolicy={"deny": ["acme.*", "nordic.*"]})
    with pytest.raises(ResolutionConflict) as caught:
        market.update()
    assert caught.value.wishes in (("acme.base",), ("nordic.other",))
    market.remove("nordic.other")
    assert [p.id for p in market.installed()] == ["acme.base"]
    market.remove("acme.base")
    assert market.installed() == ()


def test_a_plugin_that_is_required_is_not_removed_whatever_else_is_wrong(shop: Marketplace, configured: Open) -> None:
    shop.install("acme.top")
    market = configured(RegistryPolicy={"deny": ["acme.*"]})
    with pytest.raises(StillRequired):
        market.remove("acme.base")


def test_a_rollback_does_not_bring_back_what_is_denied(shop: Marketplace, configured: Open) -> None:
    shop.install("acme.base", "1.0.0")
    shop.install("nordic.other")
    shop.remove("acme.base")
    market = configured(RegistryPolicy={"deny": ["acme.base"]})
    for action in (lambda: market.plan_rollback(1), lambda: market.rollback(1)):
        with pytest.raises(PolicyForbids) as caught:
            action()
        assert (caught.value.plugin, caught.value.version) == ("acme.base", "1.0.0")
    assert [p.id for p in market.installed()] == ["nordic.other"]


def test_a_lock_does_not_bring_what_is_denied_and_brings_what_is_young(
    shop: Marketplace, configured: Open, tmp_path: Path
) -> None:
    lock = tmp_path / "automatosx.lock"
    shop.install("acme.top")
    shop.lock(lock)
    shop.remove("acme.top")
    with pytest.raises(ResolutionConflict) as caught:
        configured(RegistryPolicy={"deny": ["acme.base"]}).sync(lock)
    assert "'acme.base' is in c.RegistryPolicy.deny" in str(caught.value)
    assert shop.installed() == ()
    market = configured(UpdatePolicy={"cooldown": "3 days"})
    assert market.plan_sync(lock).tree() == "acme.top 1.0.0  (you asked for ^1.0.0)\n└─ acme.base 1.1.0  (^1.0)"
    market.sync(lock)
    assert {p.id: p.version for p in market.installed()} == {"acme.base": "1.1.0", "acme.top": "1.0.0"}


@pytest.mark.parametrize(
    ("sections", "told"),
    [
        ({"RegistryPolicy": {"deny": ["acme"]}}, "deny has 'acme'"),
        ({"RegistryPolicy": {"deny": ["acme.a@newest"]}}, "acme.a@newest"),
        ({"RegistryPolicy": {"allow": [3]}}, "c.RegistryPolicy"),
        ({"RegistryPolicy": {"denied": ["acme.a"]}}, "there is no setting denied"),
        ({"UpdatePolicy": {"cooldown": "3"}}, "'3' is no duration"),
        ({"UpdatePolicy": {"cooldown": 3}}, "c.UpdatePolicy"),
    ],
)
def test_a_policy_that_cannot_be_read_lets_nothing_in(
    shop: Marketplace, configured: Open, sections: Any, told: str
) -> None:
    market = configured(**sections)
    with pytest.raises(InvalidConfiguration) as caught:
        market.install("nordic.other")
    assert told in str(caught.value)
    assert market.installed() == ()


# --- cooldown


def test_a_young_release_comes_only_where_it_is_named_exactly(shop: Marketplace, configured: Open) -> None:
    market = configured(UpdatePolicy={"cooldown": "3 days"})
    for plugin in ("acme.base", "acme.top"):
        with pytest.raises(ResolutionConflict) as caught:
            market.install(plugin)
        assert "and the cooldown (c.UpdatePolicy.cooldown) is 3 days: name it exactly to have it" in str(caught.value)
    market.install("acme.base", "1.0.0")
    plan = market.plan_update()
    assert plan.changes == ()
    assert {each.newer: each.because for each in plan.held_back} == {"3.0.0": "prerelease", "2.0.0": "release"}
    assert "Held back: acme.base 3.0.0 is a beta" in ax(market, "plan")


def test_without_a_cooldown_the_newest_comes_at_once(shop: Marketplace, configured: Open) -> None:
    market = configured(UpdatePolicy={"cooldown": "0 hours"})
    market.install("acme.base")
    assert [p.version for p in market.installed()] == ["2.0.0"]


def test_the_newest_that_is_offered_is_one_that_an_install_would_choose(
    shop: Marketplace, configured: Open, make_plugin: MakePlugin
) -> None:
    shop.publish(make_plugin("acme.base", "2.1.0-rc.1", magic="base"))
    shop.publish(make_plugin("acme.base", "4.0.0", magic="base", needs='python = ">=3.99"'))
    shop.publish(make_plugin("acme.base", "5.0.0", magic="base", needs='packages = ["no-such-library"]'))
    assert shop.newest("acme.base") == "2.0.0"
    assert configured(RegistryPolicy={"deny": ["acme.base@>=2"]}).newest("acme.base") == "1.1.0"
    assert configured(UpdatePolicy={"cooldown": "3 days"}).newest("acme.base") is None
    assert shop.newest("acme.nothing") is None


# --- how long a search may take


@pytest.fixture
def endless(home: Path, tmp_path: Path, make_plugin: MakePlugin) -> Iterator[EmbeddedRegistry]:
    """With nordic.other, and with plugins of which nobody finds out that they do not go together."""
    with EmbeddedRegistry(tmp_path / "registry") as registry:
        for folder in (make_plugin("nordic.other"), *pigeons(make_plugin)):
            registry.publish(build(folder))
        yield registry


def test_a_search_without_an_end_is_given_up_and_what_sets_its_time_is_named(endless: EmbeddedRegistry) -> None:
    with closing(Marketplace(registry=endless, config=Config({"UpdatePolicy": {"plan_s": 0.1}}))) as market:
        with pytest.raises(PlanTooHard) as caught:
            market.install(FIRST)
        assert (caught.value.seconds, caught.value.setting) == (0.1, "c.UpdatePolicy.plan_s")
        assert "c.UpdatePolicy.plan_s" in caught.value.next_step()
        assert market.installed() == ()
        market.install("nordic.other")
        assert [each.id for each in market.installed()] == ["nordic.other"]


def test_every_plan_that_is_searched_for_has_a_deadline(shop: Marketplace) -> None:
    shop.install("acme.top")
    lock = shop.lockfile()

    def spent() -> None:
        raise PlanTooHard(0.1, "c.UpdatePolicy.plan_s")

    planner = Planner(
        shop.registry,
        package=shop.profile.package,
        engine=API_VERSION,
        python="3.12.1",
        missing=lambda _packages: (),
        deadline=lambda: spent,
    )
    current, pin = shop.profile.current(), Pin("", "ada@host", "2026-01-01T00:00:00Z")
    plans: tuple[Callable[[], object], ...] = (
        lambda: planner.install(current, "nordic.other"),
        lambda: planner.update(current),
        lambda: planner.pin(current, "acme.base", "1.0.0", pin),
        lambda: planner.remove(current, "acme.top"),
        lambda: planner.sync(current, lock, shop.profile.store, "automatosx.lock", lambda _note: pin),
    )
    for plan in plans:
        with pytest.raises(PlanTooHard):
            plan()
