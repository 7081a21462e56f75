"""Lockfiles: the same record gives the same bytes and comes back equal; whatever else stands in one is told."""

from __future__ import annotations

import random
import re
import tomllib
from contextlib import suppress
from dataclasses import replace
from hashlib import sha256
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from automatosx_nb.errors import InvalidLockfile, LockfileConflict, LockfileTooNew
from automatosx_nb.model.generation import Channel
from automatosx_nb.model.lockfile import LOCK_VERSION, LockedPlugin, Lockfile, differences, parse, render
from automatosx_nb.model.lockfile.writing import text

BASE = LockedPlugin("1.2.0", "b" * 64, 99)
TOP = LockedPlugin("1.0.0", "a" * 64, 123, ("storage",), {"acme.base": "^1.0"}, {"acme.extra": "^3"})
LOCK = Lockfile("automatosx_nb 1.0.0", "embedded", {"acme.top": "^1.0.0"}, {"acme.top": TOP, "acme.base": BASE})
TEXT = render(LOCK)


def told(wrong: str) -> dict[str, str]:
    """Path → what was found there."""
    with pytest.raises(InvalidLockfile) as caught:
        parse(wrong)
    return {problem.path: problem.found for problem in caught.value.problems}


# --- writing


def test_a_lock_is_read_back_equal() -> None:
    assert parse(TEXT) == LOCK


def test_neither_the_order_of_a_record_nor_that_of_a_file_counts() -> None:
    plugins = {"acme.base": BASE, "acme.top": replace(TOP, grants=("storage",))}
    assert render(replace(LOCK, plugins=plugins)) == TEXT
    head, wishes, base, top = re.split(r"\n(?=\[)", TEXT)
    assert render(parse("\n".join([head, top, wishes, base]))) == TEXT


def test_every_table_and_list_is_sorted() -> None:
    document = tomllib.loads(TEXT)
    assert list(document["plugins"]) == sorted(document["plugins"])
    locked = replace(TOP, grants=("storage", "modules:pyarrow"), dependencies={"b.b": "*", "a.a": "*"})
    written = render(replace(LOCK, plugins={"acme.top": locked}))
    assert 'grants = ["modules:pyarrow", "storage"]' in written
    assert 'dependencies = {"a.a" = "*", "b.b" = "*"}' in written


def test_windows_line_ends_are_read() -> None:
    assert parse(TEXT.replace("\n", "\r\n")) == LOCK


@given(st.text())
def test_any_text_is_written_as_toml_reads_it(value: str) -> None:
    assert tomllib.loads(f"{text(value)} = {text(value)}") == {value: value}


_PART = st.from_regex(r"[a-z0-9]{1,5}(-[a-z0-9]{1,3})?", fullmatch=True)
_VERSION = st.from_regex(
    r"(0|[1-9][0-9]{0,3})(\.(0|[1-9][0-9]{0,3})){2}(-[a-z]{1,4}\.[1-9])?(\+[a-z0-9]{1,4})?", fullmatch=True
)
_GRANTS = st.sets(st.sampled_from(["storage", "modules:pyarrow", "events:subscribe:kernel.**"])).map(sorted).map(tuple)


_NOTE = st.text(st.characters(categories=("L", "N", "P")), min_size=1, max_size=30)


@st.composite
def locks(draw: st.DrawFn) -> Lockfile:
    """Plugins that require only ones before them, each of which the next one or a wish leads to."""
    ids = [f"{one}.{two}" for one, two in draw(st.lists(st.tuples(_PART, _PART), unique=True, max_size=6))]
    plugins: dict[str, LockedPlugin] = {}
    for place, plugin in enumerate(ids):
        before = {other: draw(_range_of(plugins[other].version)) for other in ids[:place] if draw(st.booleans())}
        aside = {other: draw(_range_of(plugins[other].version)) for other in ids[:place] if other not in before}
        digest = sha256(plugin.encode()).hexdigest()
        channel, pin = draw(st.sampled_from(get_args(Channel))), draw(st.none() | st.just("") | _NOTE)
        plugins[plugin] = LockedPlugin(
            draw(_VERSION), digest, draw(st.integers(1, 2**40)), draw(_GRANTS), before, aside, channel, pin
        )
    required = {other for locked in plugins.values() for other in locked.dependencies}
    wishes = {plugin: draw(_range_of(plugins[plugin].version)) for plugin in ids if plugin not in required}
    printable = st.text(st.characters(categories=("L", "N", "P")), min_size=1, max_size=30)
    return Lockfile(draw(printable), draw(printable), wishes, plugins)


def _range_of(version: str) -> st.SearchStrategy[str]:
    return st.sampled_from([version.partition("+")[0], f"^{version}", f">= {version}", f"0.0.0 || ~{version}"])


@given(locks())
def test_every_lock_comes_back_equal_and_to_the_byte(lock: Lockfile) -> None:
    written = render(lock)
    assert parse(written) == lock
    assert render(parse(written)) == written


@given(locks(), st.randoms(use_true_random=False))
def test_a_lock_cut_or_changed_anywhere_raises_nothing_else(lock: Lockfile, chance: random.Random) -> None:
    written = render(lock)
    start = chance.randrange(len(written))
    damaged = (
        written[:start]
        + chance.choice(["", "\x00", "=", '"', "[", "<<<<<<< ", "\n"])
        + written[start + chance.randrange(9) :]
    )
    with suppress(InvalidLockfile, LockfileConflict, LockfileTooNew):
        parse(damaged)


# --- reading


def test_all_problems_are_told_at_once_with_their_places() -> None:
    wrong = (
        TEXT.replace("size = 99", "size = true")
        .replace('"1.0.0"', '"1.0"')
        .replace('grants = ["storage"]', 'grants = ["storag"]')
        .replace("registry =", "regisrty =")
        .replace("b" * 64, "B" * 64)
        .replace('"^1.0"', '"^^1"')
    )
    assert set(told(wrong)) == {
        "registry",
        "regisrty",
        'plugins."acme.base".sha256',
        'plugins."acme.base".size',
        'plugins."acme.top".version',
        'plugins."acme.top".grants[0]',
        'plugins."acme.top".dependencies."acme.base"',
    }


@pytest.mark.parametrize("key", ["lock-version", "created-by", "registry", "grants-digest"])
def test_a_key_that_is_missing_is_told(key: str) -> None:
    assert told(re.sub(rf"^{key} = .*\n", "", TEXT, flags=re.MULTILINE)) == {key: "nothing"}


@pytest.mark.parametrize(
    "wrong", ["", "{}", "lock-version = 1", "[wishes]", "\x00", "lock-version = 99e9", "a." * 40 + "a = 1"]
)
def test_what_is_no_lock_at_all_is_told(wrong: str) -> None:
    assert told(wrong)


def test_a_text_of_megabytes_is_refused_unread() -> None:
    assert "bytes" in told("#" * (3 << 20))[""]


def test_a_syntax_error_is_told_by_line_and_column() -> None:
    assert told(TEXT.replace("size = 99", "size = ")) == {
        "line 14, column 8": "'size =' (Invalid value)",
    }


def test_the_same_plugin_twice_is_told() -> None:
    (place,) = told(TEXT + TEXT[TEXT.index('[plugins."acme.top"]') :])
    assert place.startswith("line ")


def test_a_newer_lock_version_says_so_and_nothing_else() -> None:
    with pytest.raises(LockfileTooNew) as caught:
        parse(TEXT.replace("lock-version = 1", "lock-version = 2").replace("size", "new-key"), source="some.lock")
    assert (caught.value.source, caught.value.found, caught.value.known) == ("some.lock", 2, LOCK_VERSION)


@pytest.mark.parametrize("wrong", ["0", "true", '"1"', "1.0"])
def test_a_lock_version_that_is_none_is_told(wrong: str) -> None:
    assert "lock-version" in told(TEXT.replace("lock-version = 1", f"lock-version = {wrong}"))


@pytest.mark.parametrize(
    ("marks", "lines"),
    [
        ("<<<<<<< HEAD\nsize = 99\n=======\nsize = 98\n>>>>>>> theirs\n", (14, 16, 18)),
        ("<<<<<<< HEAD\nsize = 99\n||||||| base\nsize = 97\n=======\nsize = 98\n>>>>>>> theirs\n", (14, 16, 18, 20)),
        ("<<<<<<< HEAD\r\nsize = 99\r\n=======\r\nsize = 98\r\n>>>>>>> theirs\r\n", (14, 16, 18)),
        ("=======\nsize = 99\n", (14,)),
    ],
    ids=["merge", "diff3", "windows", "left over"],
)
def test_a_merge_conflict_is_told_as_one_with_its_lines(marks: str, lines: tuple[int, ...]) -> None:
    with pytest.raises(LockfileConflict) as caught:
        parse(TEXT.replace("size = 99\n", marks))
    assert caught.value.lines == lines
    assert f"line{'s' if len(lines) > 1 else ''} {', '.join(map(str, lines))}." in caught.value.problem()
    assert "Take the side of this profile" in caught.value.next_step()


def test_a_text_full_of_conflict_marks_is_read_in_linear_time() -> None:
    with pytest.raises(LockfileConflict) as caught:
        parse("=======\n" * 200_000)
    assert len(caught.value.problem()) < 200


# --- a lock that does not hold together


def test_grants_that_were_edited_no_longer_have_their_digest() -> None:
    assert "grants-digest" in told(TEXT.replace("grants = []", 'grants = ["storage"]'))


def test_a_wish_or_a_requirement_that_the_locked_version_does_not_meet_is_told() -> None:
    wrong = TEXT.replace('"1.2.0"', '"2.0.0"').replace('"acme.top" = "^1.0.0"', '"acme.top" = "~1.1"')
    assert told(wrong) == {
        'wishes."acme.top"': "'~1.1', and version 1.0.0 in the lock",
        'plugins."acme.top".dependencies."acme.base"': "'^1.0', and version 2.0.0 in the lock",
    }


def test_a_plugin_that_is_required_and_not_there_is_told() -> None:
    assert set(told(TEXT.replace('"acme.base"', '"acme.other"', 1))) == {
        'plugins."acme.other"',
        'plugins."acme.top".dependencies."acme.base"',
    }


def test_a_plugin_that_nobody_wants_is_told() -> None:
    assert told(TEXT.replace('\ndependencies = {"acme.base" = "^1.0"}', "")) == {
        'plugins."acme.base"': "a plugin that no wish leads to"
    }


def test_an_optional_requirement_counts_only_where_its_plugin_is_there() -> None:
    extra = replace(LOCK, wishes={**LOCK.wishes, "acme.extra": "*"})
    for version, holds in (("3.1.0", True), ("2.0.0", False)):
        written = render(replace(extra, plugins={**LOCK.plugins, "acme.extra": LockedPlugin(version, "c" * 64, 1)}))
        if holds:
            assert parse(written)
        else:
            assert set(told(written)) == {'plugins."acme.top".optional-dependencies."acme.extra"'}


def test_a_locked_prerelease_is_in_a_range_as_any_version_is() -> None:
    plugins = {**LOCK.plugins, "acme.base": replace(BASE, version="1.3.0-beta.1")}
    assert parse(render(replace(LOCK, plugins=plugins)))


# --- the digest and the differences


def test_the_grants_digest_is_what_the_documents_say() -> None:
    plugins = {
        "acme.b": replace(BASE, grants=("modules:pyarrow", "storage")),
        "acme.a": replace(BASE, grants=("storage",)),
    }
    lines = b"acme.a storage\nacme.b modules:pyarrow\nacme.b storage\n"
    assert replace(LOCK, plugins=plugins).grants_digest == f"sha256:{sha256(lines).hexdigest()}"


def test_what_is_the_same_has_no_differences() -> None:
    assert differences(LOCK, replace(LOCK, created_by="another tool", registry="another registry")) == ()


def test_every_difference_is_a_sentence() -> None:
    there = {
        "acme.base": replace(BASE, version="1.3.0", grants=("storage",)),
        "acme.more": BASE,
        "acme.top": replace(TOP, sha256="c" * 64, grants=()),
    }
    found = replace(LOCK, wishes={"acme.base": "*", "acme.more": "*"}, plugins=there)
    lock = replace(LOCK, plugins={**LOCK.plugins, "acme.gone": BASE, "acme.size": BASE})
    found = replace(found, plugins={**there, "acme.size": replace(BASE, size=1)})
    assert differences(lock, found) == (
        "acme.base 1.3.0 is installed, and the lock has 1.2.0",
        "acme.base is granted storage, and not in the lock",
        "your wish for acme.base is *, and in the lock none: it is a dependency",
        "acme.gone 1.2.0 is not installed",
        "acme.more 1.2.0 is installed, and not in the lock",
        "acme.size 1.2.0 has another size or other dependencies than the lock says",
        f"acme.top 1.0.0 is installed with other bytes: {'c' * 64}, not {'a' * 64}",
        "acme.top is not granted storage, as it is in the lock",
        "your wish for acme.top is none, and in the lock ^1.0.0",
    )
