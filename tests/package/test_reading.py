from __future__ import annotations

import hashlib
import struct
from typing import TYPE_CHECKING, Any

import pytest

from automatosx_nb import package
from automatosx_nb.errors import InvalidArtifact, InvalidManifest, NotAnArchive
from automatosx_nb.package import Caps
from automatosx_nb.package.reading import MOST

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Craft = Callable[..., bytes]
    Member = Callable[..., dict[str, Any]]
    ZipOf = Callable[[Mapping[str, bytes]], bytes]

SMALL = Caps(artifact_mb=1, members=20, file_mb=1, total_mb=2, ratio=50, ratio_from_kb=16)


def refusal(data: bytes, *, caps: Caps = SMALL) -> InvalidArtifact:
    with pytest.raises(InvalidArtifact) as caught:
        package.read(data, name="hello.axp", caps=caps)
    return caught.value


def test_a_package_holds_what_the_artifact_holds(zip_of: ZipOf, plugin_files: dict[str, bytes]) -> None:
    data = zip_of(plugin_files)
    read = package.read(data)
    assert dict(read.files) == plugin_files
    assert read.manifest.id == "acme.hello"
    assert read.readme.startswith("# Hello")
    assert read.changelog.startswith("# 0.1.0")
    assert read.size == len(data)
    assert read.sha256 == hashlib.sha256(data).hexdigest() == package.digest(data)
    assert read.file_name == "acme.hello-0.1.0.axp"


def test_sources_are_the_python_modules_relative_to_src(zip_of: ZipOf, plugin_files: dict[str, bytes]) -> None:
    sources = package.read(zip_of(plugin_files)).sources
    assert sources == {
        "hello/__init__.py": b"",
        "hello/say.py": plugin_files["src/hello/say.py"],
    }


def test_files_are_sorted_by_path(zip_of: ZipOf, plugin_files: dict[str, bytes]) -> None:
    read = package.read(zip_of(dict(reversed(plugin_files.items()))))
    assert list(read.files) == sorted(plugin_files)


def test_stored_members_are_read_as_deflated_ones_are(
    craft: Craft, member: Member, plugin_files: dict[str, bytes]
) -> None:
    entries = [
        member(path, content, method=0, body=content, compressed=len(content)) for path, content in plugin_files.items()
    ]
    assert dict(package.read(craft(entries)).files) == plugin_files


def test_a_refusal_says_artifact_reason_member_and_what_to_do(
    craft: Craft, member: Member, plugin_files: dict[str, bytes]
) -> None:
    error = refusal(craft([member("../evil.py"), *(member(path, content) for path, content in plugin_files.items())]))
    assert str(error) == (
        "hello.axp is not a safe plugin artifact: a path leaves the archive with '..' ('../evil.py').\n"
        "Nothing was unpacked. Build it again with 'jupyter automatosx pack', or get it from its registry."
    )


@pytest.mark.parametrize("data", [b"", b"PK", b"plugin.toml", b"\x1f\x8b" + b"\0" * 100, b"PK" + b"\0" * 100], ids=repr)
def test_what_is_no_zip_is_refused(data: bytes) -> None:
    error = refusal(data)
    assert isinstance(error, NotAnArchive)
    assert error.reason == "it is not a zip archive"


def test_all_faults_of_an_archive_and_its_manifest_are_found_at_once(
    zip_of: ZipOf, plugin_files: dict[str, bytes], manifest_text: str
) -> None:
    del plugin_files["src/hello/say.py"], plugin_files["src/hello/__init__.py"]
    plugin_files |= {"setup.py": b"", "src/fast.so": b"", "README.md": b"\xff"}
    found = package.examine(zip_of(plugin_files), name="hello.axp")
    (error,) = found.errors
    assert isinstance(error, InvalidArtifact)
    assert [fault.member for fault in error.faults] == ["setup.py", "src/fast.so", "README.md", None, None]
    assert "\n  - a text is not UTF-8 ('README.md')\n" in str(error)
    assert (found.package, found.manifest and found.manifest.id) == (None, "acme.hello")
    plugin_files["plugin.toml"] = manifest_text.replace("0.1.0", "latest").replace("MIT", "MITT").encode()
    archive, manifest = package.examine(zip_of(plugin_files)).errors
    assert isinstance(archive, InvalidArtifact)
    assert [fault.member for fault in archive.faults] == ["setup.py", "src/fast.so", "README.md"]
    assert isinstance(manifest, InvalidManifest)
    assert len(manifest.problems) == 2


def test_of_very_many_faults_the_first_are_told_and_how_many_there_are(
    zip_of: ZipOf, plugin_files: dict[str, bytes]
) -> None:
    plugin_files |= {f"src/{number}.so": b"" for number in range(MOST + 7)}
    (error,) = package.examine(zip_of(plugin_files)).errors
    assert isinstance(error, InvalidArtifact)
    assert (len(error.faults), error.faults[-1].reason) == (MOST + 1, "and 7 faults more")


NAMES = {
    "../evil.py": "a path leaves the archive with '..'",
    "src/../../evil.py": "a path leaves the archive with '..'",
    "src/..": "a path leaves the archive with '..'",
    "/etc/passwd": "a path is absolute",
    "C:/evil.py": "a path names a drive",
    "c:evil.py": "a path names a drive",
    "src\\evil.py": "a name holds a backslash",
    "..\\..\\evil.py": "a name holds a backslash",
    "src/evil.py\x00.txt": "a name holds a NUL character",
    "": "a member has no name",
    "src//evil.py": "a path has an empty part",
    "./plugin.toml": "a path has an empty part",
    "src/a\nb.py": "a name holds a character that not every system allows",
    "src/a:stream.py": "a name holds a character that not every system allows",
    "src/evil.py.": "a name ends in a space or a dot, which not every system keeps",
    "src/evil /a.py": "a name ends in a space or a dot, which not every system keeps",
    "src/aux.py": "a name is a device's on Windows",
    "docs/COM1": "a name is a device's on Windows",
    "docs/" + "a" * 200: "a path is longer than 200 bytes",
    "docs/" + "a/" * 12 + "b": "a path is deeper than 12 folders",
    ".env": "hidden files do not belong in an artifact",
    "docs/.git/config": "hidden files do not belong in an artifact",
}


@pytest.mark.parametrize(("name", "reason"), NAMES.items(), ids=map(ascii, NAMES))
def test_an_unsafe_name_is_refused(craft: Craft, member: Member, name: str, reason: str) -> None:
    error = refusal(craft([member("plugin.toml"), member(name)]))
    assert (error.reason, error.member) == (reason, name)


@pytest.mark.parametrize("name", ["setup.py", "src/hello/native.so", "evil/x.py", "icon.gif", "readme.md", "src"])
def test_a_file_without_a_place_in_a_plugin_is_refused(craft: Craft, member: Member, name: str) -> None:
    error = refusal(craft([member(name)]))
    assert error.reason.startswith("only these belong in an artifact: plugin.toml, README.md")
    assert error.member == name


@pytest.mark.parametrize(
    ("mode", "attributes", "reason"),
    [
        (0o120777, 0, "a member is a link"),
        (0o100644, 0x400, "a member is a link"),
        (0o040755, 0, "a member is a folder"),
        (0, 0x10, "a member is a folder"),
        (0o010644, 0, "a member is a special file"),
        (0o020644, 0, "a member is a special file"),
        (0o060644, 0, "a member is a special file"),
        (0o140644, 0, "a member is a special file"),
    ],
)
def test_what_is_no_regular_file_is_refused(
    craft: Craft, member: Member, mode: int, attributes: int, reason: str
) -> None:
    error = refusal(craft([member("docs/a", b"/etc/passwd", mode=mode, attributes=attributes)]))
    assert (error.reason, error.member) == (reason, "docs/a")


def test_a_folder_by_its_name_is_refused(craft: Craft, member: Member) -> None:
    assert refusal(craft([member("docs/")])).reason == "a member is a folder"


TWINS = [
    ("docs/a.md", "docs/a.md", "two members have the same name"),
    ("docs/a.md", "docs/A.md", "two names are one where case or accents do not count: 'docs/a.md' is the other"),
    ("docs/é.md", "docs/e\u0301.md", "two names are one where case or accents do not count: 'docs/é.md' is the other"),
    ("docs/ß.md", "docs/SS.md", "two names are one where case or accents do not count: 'docs/ß.md' is the other"),
    ("docs/Ｋ.md", "docs/ｋ.md", "two names are one where case or accents do not count: 'docs/Ｋ.md' is the other"),
    ("docs/a/x", "docs/A/y", "two folders are one where case or accents do not count: 'docs/a' is the other"),
    ("docs/a", "docs/a/b", "a file stands where another member needs a folder"),
    ("docs/A/b", "docs/a", "a file stands where another member needs a folder"),
]


@pytest.mark.parametrize(("first", "second", "reason"), TWINS)
def test_two_members_that_collide_somewhere_are_refused(
    craft: Craft, member: Member, first: str, second: str, reason: str
) -> None:
    assert refusal(craft([member(first), member(second)])).reason == reason


@pytest.mark.parametrize(
    ("lies", "reason"),
    [
        ({"flags": 0x1}, "a member is encrypted"),
        ({"flags": 0x41}, "a member is encrypted"),
        ({"flags": 0x2000}, "a member is encrypted"),
        ({"flags": 0x8}, "a member was streamed: its header does not know its size"),
        ({"flags": 0x20}, "a member has flags that no artifact needs"),
        ({"method": 12}, "a member is compressed by method 12, not by deflate"),
        ({"method": 14}, "a member is compressed by method 14, not by deflate"),
        ({"method": 93}, "a member is compressed by method 93, not by deflate"),
        ({"extra": b"up\x00\x00"}, "a member has extra fields or a comment, which no artifact needs"),
        ({"local": {"extra": b"up\x00\x00"}}, "a member has extra fields or a comment, which no artifact needs"),
        ({"local": {"raw": b"docs/b"}}, "a member has another name in its local header"),
        ({"local": {"raw": b"docs/a.py"}}, "a member has another name in its local header"),
        ({"local": {"method": 0}}, "a member's local header and the directory disagree"),
        ({"local": {"inflated": 8}}, "a member's local header and the directory disagree"),
        ({"local": {"crc": 7}}, "a member's local header and the directory disagree"),
        ({"local": {"flags": 0x1}}, "a member's local header and the directory disagree"),
        ({"offset": 7}, "members overlap, or something is hidden between them"),
        ({"crc": 7}, "a file's checksum is wrong"),
        ({"inflated": 3}, "a file is longer than its header says"),
        ({"inflated": 300}, "a file is not as long as its header says"),
        ({"body": b"\xff" * 7, "compressed": 7}, "a member's compressed data is damaged"),
        ({"body": b"", "compressed": 0}, "a member's compressed data is damaged"),
        ({"raw": b"docs/\xff"}, "a name is not UTF-8"),
    ],
)
def test_a_header_that_is_odd_or_lies_is_refused(
    craft: Craft, member: Member, lies: dict[str, Any], reason: str
) -> None:
    assert refusal(craft([member("docs/a", b"content", **lies)])).reason == reason


def test_a_name_that_is_not_utf8_is_refused_also_where_it_claims_to_be(craft: Craft, member: Member) -> None:
    assert refusal(craft([member(b"docs/\xff", flags=0x800)])).reason == "a name is not UTF-8"


def test_members_that_share_their_bytes_are_refused(craft: Craft, member: Member) -> None:
    data = craft([member("docs/a", b"x"), member("docs/b", b"x", offset=0)])
    assert refusal(data).reason == "members overlap, or something is hidden between them"


@pytest.mark.parametrize(
    ("end", "reason"),
    [
        ({"gap": b"hidden"}, "members overlap, or something is hidden between them"),
        ({"tail": b"more"}, "something stands behind its end record"),
        ({"comment": 4, "tail": b"more"}, "something stands behind its end record"),
        ({"comment": 4}, "it has a comment, which no artifact needs"),
        ({"disk": 1}, "it is split over several disks"),
        ({"start": 0xFFFFFFFF}, "it uses ZIP64, which no artifact needs"),
        ({"count": 0xFFFF}, "it uses ZIP64, which no artifact needs"),
        ({"start": 3}, "its directory is not where its end record says"),
        ({"count": 0}, "its directory is not where its end record says"),
        ({"count": 2}, "its directory is damaged"),
        ({"count": 21}, "it has 21 members, where 20 are allowed"),
    ],
)
def test_an_end_record_that_is_odd_or_lies_is_refused(
    craft: Craft, member: Member, end: dict[str, Any], reason: str
) -> None:
    assert refusal(craft([member("docs/a", b"content")], **end)).reason == reason


def test_more_members_than_the_cap_are_refused(craft: Craft, member: Member) -> None:
    data = craft([member(f"docs/{number}") for number in range(21)])
    assert refusal(data).reason == "it has 21 members, where 20 are allowed"


def test_an_archive_larger_than_the_cap_is_refused() -> None:
    assert refusal(b"PK" + b"\0" * (1 << 20)).reason == "it is larger than 1 MiB"


def test_a_file_larger_than_the_cap_is_refused(craft: Craft, member: Member) -> None:
    big = bytes(range(256)) * 4097
    data = craft([member("docs/a", big)])
    assert refusal(data, caps=Caps(file_mb=1, ratio=2000)).reason == "a file is larger than 1 MiB"


def test_files_larger_together_than_the_cap_are_refused(craft: Craft, member: Member) -> None:
    data = craft([member(f"docs/{number}", bytes(1 << 20)) for number in range(3)])
    error = refusal(data, caps=Caps(total_mb=2, ratio=2000))
    assert (error.reason, error.member) == ("its files are larger than 2 MiB together", "docs/2")


def test_a_bomb_is_refused_by_its_ratio(craft: Craft, member: Member) -> None:
    data = craft([member("docs/a", bytes(100 << 10))])
    assert refusal(data).reason == "a file is compressed more than 50 times, as a bomb is"


@pytest.mark.parametrize("claimed", [0, 10, (1 << 32) - 1])
def test_a_bomb_whose_headers_lie_about_its_size_is_refused(craft: Craft, member: Member, claimed: int) -> None:
    data = craft([member("docs/a", bytes(30 << 20), inflated=claimed)])
    assert refusal(data, caps=Caps(file_mb=1)).member == "docs/a"


def test_a_bomb_is_never_inflated_beyond_the_caps(craft: Craft, member: Member) -> None:
    import tracemalloc

    data = craft([member("docs/a", bytes(64 << 20))])
    tracemalloc.start()
    try:
        error = refusal(data, caps=Caps(file_mb=1, ratio=5000))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert error.reason == "a file is larger than 1 MiB"
    assert peak < 6 << 20


def test_an_artifact_without_a_manifest_is_refused(zip_of: ZipOf) -> None:
    assert refusal(zip_of({"README.md": b"hello"})).reason == "it has no plugin.toml"
    assert refusal(zip_of({})).reason == "it has no plugin.toml"


@pytest.mark.parametrize(
    ("gone", "reason"),
    [
        ("src/hello/__init__.py", "its main 'hello' is neither src/hello.py nor src/hello/__init__.py"),
        ("src/hello/say.py", "the module of its handler 'hello.say:hello' is not under src/"),
    ],
)
def test_what_the_manifest_speaks_of_has_to_be_there(
    zip_of: ZipOf, plugin_files: dict[str, bytes], gone: str, reason: str
) -> None:
    del plugin_files[gone]
    assert refusal(zip_of(plugin_files)).reason == reason


def test_a_notebook_that_the_manifest_names_has_to_be_there(
    zip_of: ZipOf, plugin_files: dict[str, bytes], manifest_text: str
) -> None:
    text = manifest_text.replace("main =", 'docs = ["docs/tour.ipynb"]\nmain =')
    plugin_files["plugin.toml"] = text.encode()
    assert refusal(zip_of(plugin_files)).reason == "its manifest names 'docs/tour.ipynb', which is not there"
    text = manifest_text.replace("main =", 'screenshots = [{file = "docs/a.png", alt = "A"}]\nmain =')
    plugin_files["plugin.toml"] = text.encode()
    assert refusal(zip_of(plugin_files)).reason == "its manifest names 'docs/a.png', which is not there"


@pytest.mark.parametrize("path", ["plugin.toml", "README.md", "CHANGELOG.md"])
def test_a_text_that_is_not_utf8_is_refused(zip_of: ZipOf, plugin_files: dict[str, bytes], path: str) -> None:
    plugin_files[path] = b"\xff\xfe"
    error = refusal(zip_of(plugin_files))
    assert (error.reason, error.member) == ("a text is not UTF-8", path)


def test_a_broken_manifest_is_told_by_the_artifacts_name(
    zip_of: ZipOf, plugin_files: dict[str, bytes], manifest_text: str
) -> None:
    plugin_files["plugin.toml"] = manifest_text.replace("0.1.0", "latest").encode()
    with pytest.raises(InvalidManifest) as caught:
        package.read(zip_of(plugin_files), name="hello.axp")
    assert caught.value.source == "plugin.toml of hello.axp"
    assert [problem.path for problem in caught.value.problems] == ["plugin.version"]


def test_no_truncation_of_an_artifact_is_read(zip_of: ZipOf, plugin_files: dict[str, bytes]) -> None:
    data = zip_of(plugin_files)
    for length in range(0, len(data), 7):
        assert isinstance(refusal(data[:length]), InvalidArtifact)


def test_an_end_record_inside_a_file_is_not_taken_for_the_archives(
    zip_of: ZipOf, plugin_files: dict[str, bytes]
) -> None:
    plugin_files["docs/inner.bin"] = zip_of({"evil.py": b""}) + struct.pack("<4s4H2LH", b"PK\x05\x06", *[0] * 7)
    assert "docs/inner.bin" in package.read(zip_of(plugin_files)).files
