"""What a registry's policy makes of what the checks find."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from traitlets.config import Config

from automatosx_nb.config import load_settings
from automatosx_nb.config.publishing import PublishPolicy as Section
from automatosx_nb.config.publishing import stricter_publishing
from automatosx_nb.errors import InvalidConfiguration, PublishRefused
from automatosx_nb.model.publishing import CHECK_NAMES, PublishPolicy
from automatosx_nb.registry.checks import CHECKS
from automatosx_nb.registry.checks.license import satisfies
from automatosx_nb.registry.service import EmbeddedRegistry

Build = Callable[..., bytes]


class Governed:
    """A registry whose policy a test changes."""

    def __init__(self, home: Path) -> None:
        self.policy = PublishPolicy()
        self.registry = EmbeddedRegistry(home, policy=lambda: self.policy)


@pytest.fixture
def governed(home: Path) -> Iterator[Governed]:
    found = Governed(home)
    yield found
    found.registry.close()


def test_policy_names_every_check_and_no_other() -> None:
    assert tuple(check.name for check in CHECKS) == CHECK_NAMES


def test_what_is_only_watched_is_told_and_published(governed: Governed, build: Build) -> None:
    governed.policy = PublishPolicy(watched=frozenset({"readme"}))
    report = governed.registry.publish(build(readme=" "))
    (told,) = [each for each in report.checks if each.check == "readme"]
    assert (told.passed, told.severity) == (False, "warning")


def test_what_is_enforced_forbids_by_a_warning(governed: Governed, build: Build) -> None:
    data = build(permissions={"storage": "Perhaps later."})
    governed.policy = PublishPolicy(enforced=frozenset({"permissions"}), watched=frozenset({"permissions"}))
    with pytest.raises(PublishRefused, match="asks for 'storage', which nothing in src/ uses"):
        governed.registry.publish(data)
    governed.policy = PublishPolicy()
    assert governed.registry.publish(data).created


def test_a_larger_artifact_than_is_taken_names_its_largest_files(governed: Governed, build: Build) -> None:
    governed.policy = PublishPolicy(size_mb=0.001)
    words = " ".join(f"{number:x}" for number in range(2000))
    with pytest.raises(PublishRefused, match=r"0\.001 are taken here; its largest files: README\.md \("):
        governed.registry.publish(build(readme=words))


@pytest.mark.parametrize(
    ("expression", "allowed", "taken"),
    [
        ("MIT", {"MIT"}, True),
        ("GPL-3.0-only", {"MIT"}, False),
        ("GPL-3.0-only OR MIT", {"MIT"}, True),
        ("GPL-3.0-only AND MIT", {"MIT"}, False),
        ("GPL-3.0-only OR MIT AND BSD-3-Clause", {"MIT"}, False),
        ("(GPL-3.0-only OR MIT) AND BSD-3-Clause", {"MIT", "BSD-3-Clause"}, True),
        ("((MIT))", {"MIT"}, True),
        ("Apache-2.0 WITH LLVM-exception", {"Apache-2.0"}, True),
        ("GPL-2.0-only WITH Classpath-exception-2.0 OR MIT", {"MIT"}, True),
        ("GPL-2.0-only WITH Classpath-exception-2.0 AND MIT", {"MIT"}, False),
    ],
)
def test_an_expression_is_taken_if_somebody_can_take_it(expression: str, allowed: set[str], taken: bool) -> None:
    assert satisfies(expression, allowed) is taken


def test_a_licence_that_is_not_taken_is_told_with_those_that_are(governed: Governed, build: Build) -> None:
    governed.policy = PublishPolicy(licenses=frozenset({"MIT", "Apache-2.0"}))
    with pytest.raises(PublishRefused, match=r"'GPL-3\.0-only' is not taken here; these are: Apache-2\.0, MIT"):
        governed.registry.publish(build(license="GPL-3.0-only"))
    assert governed.registry.publish(build(license="MIT OR GPL-3.0-only")).created


def test_a_licence_of_ones_own_brings_its_text(governed: Governed, build: Build) -> None:
    report = governed.registry.publish(build(license="LicenseRef-Acme"))
    (told,) = [each for each in report.checks if each.check == "license"]
    assert (told.severity, told.message[-30:]) == ("warning", "put its text into a file LICENSE"[-30:])


def test_configuration_says_it_in_spdxs_own_capitals(home: Path) -> None:
    said = {"licenses": ["mit", "apache-2.0"], "watched": ["secrets"], "size_mb": 2, "open_uploads": 3}
    policy = load_settings(Config({"PublishPolicy": said})).publishing
    assert policy.licenses == {"MIT", "Apache-2.0"}
    assert policy.watched == {"secrets"}
    assert (policy.size_mb, policy.uploads.open_uploads) == (2, 3)


@pytest.mark.parametrize("said", [{"licenses": ["MIT2"]}, {"watched": ["typos"]}, {"size_mb": 64}, {"notebook_s": 0}])
def test_what_is_no_policy_is_refused(home: Path, said: dict[str, object]) -> None:
    with pytest.raises(InvalidConfiguration, match="PublishPolicy"):
        load_settings(Config({"PublishPolicy": said}))


def test_of_two_layers_the_stricter_counts_where_it_is_locked() -> None:
    assert stricter_publishing("watched", ["readme", "size"], ["size"]) == ["size"]
    assert stricter_publishing("enforced", ["readme"], ["size"]) == ["readme", "size"]
    assert stricter_publishing("licenses", ["MIT", "ISC"], ["ISC"]) == ["ISC"]
    assert stricter_publishing("licenses", [], ["ISC"]) == ["ISC"]
    assert stricter_publishing("run_notebooks", True, False) is True
    assert stricter_publishing("size_mb", 5.0, 4.0) == 4.0
    assert Section.class_trait_names(config=True)
