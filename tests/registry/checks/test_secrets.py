"""No key is published, and no author is kept from publishing what only looks a little like one.

The keys here are made of parts, so that nobody's scanner takes this file for a leak.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from automatosx_nb.errors import PublishRefused
from automatosx_nb.registry.checks.secrets import MOST, secrets_in
from automatosx_nb.registry.service import EmbeddedRegistry

Build = Callable[..., bytes]
ROOT = Path(__file__).parents[3]
DRAWN = "k7Qz2Lw9Xc4Vb6Nm1Rt8Yp3Hs5Jd0Fg2Aq9We4Zx7Cv6"
KEYS = {
    "a private key": "-----BEGIN " + "OPENSSH PRIVATE KEY-----",
    "an access key of AWS": "AKIA" + "Q7Z2LW9XC4VB6NM1",
    "a token of GitHub": "ghp_" + DRAWN[:36],
    "a token of GitLab": "glpat-" + DRAWN[:20],
    "a token of Slack": "xoxb-" + DRAWN[:30],
    "a webhook of Slack": "https://hooks.slack.com/services/T0AB/B0CD/" + DRAWN[:24],
    "an API key of Google": "AIza" + DRAWN[:35],
    "a live key of Stripe": "sk_live_" + DRAWN[:24],
    "a token of PyPI": "pypi-AgEIcHlwaS5vcmc" + DRAWN,
    "a token of npm": "npm_" + DRAWN[:36],
    "a key of Anthropic": "sk-ant-" + DRAWN[:40],
    "a key of OpenAI": "sk-proj-" + DRAWN[:44],
    "a token of Hugging Face": "hf_" + DRAWN[:34],
    "a key of SendGrid": "SG." + DRAWN[:22] + "." + DRAWN[:43],
    "a JSON Web Token": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhZGEifQ." + DRAWN[:43],
    "a token of a plugin registry": "axp_" + DRAWN[:40],
    "a password in an address": "postgresql://ada:" + DRAWN[:16] + "@db.internal/x",
}
HARMLESS = (
    "AKIA" + "IOSFODNN7EXAMPLE",
    "ghp_" + "x" * 36,
    "token = 'the token that you were given by mail'",
    "password = 'correct horse battery staple'",
    "api_key: str = 'acme.csv-doctor.settings.maximum'",
    "TOKEN_PATTERN = '[A-Za-z0-9]{36}-[0-9a-f]{12}'",
    "secret = sdk.secrets.get('warehouse-password')",
    "postgresql://user:password@localhost/db",
    "https://ada:${PASSWORD_OF_ADA}@example.org/",
    "https://example.org/a:b@c",
    "sha256 = '" + "3b1f" * 16 + "'",
    "password_file = '/etc/automatosx/registry-token-2024'",
    "secret_name = 'YOUR-SECRET-GOES-HERE-12345678'",
    "risk-averse-and-task-specific-desk-based-disk-sk-learn-pipelines-of-many-words",
)


@pytest.mark.parametrize("what", KEYS)
def test_a_key_of_a_known_form_is_found_where_it_is(what: str) -> None:
    ((place, known, said),) = secrets_in(f"one\ntwo = '{KEYS[what]}'\n")
    assert known
    assert said.startswith(what)
    assert KEYS[what].endswith(f"one\ntwo = '{KEYS[what]}'\n"[place:].removesuffix("'\n"))
    assert KEYS[what] not in said


@pytest.mark.parametrize("text", HARMLESS)
def test_what_only_looks_a_little_like_one_is_left_alone(text: str) -> None:
    assert list(secrets_in(text)) == []


@pytest.mark.parametrize("name", ["password", "API_KEY", "client_secret", "db-password", "access_key"])
def test_what_is_named_so_and_drawn_by_lot_is_a_warning(name: str) -> None:
    ((_, known, said),) = secrets_in(f'{name} = "{DRAWN[:24]}"')
    assert not known
    assert "what may be a secret" in said


def test_a_key_is_refused_with_its_file_and_line_and_is_not_repeated(registry: EmbeddedRegistry, build: Build) -> None:
    key = KEYS["a token of GitHub"]
    with pytest.raises(PublishRefused) as caught:
        registry.publish(build(readme=f"# A plugin\n\nexport GITHUB={key}\n"))
    (finding,) = caught.value.findings
    assert finding.startswith("README.md, line 3: holds a token of GitHub (ghp_…): revoke it")
    assert key not in finding


def test_so_many_are_told_and_no_more(registry: EmbeddedRegistry, build: Build) -> None:
    with pytest.raises(PublishRefused) as caught:
        registry.publish(build(readme="\n".join([KEYS["a token of npm"]] * 100)))
    assert len(caught.value.findings) == MOST


def test_nothing_that_stands_in_this_projects_plugins_and_documentation_is_taken_for_a_key() -> None:
    """The corpus of texts that are sure to hold none: the bundled plugins, the pages, the sources of the SDK."""
    folders = ("automatosx_nb/catalog", "automatosx_nb/sdk", "automatosx_nb/host", "docs", "notebooks")
    files = [
        file for folder in folders for file in (ROOT / folder).rglob("*") if file.suffix in (".py", ".md", ".ipynb")
    ]
    assert len(files) > 150
    found = {file.name: list(secrets_in(file.read_text("utf-8"))) for file in files}
    assert {name: each for name, each in found.items() if each} == {}


@settings(max_examples=50, deadline=None)
@given(st.text(max_size=200), st.sampled_from(sorted(KEYS.values())), st.text(max_size=200))
def test_whatever_stands_around_it_nothing_raises_and_no_key_is_repeated(before: str, key: str, after: str) -> None:
    for place, _, said in secrets_in(before + key + after):
        assert 0 <= place < len(before + key + after)
        assert key not in said
