"""Statements, keys and successions as values; the first vector is RFC 8032's, the second DSSE's own."""

from __future__ import annotations

import base64
import json
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from automatosx_nb.model.keys import PublisherKey
from automatosx_nb.model.signatures import (
    RELEASE,
    SUCCESSION,
    canonical,
    heirs,
    is_signed_by,
    key_id,
    pre_authentication_encoding,
    release_statement,
    succession_statement,
    unbase64,
)
from automatosx_nb.package.signing import SigningKey

DIGEST = "a" * 64
NAMES = st.text(st.characters(codec="utf-8"), max_size=12)


def registered(
    key: SigningKey, added: str, old: SigningKey | None = None, by: SigningKey | None = None
) -> PublisherKey:
    """``key`` as a registry has it; where it follows ``old``, announced by ``by``."""
    record = PublisherKey(key.id, "acme", key.public_text, "k", added)
    if old is None:
        return record
    announced = (by or old).sign(SUCCESSION, succession_statement("acme", old.id, key.id))
    return replace(record, replaces=old.id, announced=announced)


def test_the_encoding_is_dsses_own_example() -> None:
    """https://github.com/secure-systems-lab/dsse/blob/v1.0.2/protocol.md#test-vectors"""
    assert pre_authentication_encoding("http://example.com/HelloWorld", b"hello world") == (
        b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"
    )


def test_a_statement_is_canonical_json_in_the_order_of_utf_16() -> None:
    """RFC 8785, 3.2.3: names are sorted by UTF-16 code units, in which U+10000 comes before U+FF01."""
    assert canonical({"\uff01": "b", "\U00010000": "a", "a": 1}) == '{"a":1,"\U00010000":"a","\uff01":"b"}'.encode()
    made = release_statement("acme.a", "1.0.0", DIGEST, 7, {"b": DIGEST, "a": DIGEST})
    assert (
        made
        == (
            f'{{"artifact":{{"sha256":"{DIGEST}","size":7}},"files":{{"a":"{DIGEST}","b":"{DIGEST}"}},'
            '"plugin":"acme.a","version":"1.0.0"}'
        ).encode()
    )


@given(st.dictionaries(NAMES, NAMES, max_size=8))
def test_a_statement_is_json_and_the_same_however_its_files_were_ordered(files: dict[str, str]) -> None:
    made = release_statement("acme.a", "1.0.0", DIGEST, 1, files)
    assert made == release_statement("acme.a", "1.0.0", DIGEST, 1, dict(reversed(list(files.items()))))
    assert json.loads(made)["files"] == files


@given(st.binary(max_size=200), st.binary(max_size=200), st.sampled_from([RELEASE, SUCCESSION]))
def test_a_signature_is_of_one_payload_and_one_type(payload: bytes, other: bytes, kind: str) -> None:
    key = SigningKey.new()
    signature = key.sign(kind, payload)
    assert is_signed_by(key.public_text, kind, payload, signature)
    assert is_signed_by(key.public_text, kind, other, signature) == (payload == other)
    assert not is_signed_by(key.public_text, RELEASE if kind == SUCCESSION else SUCCESSION, payload, signature)


@given(st.text(max_size=100), st.text(max_size=100))
def test_what_is_no_key_or_signature_signs_nothing_and_breaks_nothing(public: str, signature: str) -> None:
    assert not is_signed_by(public, RELEASE, b"x", signature)


@given(st.binary(max_size=40))
def test_bytes_have_one_spelling_in_base64(data: bytes) -> None:
    text = base64.b64encode(data).decode()
    assert unbase64(text, len(data)) == data
    for other in (text + "=", text + "\n", " " + text, text.rstrip("=") if text.endswith("=") else "*"):
        assert unbase64(other, len(data)) is None


def test_an_announced_successor_stands_for_the_pinned_key_and_so_does_its_own() -> None:
    first, second, third = SigningKey.new(), SigningKey.new(), SigningKey.new()
    keys = [registered(first, "2026-01-01T00:00:00Z"), registered(second, "2026-02-01T00:00:00Z", first)]
    keys.append(registered(third, "2026-03-01T00:00:00Z", second))
    assert heirs(keys, first.id) == {first.id, second.id, third.id}
    assert heirs(keys, third.id) == {third.id}
    assert heirs([], first.id) == {first.id}


def test_a_successor_that_somebody_else_announced_stands_for_nobody() -> None:
    first, thief = SigningKey.new(), SigningKey.new()
    keys = [registered(first, "2026-01-01T00:00:00Z"), registered(thief, "2026-02-01T00:00:00Z", first, by=thief)]
    assert heirs(keys, first.id) == {first.id}


def test_a_revoked_key_names_no_successor_from_then_on() -> None:
    first, second = SigningKey.new(), SigningKey.new()
    follows = registered(second, "2026-02-01T00:00:00Z", first)
    old = registered(first, "2026-01-01T00:00:00Z")
    for since, stands in (("2026-01-15T00:00:00Z", False), ("2026-02-01T00:00:01Z", True)):
        revoked = replace(old, revoked="2026-03-01T00:00:00Z", revoked_from=since)
        assert (second.id in heirs([revoked, follows], first.id)) == stands


def test_a_registry_that_puts_other_bytes_under_a_keys_id_is_not_believed() -> None:
    first, second, thief = SigningKey.new(), SigningKey.new(), SigningKey.new()
    false = replace(registered(first, "2026-01-01T00:00:00Z"), public=thief.public_text)
    assert heirs([false, registered(second, "2026-02-01T00:00:00Z", first, by=thief)], first.id) == {first.id}


def test_two_registered_keys_in_a_circle_end() -> None:
    one, two = SigningKey.new(), SigningKey.new()
    keys = [registered(one, "2026-01-01T00:00:00Z", two), registered(two, "2026-01-01T00:00:00Z", one)]
    assert heirs(keys, one.id) == {one.id, two.id}


def test_an_id_is_the_digest_of_the_keys_bytes() -> None:
    key = SigningKey.new()
    assert key.id == key_id(key.public)
    assert len(key.id) == 64
