"""What policy says of permissions: by hand, and against a model that knows nothing of the code."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from automatosx_nb.errors import InvalidPermission, InvalidPluginId, InvalidRange
from automatosx_nb.model.consent import Default, PermissionPolicy, PermissionRule, Verdict, explain
from automatosx_nb.model.permissions import Permission
from automatosx_nb.model.place import Place
from automatosx_nb.model.semver import Version

CELLS = "events:subscribe:kernel.cell.finished"
KERNEL = "events:subscribe:kernel.**"
ONE = Version(1, 0, 0)


def rules(*texts: str) -> tuple[PermissionRule, ...]:
    return tuple(PermissionRule.parse(text, Place("policy.py", line)) for line, text in enumerate(texts, 1))


def verdict(some: PermissionPolicy, asked: str, plugin: str = "acme.demo", version: str = "1.0.0") -> Verdict:
    return some.decide(Permission.parse(asked), plugin, Version.parse(version)).verdict


def test_without_rules_everything_is_asked() -> None:
    assert verdict(PermissionPolicy(), "storage") == "asked"
    assert not PermissionPolicy().can_deny


@pytest.mark.parametrize(
    ("default", "asked", "said"),
    [
        ("ask", "storage", "asked"),
        ("deny", "storage", "denied"),
        ("allow-low", "storage", "granted"),
        ("allow-low", "modules:pyarrow", "granted"),
        ("allow-low", CELLS, "asked"),
        ("allow-low", "display:pandas.DataFrame", "asked"),
    ],
)
def test_the_default_counts_where_no_rule_does(default: Default, asked: str, said: Verdict) -> None:
    assert verdict(PermissionPolicy(default), asked) == said


@pytest.mark.parametrize(
    ("rule", "asked", "plugin", "version", "counts"),
    [
        ("storage", "storage", "acme.demo", "1.0.0", True),
        ("storage", "modules:pyarrow", "acme.demo", "1.0.0", False),
        (KERNEL, CELLS, "acme.demo", "1.0.0", True),
        ("events:*", CELLS, "acme.demo", "1.0.0", True),
        ("events:*", "storage", "acme.demo", "1.0.0", False),
        ("*", "storage", "acme.demo", "1.0.0", True),
        ("storage for acme.*", "storage", "acme.demo", "1.0.0", True),
        ("storage for acme.*", "storage", "acme-labs.demo", "1.0.0", False),
        ("storage for acme.demo", "storage", "acme.other", "1.0.0", False),
        ("* for acme.demo@<2", "storage", "acme.demo", "1.9.0-rc.1", True),
        ("* for acme.demo@<2", "storage", "acme.demo", "2.0.0", False),
    ],
)
def test_a_rule_counts_for_what_it_names(rule: str, asked: str, plugin: str, version: str, counts: bool) -> None:
    assert (verdict(PermissionPolicy(deny=rules(rule)), asked, plugin, version) == "denied") is counts
    assert (verdict(PermissionPolicy(allow=rules(rule)), asked, plugin, version) == "granted") is counts


@pytest.mark.parametrize("spelling", ["Acme.CSV_Doctor", "acme.csv--doctor", "ACME.csv-doctor", "acme.csv__doctor"])
def test_no_other_spelling_of_an_id_gets_past_a_denial(spelling: str) -> None:
    for rule, plugin in ((f"storage for {spelling}", "acme.csv-doctor"), ("storage for acme.csv-doctor", spelling)):
        assert verdict(PermissionPolicy(allow=rules("storage"), deny=rules(rule)), "storage", plugin) == "denied"


def test_deny_beats_allow_however_specific_that_is() -> None:
    some = PermissionPolicy("allow-low", allow=rules("storage for acme.demo@1.0.0"), deny=rules("*"))
    assert verdict(some, "storage") == "denied"


def test_asking_for_more_than_what_is_denied_is_denied_too() -> None:
    """Escalation: whoever is granted the wider permission holds the denied one."""
    assert verdict(PermissionPolicy(deny=rules(CELLS)), KERNEL) == "denied"


def test_an_allowed_permission_does_not_bring_a_wider_one() -> None:
    assert verdict(PermissionPolicy(allow=rules(CELLS)), KERNEL) == "asked"
    assert verdict(PermissionPolicy("deny", allow=rules(CELLS)), KERNEL) == "denied"


def test_the_most_specific_rule_is_named_and_where_it_stands() -> None:
    some = PermissionPolicy(
        deny=rules("*", "storage", "storage for acme.*", "* for acme.demo", "storage for acme.demo@1")
    )
    decision = some.decide(Permission.parse("storage"), "acme.demo", ONE)
    assert decision.because == "'storage for acme.demo@1' is in c.PermissionPolicy.deny (policy.py, line 5)"
    assert some.decide(Permission.parse("storage"), "nordic.x", ONE).rule == "storage"
    assert some.decide(Permission.parse(CELLS), "acme.demo", ONE).rule == "* for acme.demo"


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("storrage", InvalidPermission),
        ("storrage:*", InvalidPermission),
        ("storage:x", InvalidPermission),
        ("", InvalidPermission),
        ("storage for acme", InvalidPluginId),
        ("storage for ", InvalidPermission),
        ("storage for acme.demo@", InvalidRange),
        ("storage for acme.demo@newest", InvalidRange),
        ("for acme.demo", InvalidPermission),
    ],
)
def test_a_rule_that_cannot_be_read_is_refused(text: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        PermissionRule.parse(text)


def test_what_is_held_is_what_was_agreed_to_or_allowed_and_never_what_is_denied() -> None:
    some = PermissionPolicy(allow=rules("modules:pyarrow"), deny=rules("storage"))
    asked = (CELLS, "storage", "modules:pyarrow", "display:pandas.DataFrame")
    assert some.held(asked, (KERNEL, "storage"), "acme.demo", ONE) == (CELLS, "modules:pyarrow")
    assert some.held(asked, (KERNEL, "storage"), "acme.demo", ONE, exactly=True) == (CELLS,)


def test_an_explanation_says_what_each_permission_comes_to() -> None:
    some = PermissionPolicy(allow=rules("modules:pyarrow"), deny=rules("storage for acme.*"))
    found = explain(
        "acme.demo", ONE, None, some, {"modules:pyarrow": "Fast."}, {"storage": "Remembers.", CELLS: "Looks."}
    )
    assert found.allowed
    said = {each.permission: (each.verdict, each.optional, each.source, each.line) for each in found.permissions}
    assert said == {
        "modules:pyarrow": ("granted", False, "policy.py", 1),
        "storage": ("denied", True, "policy.py", 1),
        CELLS: ("asked", True, "built-in", None),
    }
    refused = explain("acme.demo", ONE, None, some, {"storage": "Remembers."}, {})
    assert not refused.allowed
    assert refused.because.startswith("asks for storage, which this installation's policy denies: 'storage for acme.*'")


# --- against a model: permissions are sets of topics, and policy is arithmetic on them

TOPICS = ["kernel.cell.finished", "kernel.cell.started", "kernel.ready", "marketplace.installed"]
SCOPES: dict[str, frozenset[str]] = {
    **{topic: frozenset({topic}) for topic in TOPICS},
    "kernel.cell.*": frozenset(TOPICS[:2]),
    "kernel.**": frozenset(TOPICS[:3]),
    "marketplace.**": frozenset({*TOPICS[3:], "marketplace.removed"}),
}
PLUGINS = ["acme.demo", "acme.other", "nordic.demo"]
WHO: dict[str, frozenset[str]] = {
    "": frozenset(PLUGINS),
    " for acme.*": frozenset(PLUGINS[:2]),
    " for Acme.Demo@^1": frozenset(PLUGINS[:1]),
    " for acme.demo@^2": frozenset(),
    " for NORDIC.demo": frozenset(PLUGINS[2:]),
}


@dataclass(frozen=True)
class ModelRule:
    scope: str
    who: str

    def __str__(self) -> str:
        return f"events:subscribe:{self.scope}{self.who}"


MODEL_RULES = st.lists(st.builds(ModelRule, st.sampled_from(list(SCOPES)), st.sampled_from(list(WHO))), max_size=4)


@given(
    st.sampled_from(["ask", "deny"]), MODEL_RULES, MODEL_RULES, st.sampled_from(list(SCOPES)), st.sampled_from(PLUGINS)
)
def test_a_decision_is_that_of_the_model(
    default: Default, allow: list[ModelRule], deny: list[ModelRule], asked: str, plugin: str
) -> None:
    wanted = SCOPES[asked]
    denied = any(plugin in WHO[rule.who] and SCOPES[rule.scope] & wanted for rule in deny)
    allowed = any(plugin in WHO[rule.who] and wanted <= SCOPES[rule.scope] for rule in allow)
    expected = "denied" if denied else "granted" if allowed else "denied" if default == "deny" else "asked"
    some = PermissionPolicy(default, rules(*map(str, allow)), rules(*map(str, deny)))
    assert verdict(some, f"events:subscribe:{asked}", plugin) == expected


@given(MODEL_RULES, MODEL_RULES, st.lists(st.sampled_from(list(SCOPES)), unique=True, max_size=4))
def test_nothing_that_is_held_reaches_what_is_denied(
    deny: list[ModelRule], allow: list[ModelRule], consented: list[str]
) -> None:
    some = PermissionPolicy("ask", rules(*map(str, allow)), rules(*map(str, deny)))
    asked = [f"events:subscribe:{scope}" for scope in SCOPES]
    held = some.held(asked, [f"events:subscribe:{scope}" for scope in consented], "acme.demo", ONE)
    reached = frozenset().union(*(SCOPES[each.removeprefix("events:subscribe:")] for each in held))
    forbidden = frozenset().union(*(SCOPES[rule.scope] for rule in deny if "acme.demo" in WHO[rule.who]))
    given_ = frozenset().union(
        *(SCOPES[scope] for scope in consented), *(SCOPES[r.scope] for r in allow if "acme.demo" in WHO[r.who])
    )
    assert not reached & forbidden
    assert reached <= given_
