"""Permissions: their texts, and which grant covers what."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from automatosx_nb.errors import InvalidPermission
from automatosx_nb.model.permissions import (
    KINDS,
    Permission,
    PermissionDiff,
    Risk,
    diff,
    is_granted,
    not_covered,
)

segments = st.sampled_from(["cell", "finished", "a", "*"])
topics = st.builds(
    lambda root, middle, rest: ".".join([root, *middle, *rest]),
    st.sampled_from(["kernel", "marketplace"]),
    st.lists(segments, max_size=3),
    st.sampled_from([[], ["**"]]),
)
permissions = st.one_of(st.sampled_from(["storage", "modules:pyarrow"]), topics.map("events:subscribe:{}".format)).map(
    Permission.parse
)
concrete = st.lists(st.sampled_from(["cell", "finished", "a", "b"]), max_size=4).map(
    lambda middle: Permission("events", ".".join(["subscribe:kernel", *middle]))
)


@given(permissions)
def test_a_permission_is_written_back_as_it_was_read(permission: Permission) -> None:
    assert Permission.parse(str(permission)) == permission
    assert permission.risk is KINDS[permission.kind].risk
    assert "{" not in permission.sentence


@given(permissions)
def test_a_permission_covers_itself(permission: Permission) -> None:
    assert permission.covers(permission)


@given(permissions, permissions, permissions)
def test_covering_is_transitive(a: Permission, b: Permission, c: Permission) -> None:
    assert a.covers(c) or not (a.covers(b) and b.covers(c))


@given(permissions, permissions)
def test_two_that_cover_each_other_are_the_same(a: Permission, b: Permission) -> None:
    assert a == b or not (a.covers(b) and b.covers(a))


@given(permissions, permissions, concrete)
def test_what_is_covered_reaches_no_topic_that_the_grant_does_not(
    a: Permission, b: Permission, topic: Permission
) -> None:
    assert not a.covers(b) or not b.covers(topic) or a.covers(topic)


def events(topic: str) -> Permission:
    return Permission.parse(f"events:subscribe:{topic}")


@pytest.mark.parametrize(
    ("granted", "asked"),
    [
        ("kernel.**", "kernel.cell.finished"),
        ("kernel.**", "kernel.cell"),
        ("kernel.**", "kernel.*.**"),
        ("kernel.cell.*", "kernel.cell.finished"),
        ("kernel.*.finished", "kernel.cell.finished"),
        ("kernel.*.*", "kernel.cell.*"),
        ("kernel.**", "kernel.**"),
    ],
)
def test_a_pattern_covers_what_it_matches(granted: str, asked: str) -> None:
    assert events(granted).covers(events(asked))


@pytest.mark.parametrize(
    ("granted", "asked"),
    [
        ("kernel.cell.finished", "kernel.cell.started"),
        ("kernel.cell.finished", "kernel.cell.*"),
        ("kernel.cell.*", "kernel.cell.**"),
        ("kernel.*", "kernel.cell.finished"),
        ("kernel.**", "kernel"),
        ("kernel.*.**", "kernel.**"),
        ("kernel.**", "marketplace.plugin.installed"),
        ("kernel.cell", "kernel.cell.finished"),
    ],
)
def test_a_pattern_covers_no_more_than_it_matches(granted: str, asked: str) -> None:
    assert not events(granted).covers(events(asked))


def test_kinds_do_not_cover_each_other() -> None:
    assert not Permission.parse("storage").covers(Permission.parse("modules:pyarrow"))
    assert not Permission.parse("modules:pyarrow").covers(events("kernel.**"))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "there is no kind ''"),
        ("storag", "there is no kind 'storag'"),
        ("storage:all", "a size in KiB, MiB or GiB"),
        ("modules", "the scope of 'modules' is one of numpy, pandas, polars, pyarrow"),
        ("modules:os", "the scope of 'modules' is one of numpy, pandas, polars, pyarrow"),
        ("modules:pyarrow.fs", "the scope of 'modules' is one of numpy, pandas, polars, pyarrow"),
        ("events:publish:kernel.cell", "subscribe:<topic>"),
        ("events:subscribe:**", "subscribe:<topic>"),
        ("events:publish:plugin.acme", "publish:plugin.<its id>.<name>"),
        ("events:publish:plugin.*.*.finding", "publish:plugin.<its id>.<name>"),
        ("events:publish:user.done", "publish:plugin.<its id>.<name>"),
        ("events:subscribe:kernel.**.cell", "subscribe:<topic>"),
        ("events:subscribe:kernel.", "subscribe:<topic>"),
        ("events:subscribe:kernel.Cell", "subscribe:<topic>"),
    ],
)
def test_what_is_no_permission_is_refused_with_the_reason(text: str, reason: str) -> None:
    with pytest.raises(InvalidPermission) as refused:
        Permission.parse(text)
    assert reason in refused.value.reason


def test_a_misspelt_kind_names_the_nearest() -> None:
    with pytest.raises(InvalidPermission, match="Did you mean 'storage'"):
        Permission.parse("storag")


def test_sentences_name_the_topic_without_its_verb() -> None:
    assert events("kernel.cell.finished").sentence == "Be told about kernel.cell.finished."
    assert events("kernel.cell.finished").risk is Risk.MEDIUM
    published = Permission.parse("events:publish:plugin.acme.a.finding")
    assert published.sentence == "Tell others about plugin.acme.a.finding."


def test_what_is_not_covered_is_listed_in_the_order_of_asking() -> None:
    asked = ["storage", "events:subscribe:kernel.cell.finished", "modules:pyarrow"]
    assert not_covered(asked, ["events:subscribe:kernel.**"]) == ("storage", "modules:pyarrow")
    assert not_covered(asked, asked) == ()
    assert not_covered([], []) == ()
    assert not is_granted(Permission.parse("storage"), [])


@given(st.sets(permissions, max_size=5), st.sets(permissions, max_size=5))
def test_a_difference_applied_to_the_old_set_gives_the_new_one(old: set[Permission], new: set[Permission]) -> None:
    assert diff(old, new).apply(old) == new


@given(st.sets(permissions, max_size=5), st.sets(permissions, max_size=5))
def test_a_difference_adds_or_widens_exactly_where_something_is_not_covered(
    old: set[Permission], new: set[Permission]
) -> None:
    found = diff(old, new)
    assert bool(found.added or found.widened) == bool(not_covered(map(str, new), map(str, old)))


def test_a_difference_says_what_came_of_each_permission() -> None:
    storage, pyarrow = Permission.parse("storage"), Permission.parse("modules:pyarrow")
    every, cells, finished = events("kernel.**"), events("kernel.cell.*"), events("kernel.cell.finished")
    assert diff([storage], [pyarrow]) == PermissionDiff(added=(pyarrow,), removed=(storage,))
    assert diff([cells], [every]) == PermissionDiff(widened=((cells, every),))
    assert diff([cells], [finished]) == PermissionDiff(narrowed=((cells, finished),))
    assert diff([cells], [cells, finished]) == PermissionDiff(implied=(finished,))
    assert diff([storage], [storage]) == PermissionDiff()


# --- variables ------------------------------------------------------------------------------------------------

globs = st.lists(st.sampled_from(["a", "b", "ab", "*", "_"]), min_size=1, max_size=6).map("".join)
variables = st.builds(
    lambda mode, glob: f"variables:{mode}" + (f":{glob}" if glob else ""),
    st.sampled_from(["read", "write"]),
    st.just("") | globs.filter(lambda glob: not glob.startswith("_")),
).map(Permission.parse)
variable_names = st.text("abc_", min_size=1, max_size=7).filter(lambda name: name[0] != "_")


@given(variables, variables, variables)
def test_covering_of_variables_is_a_partial_order(a: Permission, b: Permission, c: Permission) -> None:
    assert a.covers(a)
    assert a.covers(c) or not (a.covers(b) and b.covers(c))
    assert a == b or not (a.covers(b) and b.covers(a))
    assert Permission.parse(str(a)) == a


@given(variables, variables, variable_names)
def test_a_pattern_covers_another_only_where_it_matches_all_of_its_names(
    a: Permission, b: Permission, name: str
) -> None:
    mode = b.scope.partition(":")[0]
    asked = Permission("variables", f"{mode}:{name}")
    assert not a.covers(b) or not b.covers(asked) or a.covers(asked)


@given(variables, variable_names)
def test_a_pattern_matches_what_a_regular_expression_would(a: Permission, name: str) -> None:
    mode, _, glob = a.scope.partition(":")
    pattern = re.escape(glob or "*").replace(r"\*", ".*")
    assert a.covers(Permission("variables", f"{mode}:{name}")) == bool(re.fullmatch(pattern, name))


@given(st.sets(variables, max_size=4), st.sets(variables, max_size=4))
def test_a_difference_of_variables_applied_gives_the_new_set(old: set[Permission], new: set[Permission]) -> None:
    assert diff(old, new).apply(old) == new


def test_long_patterns_are_matched_in_a_moment() -> None:
    granted = Permission.parse("variables:read:" + "a*" * 49 + "b")
    assert not granted.covers(Permission("variables", "read:" + "a" * 100_000))


@pytest.mark.parametrize(
    ("text", "risk"),
    [
        ("variables:read", Risk.HIGH),
        ("variables:write", Risk.HIGH),
        ("variables:read:*", Risk.HIGH),
        ("variables:read:*a*", Risk.HIGH),
        ("variables:read:train_*", Risk.MEDIUM),
        ("variables:write:df", Risk.MEDIUM),
    ],
)
def test_a_pattern_that_names_next_to_everything_is_as_risky_as_none(text: str, risk: Risk) -> None:
    assert Permission.parse(text).risk is risk


@pytest.mark.parametrize(
    "scope",
    ["", "read:", "reed", "read:_x", "read:1", "read:a-b", "read:a b", "read:a.b", "read:" + "a" * 101],
)
def test_a_scope_of_variables_that_is_none_is_refused(scope: str) -> None:
    with pytest.raises(InvalidPermission):
        Permission.parse(f"variables:{scope}")


def test_a_permission_of_no_end_is_refused_in_a_line() -> None:
    with pytest.raises(InvalidPermission) as refused:
        Permission.parse("network:" + "a" * 10_000_000)
    assert len(str(refused.value)) < 300
