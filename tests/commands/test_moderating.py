"""Review and moderation as they are typed, in a registry in which releases have to be approved."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from automatosx_nb import package
from automatosx_nb.app import Marketplace
from automatosx_nb.commands import answer
from automatosx_nb.errors import InvalidAct, OwnSubmission, UnknownAdvisory, UsageError
from automatosx_nb.model.identity import Actor, owner
from automatosx_nb.model.review import ReviewPolicy
from automatosx_nb.registry.service import EmbeddedRegistry
from tests.registry.conftest import write_plugin

FIRST, DOCTOR = "first.plugin", "acme.csv-doctor"
CONSOLE: Any = SimpleNamespace(
    prefix="%ax", session=True, host=None, progress=lambda _step: None, confirm=lambda _question: True
)
Said = Callable[..., str]


@pytest.fixture
def market(home: Path) -> Iterator[Marketplace]:
    """On a registry with one plugin of the publisher ``first``."""
    with EmbeddedRegistry(home / "registry", review=lambda: ReviewPolicy(stable=1)) as registry:
        registry.publish_bundled(package.build(write_plugin(home / "sources", FIRST, "1.0.0")))
        market = Marketplace(registry=registry)
        yield market
        market.close()


@pytest.fixture
def said(market: Marketplace) -> Said:
    return lambda *words: answer(words, lambda: market, CONSOLE).text


@pytest.fixture
def submitted(market: Marketplace, tmp_path: Path) -> str:
    """What ``ann`` sent, and nobody has approved: id and version."""
    registry: Any = market.registry
    ann = Actor("ann")
    registry.seen_by(ann).publish(package.build(write_plugin(tmp_path / "sent", DOCTOR, "1.0.0")))
    return f"{DOCTOR}@1.0.0"


def test_what_waits_is_listed_shown_and_approved(said: Said, submitted: str) -> None:
    assert [line.split() for line in said("review").splitlines()][1] == [submitted, "stable", "0", "of", "1", "ann"]
    shown = said("review", "show", submitted)
    assert f"{DOCTOR} 1.0.0 is a draft that waits to become stable (0 of 1 approvals)." in shown
    assert "compared with nothing: there is no stable version below it" in shown
    assert "+def run():" in shown
    assert "+def run():" not in said("review", "show", submitted, "--files")
    assert said("review", "approve", submitted) == f"Approved: {DOCTOR} 1.0.0 is stable."
    assert said("review", "list") == "Nothing waits for review."
    assert "ann" in said("review", "show", submitted)


def test_the_dossier_is_there_for_programs_too(market: Marketplace, submitted: str) -> None:
    dossier = json.loads(answer(("review", "show", submitted, "--json"), lambda: market, CONSOLE).text)
    assert (dossier["standing"]["wanted"], dossier["baseline"]) == ("stable", None)
    assert {each["path"] for each in dossier["files"]} >= {"plugin.toml", "src/body.py"}


def test_a_rejection_takes_a_reason_and_is_shown(said: Said, submitted: str) -> None:
    with pytest.raises(InvalidAct, match="takes a reason"):
        said("review", "reject", submitted)
    assert said("review", "reject", submitted, "--reason", "It leaks.") == f"Rejected: {DOCTOR} 1.0.0 is a draft."
    assert "REJECTED by   owner: It leaks." in said("review", "show", submitted)
    with pytest.raises(InvalidAct, match="takes a reason"):
        said("review", "lift", submitted, "--of", "owner")
    lifted = said("review", "lift", submitted, "--of", "owner", "--reason", "It was a false alarm.")
    assert lifted == f"Lifted: {DOCTOR} 1.0.0 is a draft."
    assert "REJECTED" not in said("review", "show", submitted)


def test_what_one_published_oneself_waits_for_somebody_else(said: Said, tmp_path: Path) -> None:
    folder = write_plugin(tmp_path / "own", "acme.own", "1.0.0")
    assert "published (draft, waiting for review to become stable)." in said("publish", str(folder))
    with pytest.raises(OwnSubmission):
        said("review", "approve", "acme.own@1.0.0")
    assert "is a draft that waits to become stable" in said("promote", "acme.own@1.0.0")
    assert said("promote", "acme.own@1.0.0", "--to", "beta") == "acme.own 1.0.0 is a beta."


def test_what_is_typed_wrongly_says_how_it_is_typed(said: Said) -> None:
    for line in (
        "review show",
        f"review show {DOCTOR}",
        f"review list {DOCTOR}@1.0.0",
        f"promote {DOCTOR}",
        f"yank {DOCTOR}@1.0.0",
        f"yank {DOCTOR}@1.0.0 --reason Why. --undo",
        f"deprecate {DOCTOR}",
        f"quarantine {DOCTOR}",
        f"advisory make {DOCTOR}",
        "advisory withdraw",
        "report close first --outcome No.",
        "report file",
        f"registry delete {DOCTOR}",
    ):
        with pytest.raises(UsageError, match=f"%ax {line.split()[0]}"):
            said(*line.split())


def test_what_is_deprecated_says_so_wherever_it_is_met(market: Marketplace, said: Said) -> None:
    said("deprecate", FIRST, "--reason", "Slow.", "--successor", "first.other")
    reason = "deprecated: Slow. (use first.other)"
    assert reason in said("info", FIRST)
    assert f"is {reason}" in said("install", FIRST, "--plan")
    said("install", FIRST)
    assert f"is {reason}" in said("list")
    assert f"is {reason}" in said("outdated")
    said("deprecate", FIRST, "--undo")
    assert "deprecated" not in said("info", FIRST)


def test_a_release_is_yanked_and_quarantined_and_given_back(said: Said, submitted: str) -> None:
    said("review", "approve", submitted)
    said("yank", submitted, "--reason", "It drops rows.")
    assert "stable, yanked: It drops rows." in said("info", DOCTOR)
    said("quarantine", submitted, "--reason", "It reads keys.")
    said("quarantine", DOCTOR, "--undo")
    said("yank", submitted, "--undo")
    assert "yanked" not in said("info", DOCTOR)
    log = said("registry", "log", DOCTOR)
    assert [line.split()[3] for line in log.splitlines()[1:5]] == ["unyank", "release", "quarantine", "yank"]
    assert "It drops rows." in log
    assert said("registry", "log", "--act", "delete") == "There is no such act."


def test_a_release_is_deleted_for_good(said: Said, submitted: str) -> None:
    with pytest.raises(InvalidAct, match="takes a reason"):
        said("registry", "delete", submitted)
    assert "never used again" in said("registry", "delete", submitted, "--reason", "A key is in it.")


def test_advisories_are_made_changed_and_withdrawn(said: Said) -> None:
    made = said("advisory", "make", f"{FIRST}@<9", "--severity", "high", "--summary", "It leaks.", "--disables")
    known = made.splitlines()[1].split()[0]
    assert "high, disables" in made
    assert "low  " in said("advisory", "change", known, "--severity", "low", "--no-disables")
    assert f"is under advisory {known}: It leaks." in said("info", FIRST)
    assert said("advisory", "withdraw", known) == f"The advisory {known} is withdrawn."
    assert said("advisory") == "There is no advisory."
    with pytest.raises(UnknownAdvisory):
        said("advisory", "change", known, "--severity", "low")


def test_reports_are_filed_listed_and_closed(said: Said) -> None:
    number = said("report", "file", FIRST, "--kind", "broken", "--text", "It ends.").split()[1]
    assert "It ends." in said("report")
    said("report", "close", number, "--outcome", "Mended.")
    assert said("report") == "There is no report."
    assert "closed by owner: Mended." in said("report", "--all")


def test_ratings_are_given_shown_and_taken_back(market: Marketplace, said: Said) -> None:
    assert said("rate", FIRST) == f"Nobody has rated {FIRST}."
    assert said("rate", FIRST, "4", "--text", "Good.").startswith(f"{FIRST} was rated 1 time: 4.0 of 5.")
    assert "rating         4.0 of 5 (1)" in said("info", FIRST)
    registry: Any = market.registry
    assert registry.ratings.of(owner(), FIRST).items[0].text == "Good."
    assert said("rate", FIRST, "--undo") == f"Nobody has rated {FIRST}."
