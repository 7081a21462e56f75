"""Topics and patterns: what they may be, and which means which; the trie agrees with the rule pattern by pattern."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from automatosx_nb.errors import InvalidTopic
from automatosx_nb.model.events import matches
from automatosx_nb.model.events.topics import MAX_TOPIC, check_pattern, check_topic
from automatosx_nb.model.events.trie import TopicTrie

SEGMENTS = st.sampled_from(["a", "b", "c"])
TOPICS = st.lists(SEGMENTS, min_size=1, max_size=4).map(".".join)
PATTERNS = st.tuples(st.lists(st.one_of(SEGMENTS, st.just("*")), max_size=4), st.sampled_from([[], ["**"]])).map(
    lambda parts: ".".join([*parts[0], *parts[1]]) or "*"
)


@pytest.mark.parametrize(
    ("pattern", "topic", "expected"),
    [
        ("a.b", "a.b", True),
        ("a.b", "a.b.c", False),
        ("a.*", "a.b", True),
        ("a.*", "a", False),
        ("a.*", "a.b.c", False),
        ("*.b", "a.b", True),
        ("a.**", "a.b.c", True),
        ("a.**", "a.b", True),
        ("a.**", "a", False),
        ("**", "a", True),
        ("a.*.c", "a.b.c", True),
        ("a.*.c", "a.b.d", False),
    ],
)
def test_topic_patterns(pattern: str, topic: str, expected: bool) -> None:
    assert matches(pattern, topic) is expected
    trie: TopicTrie[str] = TopicTrie()
    trie.add(pattern, "found")
    assert trie.match(topic) == ["found"] * expected


@given(st.lists(SEGMENTS, min_size=1, max_size=4), st.data())
def test_a_topic_with_any_segments_starred_still_matches_and_a_longer_topic_does_not(
    segments: list[str], data: st.DataObject
) -> None:
    starred = [data.draw(st.sampled_from([segment, "*"])) for segment in segments]
    assert matches(".".join(starred), ".".join(segments))
    assert not matches(".".join(starred), ".".join([*segments, "x"]))
    assert matches(".".join([*starred, "**"]), ".".join([*segments, "x", "y"]))


@given(st.lists(PATTERNS, max_size=12), st.lists(TOPICS, min_size=1, max_size=6), st.data())
def test_the_trie_finds_what_the_rule_says_in_the_order_of_adding_also_after_some_are_gone(
    patterns: list[str], topics: list[str], data: st.DataObject
) -> None:
    trie: TopicTrie[int] = TopicTrie()
    undos = [trie.add(pattern, number) for number, pattern in enumerate(patterns)]
    gone = data.draw(st.sets(st.integers(0, len(patterns) - 1)) if patterns else st.just(set()))
    for number in gone:
        undos[number]()
    left = [number for number in range(len(patterns)) if number not in gone]
    for topic in topics:
        assert trie.match(topic) == [number for number in left if matches(patterns[number], topic)]


@given(st.lists(PATTERNS, max_size=12))
def test_a_trie_from_which_everything_is_gone_holds_no_nodes(patterns: list[str]) -> None:
    trie: TopicTrie[int] = TopicTrie()
    for undo in [trie.add(pattern, number) for number, pattern in enumerate(patterns)]:
        undo()
        undo()
    assert trie._root.children == {}
    assert trie._root.rest == []


@pytest.mark.parametrize("text", ["a", "kernel.cell.finished", "plugin.acme.csv-doctor.finding", "user.x1"])
def test_a_topic_is_a_pattern_too(text: str) -> None:
    assert check_topic(text) == text == check_pattern(text)


@pytest.mark.parametrize("text", ["*", "**", "a.*", "*.b", "a.**", "a.*.**"])
def test_a_pattern_is_no_topic(text: str) -> None:
    assert check_pattern(text) == text
    with pytest.raises(InvalidTopic, match="stands for several topics"):
        check_topic(text)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "the part ''"),
        ("a..b", "the part ''"),
        (".a", "the part ''"),
        ("a.B", "the part 'B'"),
        ("a.b_c", "the part 'b_c'"),
        ("a.b-", "the part 'b-'"),
        ("a. b", "the part ' b'"),
        ("a.b\n", "the part 'b\\n'"),
        ("a.b*", "the part 'b*'"),
        ("a.**.b", "at the end only"),
        ("a" * (MAX_TOPIC + 1), "more than 200 characters"),
    ],
)
def test_what_is_no_topic_is_refused_with_the_part_that_is_wrong(text: str, reason: str) -> None:
    with pytest.raises(InvalidTopic) as refused:
        check_pattern(text)
    assert reason in str(refused.value)
    assert "docs/events.md" in str(refused.value)


def test_what_is_no_text_is_no_topic() -> None:
    with pytest.raises(InvalidTopic, match="not int"):
        check_topic(7)  # type: ignore[arg-type]
