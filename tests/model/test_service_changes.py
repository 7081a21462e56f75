"""Which releases keep what a published service promised."""

from __future__ import annotations

from typing import Any

import pytest

from automatosx_nb.model.contributions import Service
from automatosx_nb.model.semver import Version
from automatosx_nb.model.service_changes import broken_promises, lost_by_callers

INT: dict[str, Any] = {"type": "integer"}


def count(version: str, reply: dict[str, Any] | None = None, **arguments: Any) -> Service:
    request = {"type": "object", "properties": arguments}
    return Service("count", Version.parse(version), "m:count", request, reply or INT)


def test_a_new_argument_in_a_new_minor_version_breaks_nobody() -> None:
    assert not [*broken_promises(count("1.1.0", a=INT, b=INT), [count("1.0.0", a=INT)])]


@pytest.mark.parametrize(
    ("version", "published"), [("2.0.0", "1.4.0"), ("0.3.0", "0.2.0"), ("1.0.0", "0.9.0"), ("1.1.0-rc.1", "1.0.0")]
)
def test_another_line_of_versions_and_a_prerelease_may_be_anything(version: str, published: str) -> None:
    assert not [*broken_promises(count(version, b=INT), [count(published, a=INT)])]


@pytest.mark.parametrize(("version", "published"), [("1.1.0", "1.0.0"), ("0.2.1", "0.2.0"), ("1.0.1", "1.0.0")])
def test_an_argument_that_goes_within_a_line_is_told_with_what_to_raise(version: str, published: str) -> None:
    (said,) = broken_promises(count(version), [count(published, a=INT)])
    assert said.startswith(f"the service 'count' {version} is published as {published}, which it breaks (request.a")
    assert said.endswith(f"raise its {'major' if version[0] == '1' else 'minor'} version, or keep the schema")


def test_the_same_version_has_the_same_schema_for_ever() -> None:
    (said,) = broken_promises(count("1.0.0", a=INT, b=INT), [count("1.0.0", a=INT)])
    assert "is published with another schema" in said
    told = {**INT, "description": "How many."}
    assert not [*broken_promises(count("1.0.0", a=told), [count("1.0.0", a=INT)])]


def test_an_older_version_that_comes_later_has_to_lead_to_the_newer_one() -> None:
    (said,) = broken_promises(count("1.0.5", a=INT, b=INT), [count("1.1.0", a=INT)])
    assert "is published as 1.1.0, which would break it" in said


def test_only_the_nearest_versions_are_compared_for_the_others_were() -> None:
    published = [count("1.0.0", a={"type": "string"}), count("1.1.0", a=INT), count("1.3.0", a={"type": "number"})]
    assert not [*broken_promises(count("1.2.0", a=INT), published)]


def test_another_services_schema_is_none_of_its_business() -> None:
    other = Service("sum", Version.parse("1.0.0"), "m:sum", {"type": "object"}, {"type": "string"})
    assert not [*broken_promises(count("1.0.0"), [other])]


@pytest.mark.parametrize(
    ("new", "lost"),
    [
        ([count("1.2.0", a=INT, b=INT)], ""),
        ([], "it has no service 'count' any more"),
        ([count("2.0.0", a=INT)], "its service 'count' is 2.0.0, which is not ^1.1.0"),
        ([count("1.0.0", a=INT)], "its service 'count' is 1.0.0, which is not ^1.1.0"),
        ([count("1.2.0")], "its service 'count' 1.2.0 breaks 1.1.0 (request.a"),
        ([count("1.2.0", {"type": "string"}, a=INT)], "its service 'count' 1.2.0 breaks 1.1.0 (reply"),
    ],
)
def test_what_callers_of_a_release_lose_with_the_next_one_is_said(new: list[Service], lost: str) -> None:
    found = "".join(lost_by_callers(new, [count("1.1.0", a=INT)]))
    assert found.startswith(lost)
    assert bool(found) == bool(lost)
