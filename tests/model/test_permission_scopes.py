"""The scopes of network, files, secrets and storage: their one spelling, and what covers what."""

from __future__ import annotations

import ipaddress
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from automatosx_nb.errors import InvalidPermission
from automatosx_nb.model.addresses import Reach, reach_of
from automatosx_nb.model.permissions import Permission, Risk
from automatosx_nb.model.permissions.files import glob_covers, glob_segments
from automatosx_nb.model.permissions.network import METHODS, request_scope
from automatosx_nb.model.urls import parse_host, parse_path, parse_url

hosts = st.sampled_from(["example.org", "a.example.org", "b.a.example.org", "127.0.0.1", "localhost", "[::1]"])
wide_hosts = st.sampled_from(["*.example.org", "*.a.example.org"])
ports = st.sampled_from(["", ":443", ":8080"])
paths = st.lists(st.sampled_from(["v1", "v2", "x%20y", "~a"]), max_size=3).map(
    lambda parts: "".join(f"/{p}" for p in parts)
)
methods = st.sets(st.sampled_from(METHODS)).map(lambda some: f":{','.join(some)}" if some else "")
networks = st.builds("network:{}{}{}{}".format, hosts | wide_hosts, ports, paths, methods)

segments = st.sampled_from(["*", "**", "a", "b", "a*", "*a", "a*b", "*a*", ".a", "ab"])
globs = st.lists(segments, min_size=1, max_size=4).map("/".join)
files = st.builds("files:{}:{}".format, st.sampled_from(["read", "write"]), globs)
storages = st.builds("storage:{}{}".format, st.integers(1, 4096), st.sampled_from(["KiB", "MiB"])) | st.just("storage")
secrets = st.sampled_from(["secrets:token", "secrets:api-key"])
permissions = st.one_of(networks, files, storages, secrets).map(Permission.parse)
alike = st.one_of(*(st.tuples(kind, kind, kind) for kind in (networks, files, storages, secrets))).map(
    lambda three: tuple(map(Permission.parse, three))
)


@given(permissions)
def test_the_normal_form_is_read_as_itself(permission: Permission) -> None:
    assert Permission.parse(str(permission)) == permission
    assert permission.covers(permission)
    assert "{" not in permission.sentence
    assert permission.risk in Risk


@given(alike)
def test_covering_is_transitive(three: tuple[Permission, Permission, Permission]) -> None:
    a, b, c = three
    assert a.covers(c) or not (a.covers(b) and b.covers(c))


@given(alike)
def test_two_that_cover_each_other_are_the_same(three: tuple[Permission, Permission, Permission]) -> None:
    a, b, _ = three
    assert a == b or not (a.covers(b) and b.covers(a))


requests = st.builds(
    lambda method, host, port, path: Permission(
        "network", request_scope(method, parse_url(f"https://{host}{port}{path or '/'}"))
    ),
    st.sampled_from(METHODS),
    hosts,
    ports,
    paths,
)


@given(networks.map(Permission.parse), networks.map(Permission.parse), requests)
def test_what_is_covered_reaches_no_request_that_the_grant_does_not(
    a: Permission, b: Permission, request: Permission
) -> None:
    assert not a.covers(b) or not b.covers(request) or a.covers(request)


def matched(glob: str, path: str) -> bool:
    """The same by regular expressions, a reading of its own."""
    return re.fullmatch("".join(map(_expression, glob.split("/"))), path + "/") is not None


def _expression(segment: str) -> str:
    if segment == "**":
        return r"(?:(?!\.)[^/]+/)*"
    shown = "" if segment.startswith(".") else r"(?!\.)"
    return shown + re.escape(segment).replace(r"\*", "[^/]*") + "/"


concrete = st.lists(st.sampled_from(["a", "b", "ab", "ba", ".a", "acb", "c"]), min_size=1, max_size=4).map("/".join)


@given(globs, concrete)
def test_a_glob_matches_what_its_words_say(glob: str, path: str) -> None:
    assert glob_covers(glob_segments(glob), path.split("/")) == matched(glob, path)
    granted, asked = Permission.parse(f"files:read:{glob}"), Permission("files", f"read:{path}")
    assert granted.covers(asked) == matched(glob, path), "a path without a star has a way of its own"


@given(globs, globs, concrete)
def test_what_a_glob_covers_matches_no_path_that_it_does_not(a: str, b: str, path: str) -> None:
    one, other, at = glob_segments(a), glob_segments(b), path.split("/")
    assert not glob_covers(one, other) or not glob_covers(other, at) or glob_covers(one, at)


@pytest.mark.parametrize(
    ("written", "normal"),
    [
        ("network:API.Example.ORG.", "network:api.example.org"),
        ("network:api.example.org:443/", "network:api.example.org"),
        ("network:api.example.org/v1/:HEAD,GET", "network:api.example.org/v1"),
        ("network:api.example.org/a%7Eb%2fc", "network:api.example.org/a~b%2Fc"),
        ("network:api.example.org:8443/v1:POST,GET", "network:api.example.org:8443/v1:GET,POST"),
        ("network:bücher.example", "network:xn--bcher-kva.example"),
        ("network:[0:0::1]:8000", "network:[::1]:8000"),
        ("storage:64MiB", "storage"),
        ("storage:1024KiB", "storage:1MiB"),
        ("files:read:data/**/**/*.csv", "files:read:data/**/*.csv"),
        ("files:read:data/**/*", "files:read:data/*/**"),
        ("files:write:a**b", "files:write:a*b"),
    ],
)  # fmt: skip
def test_a_scope_has_one_spelling(written: str, normal: str) -> None:
    assert str(Permission.parse(written)) == normal


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("network", "the scope of 'network' is <host>"),
        ("network:*", "the scope of 'network' is <host>"),
        ("network:*.org", "'*.' stands before a name of two parts"),
        ("network:*.10.0.0.1", "'*.' stands before a name of two parts"),
        ("network:a.*.org", "the scope of 'network' is <host>"),
        ("network:https://example.org", "the scope of 'network'"),
        ("network:user@example.org", "the scope of 'network'"),
        ("network:example.org:0", "from 1 to 65535"),
        ("network:example.org:99999", "from 1 to 65535"),
        ("network:example.org:FETCH", "there is no method FETCH"),
        ("network:example.org/v1/..", "no segments '.' and '..'"),
        ("network:example.org/v1/%2E%2e/x", "no segments '.' and '..'"),
        ("network:example.org/v1/%252e%252e/x", "no segments '.' and '..'"),
        ("network:example.org/v1/..;x=1/y", "no segments '.' and '..'"),
        ("network:example.org//v1", "no empty segments"),
        ("network:example.org/%5c", "no backslashes"),
        ("network:127.1", "four numbers"),
        ("network:2130706433", "four numbers"),
        ("network:0x7f.0.0.1", "four numbers"),
        ("network:0177.0.0.1", "four numbers"),
        ("network:[::ffff:10.0.0.1]", "written as four numbers"),
        ("network:[fe80::1]", "no plugin is let to"),
        ("network:169.254.169.254", "no plugin is let to"),
        ("network:0.0.0.0", "no plugin is let to"),
        ("network:224.0.0.1", "no plugin is let to"),
        ("storage:0MiB", "a size in KiB, MiB or GiB"),
        ("storage:65GiB", "at most 64GiB"),
        ("storage:", "a size in KiB, MiB or GiB"),
        ("secrets", "a name of small letters"),
        ("secrets:Token", "a name of small letters"),
        ("files:read", "read:<glob>"),
        ("files:append:a", "read:<glob>"),
        ("files:read:/etc/passwd", "read:<glob>"),
        ("files:read:a//b", "read:<glob>"),
        ("files:read:..", "downwards"),
        ("files:read:a/../b", "downwards"),
        ("files:read:.e*", "a hidden file is named exactly"),
        ("files:read:a[bc]", "read:<glob>"),
        ("files:read:C:/x", "read:<glob>"),
        ("files:read:\u200c.git/config", "no backslashes, colons or control characters"),
        ("files:read:" + "*a" * 17, "at most 16 stars"),
        ("files:read:" + "a/" * 32 + "a", "32 parts"),
    ],
)  # fmt: skip
def test_a_scope_that_means_nothing_or_two_things_is_refused(text: str, reason: str) -> None:
    with pytest.raises(InvalidPermission) as refused:
        Permission.parse(text)
    assert reason in refused.value.reason


@pytest.mark.parametrize(
    ("granted", "asked"),
    [
        ("network:example.org", "network:example.org/v1"),
        ("network:example.org/v1", "network:example.org/v1/x"),
        ("network:*.example.org", "network:a.b.example.org"),
        ("network:*.example.org", "network:*.a.example.org"),
        ("network:example.org:GET,HEAD,POST", "network:example.org:POST"),
        ("storage:256MiB", "storage"),
        ("storage", "storage:1KiB"),
        ("files:read:**", "files:read:a/b/c.csv"),
        ("files:read:data/**", "files:read:data/*.csv"),
        ("files:read:data/**/*.csv", "files:read:data/x.csv"),
        ("files:read:.env", "files:read:.env"),
        ("files:read:.cache/*", "files:read:.cache/a"),
    ],
)
def test_a_grant_covers(granted: str, asked: str) -> None:
    assert Permission.parse(granted).covers(Permission.parse(asked))


@pytest.mark.parametrize(
    ("granted", "asked"),
    [
        ("network:example.org/v1", "network:example.org/v10"),
        ("network:example.org/v1", "network:example.org"),
        ("network:*.example.org", "network:example.org"),
        ("network:*.example.org", "network:badexample.org"),
        ("network:example.org", "network:example.org:8443"),
        ("network:example.org", "network:example.org:POST"),
        ("network:a.example.org", "network:*.a.example.org"),
        ("storage", "storage:65MiB"),
        ("files:write:**", "files:read:a"),
        ("files:read:**", "files:write:a"),
        ("files:read:**", "files:read:.git/config"),
        ("files:read:**", "files:read:a/.env"),
        ("files:read:*", "files:read:a/b"),
        ("files:read:data/*", "files:read:data/**"),
        ("files:read:*env", "files:read:.env"),
        ("files:read:data/*", "files:read:data"),
        ("secrets:a", "secrets:b"),
    ],
)
def test_a_grant_does_not_cover(granted: str, asked: str) -> None:
    assert not Permission.parse(granted).covers(Permission.parse(asked))


@pytest.mark.parametrize(
    ("text", "risk"),
    [
        ("network:example.org", Risk.MEDIUM),
        ("network:*.example.org", Risk.HIGH),
        ("network:example.org:POST", Risk.HIGH),
        ("network:localhost:8000", Risk.HIGH),
        ("network:10.1.2.3", Risk.HIGH),
        ("files:read:data/*", Risk.MEDIUM),
        ("files:read:**", Risk.HIGH),
        ("files:read:.env", Risk.HIGH),
        ("files:write:out/*", Risk.HIGH),
        ("storage:1GiB", Risk.LOW),
        ("secrets:token", Risk.MEDIUM),
    ],
)
def test_a_risk_is_that_of_the_scope(text: str, risk: Risk) -> None:
    assert Permission.parse(text).risk is risk


@pytest.mark.parametrize(
    "url",
    [
        "https://example.org/v1/../admin",
        "https://example.org/v1/%2e%2e/admin",
        "https://example.org/v1/%2E./admin",
        "https://example.org/v1/..%2fadmin",
        "https://example.org/v1/%252e%252e%252fadmin",
        "https://example.org/v1/..;/admin",
        "https://example.org/v1/..%3b/admin",
        "https://example.org//admin",
        "https://example.org/v1\\..\\admin",
        "https://example.org/v1/..%5cadmin",
        "https://example.org/v1%00",
        "https://example.org/%zz",
        "https://evil.test@example.org/",
        "https://example.org@evil.test/",
        "https://example.org\\@evil.test/",
        "https://example.org#@evil.test\n/",
        "https:///example.org",
        "https:example.org",
        "//example.org",
        "file:///etc/passwd",
        "ftp://example.org",
        "https://exa mple.org",
        "https://example.org:99999/",
        "https://example.org:0/",
        "https://example.org:x/",
        "https://[::1%25eth0]/",
        "https://0x7f000001/",
        "https://127.0.1/",
        "https://" + "a" * 9000,
    ],
)
def test_a_url_that_two_programs_read_in_two_ways_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        parse_url(url)


@given(st.text(max_size=40))
def test_a_path_that_is_read_stays_what_it_is(text: str) -> None:
    try:
        path = parse_path(f"/{text}")
    except ValueError:
        return
    assert parse_path(path) == path
    assert path.isascii()
    assert not {".", ".."} & {*path.split("/")}


@given(st.text(st.sampled_from("aB.-_1x[]:*éß"), max_size=12))
def test_a_host_that_is_read_stays_what_it_is(text: str) -> None:
    try:
        host = parse_host(text)
    except ValueError:
        return
    assert host == host.lower()
    assert host.isascii()
    assert parse_host(f"[{host}]" if ":" in host else host) == host


@pytest.mark.parametrize(
    ("address", "reach"),
    [
        ("93.184.216.34", Reach.PUBLIC),
        ("2606:2800:220:1::1", Reach.PUBLIC),
        ("127.0.0.1", Reach.OWN),
        ("127.8.8.8", Reach.OWN),
        ("10.0.0.1", Reach.OWN),
        ("192.168.1.1", Reach.OWN),
        ("172.16.0.1", Reach.OWN),
        ("100.64.0.1", Reach.OWN),
        ("::1", Reach.OWN),
        ("fd00::1", Reach.OWN),
        ("169.254.169.254", Reach.NEVER),
        ("100.100.100.200", Reach.NEVER),
        ("fd00:ec2::254", Reach.NEVER),
        ("fe80::1", Reach.NEVER),
        ("224.0.0.1", Reach.NEVER),
        ("ff02::1", Reach.NEVER),
        ("0.0.0.0", Reach.NEVER),
        ("::", Reach.NEVER),
        ("255.255.255.255", Reach.NEVER),
        ("240.0.0.1", Reach.NEVER),
        ("::ffff:127.0.0.1", Reach.NEVER),
        ("64:ff9b::a00:1", Reach.NEVER),
        ("2002:7f00:1::", Reach.NEVER),
    ],
)
def test_an_address_reaches(address: str, reach: Reach) -> None:
    assert reach_of(ipaddress.ip_address(address)) is reach
