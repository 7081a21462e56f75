from __future__ import annotations

import pytest

from automatosx_nb.host.markdown import LONGEST, to_safe_html


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("# One\n\ntext", "<h4>One</h4>\n<p>text</p>\n"),
        ("## 1.1.0\n\n### Added", "<h4>1.1.0</h4>\n<h5>Added</h5>\n"),
        ("# One\n\n##### Five", "<h4>One</h4>\n<h6>Five</h6>\n"),
        ("- a\n- b", "<ul>\n<li>a</li>\n<li>b</li>\n</ul>\n"),
        ("`x < y`", "<p><code>x &lt; y</code></p>\n"),
        ("~~no~~", "<p><del>no</del></p>\n"),
        ("R&amp;D &copy; 2 &lt; 3 &#8212; &hellip;", "<p>R&amp;D © 2 &lt; 3 — …</p>\n"),
        ("`&amp;` and \\&amp; and ?a=1&copy=2", "<p><code>&amp;amp;</code> and &amp;amp; and ?a=1&amp;copy=2</p>\n"),
    ],
)
def test_markdown_becomes_html_below_a_dialogs_title(text: str, html: str) -> None:
    assert to_safe_html(text) == html


def test_a_pages_section_may_have_headings_from_the_third_level_on() -> None:
    assert to_safe_html("# One\n\n## Two", top=3) == "<h3>One</h3>\n<h4>Two</h4>\n"


def test_a_table_stays_a_table() -> None:
    html = to_safe_html("| a | b |\n| --- | --- |\n| 1 | 2 |\n")
    assert "<th>a</th>" in html
    assert "<td>2</td>" in html


@pytest.mark.parametrize(
    "attack",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "&lt;img src=x onerror=alert(1)&gt; &#60;script&#62;",
        "[x](javascript:alert(1))",
        "[x](JaVaScRiPt:alert(1))",
        "[x](data:text/html;base64,PHNjcmlwdD4=)",
        "![x](https://example.org/tracker.png)",
        '![x](x" onerror="alert(1))',
        "<a href='https://example.org' onclick='alert(1)'>x</a>",
        "<style>*{display:none}</style>",
        "<iframe src='https://example.org'></iframe>",
        "[x](https://example.org 'a\" onmouseover=\"alert(1)')",
        "```<img src=x onerror=alert(1)>\n```",
    ],
)
def test_nothing_active_and_nothing_remote_comes_through(attack: str) -> None:
    html = to_safe_html(attack)
    assert not any(tag in html for tag in ("<script", "<img", "<style", "<iframe"))
    assert "javascript:" not in html.lower() or "href" not in html
    assert "data:" not in html
    assert " onclick=" not in html.split("&")[0]
    assert 'onmouseover="' not in html


def test_a_link_opens_elsewhere_and_says_nothing_of_where_it_came_from() -> None:
    html = to_safe_html("[guide](https://example.org/guide)")
    assert 'target="_blank"' in html
    assert 'rel="noopener noreferrer"' in html


def test_a_relative_link_is_its_text() -> None:
    assert to_safe_html("[changes](../CHANGELOG.md)") == "<p>changes</p>\n"


def test_a_picture_is_its_description() -> None:
    assert to_safe_html("![two <b> penguins](https://example.org/p.png)") == "<p><em>two &lt;b&gt; penguins</em></p>\n"


def test_a_readme_without_end_is_cut_with_a_note() -> None:
    assert "cut here" in to_safe_html("word " * LONGEST)
