"""Text: patterns, templates, wrapping, differences, Unicode, escapes."""

from __future__ import annotations

from automatosx_nb.sandbox.facades.spec import Names

FACADES = {
    "re": Names(
        "A ASCII DOTALL I IGNORECASE M MULTILINE Match NOFLAG Pattern RegexFlag S U UNICODE VERBOSE X compile error "
        "escape findall finditer fullmatch match search split sub subn",
        newer="PatternError",
    ),
    "string": Names(
        "Template ascii_letters ascii_lowercase ascii_uppercase capwords digits hexdigits octdigits printable "
        "punctuation whitespace"
    ),
    "textwrap": Names("TextWrapper dedent fill indent shorten wrap"),
    "difflib": Names(
        "Differ SequenceMatcher context_diff get_close_matches ndiff restore unified_diff IS_CHARACTER_JUNK "
        "IS_LINE_JUNK"
    ),
    "unicodedata": Names(
        "bidirectional category combining decimal decomposition digit east_asian_width is_normalized lookup mirrored "
        "name normalize numeric unidata_version"
    ),
    "fnmatch": Names("filter fnmatch fnmatchcase translate"),
    "html": Names("escape unescape"),
    "pprint": Names("pformat"),
    "shlex": Names("join quote split"),
    "urllib.parse": Names(
        "ParseResult SplitResult parse_qs parse_qsl quote quote_from_bytes quote_plus unquote unquote_plus "
        "unquote_to_bytes urldefrag urlencode urljoin urlparse urlsplit urlunparse urlunsplit"
    ),
}
