"""Plugin files are unpacked with suspicion: nothing leaves the folder, nothing runs, nothing is half there."""

from __future__ import annotations

import errno
import stat
import zipfile
from pathlib import Path

import pytest

from desk_app.plugin_host import archives
from desk_app.plugin_host.archives import ArchiveError, build, checked, unpack
from desk_app.plugin_host.scaffold import write_new
from desk_app.plugin_host.sources import digest

MANIFEST = 'id = "small"\nname = "Small"\nversion = "1.0"\napi = ">=1.0"\nentry = "plugin"\n'
GOOD = {"plugin.toml": MANIFEST, "plugin.py": "x = 1\n"}


def _zip(path: Path, files: dict[str, str | bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def test_what_was_built_unpacks_to_the_same_files(tmp_path: Path) -> None:
    source = tmp_path / "greeter"
    write_new(source)
    (source / "__pycache__").mkdir()
    (source / "__pycache__" / "plugin.pyc").write_bytes(b"old")
    file = build(source, tmp_path / "dist")
    assert file.name == "greeter-0.1.0.zip"
    made = unpack(file, tmp_path / "there")
    assert made.manifest.id == "greeter"
    assert digest(tmp_path / "there") == digest(source)
    before = file.read_bytes()
    assert build(source, tmp_path / "dist").read_bytes() == before


@pytest.mark.parametrize("top", ["", "small/"])
def test_the_manifest_is_at_the_top_or_in_the_only_folder(tmp_path: Path, top: str) -> None:
    file = _zip(tmp_path / "a.zip", {top + name: text for name, text in GOOD.items()})
    made = unpack(file, tmp_path / "there")
    assert (made.folder / "plugin.py").read_text() == "x = 1\n"


def test_a_pure_wheel_is_installed_and_another_is_not(tmp_path: Path) -> None:
    files = {f"small/{name}": text for name, text in GOOD.items()}
    pure = _zip(
        tmp_path / "a.whl", files | {"small-1.0.dist-info/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\n"}
    )
    made = unpack(pure, tmp_path / "there")
    assert sorted(one.name for one in made.folder.iterdir()) == ["plugin.py", "plugin.toml"]
    native = _zip(tmp_path / "b.whl", files | {"small-1.0.dist-info/WHEEL": "Root-Is-Purelib: false\n"})
    with pytest.raises(ArchiveError, match="one kind of computer"):
        unpack(native, tmp_path / "not there")


@pytest.mark.parametrize(
    "name",
    [
        "../evil.py",
        "a/../../evil.py",
        "/etc/evil.py",
        "C:evil.py",
        "a\\..\\..\\evil.py",
        "a//evil.py",
        "./evil.py",
        "con.py",
        "evil.py.",
        "com¹.txt",
        "CONIN$",
        "a" * 300,
    ],
)
def test_names_that_could_leave_the_folder_are_refused(tmp_path: Path, name: str) -> None:
    file = _zip(tmp_path / "a.zip", GOOD | {name: "boo"})
    with pytest.raises(ArchiveError, match="forbidden name"):
        unpack(file, tmp_path / "there")
    assert sorted(one.name for one in tmp_path.iterdir()) == ["a.zip"]


def test_links_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "a.zip"
    with zipfile.ZipFile(file, "w") as archive:
        for name, text in GOOD.items():
            archive.writestr(name, text)
        link = zipfile.ZipInfo("data")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "/etc/passwd")
    with pytest.raises(ArchiveError, match="link"):
        unpack(file, tmp_path / "there")
    assert not (tmp_path / "there").exists()


def test_a_bomb_is_stopped_while_it_unpacks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "MAX_BYTES", 1_000_000)
    file = _zip(tmp_path / "a.zip", GOOD | {"zeros.txt": b"\0" * 3_000_000})
    assert file.stat().st_size < 10_000
    with pytest.raises(ArchiveError, match="larger"):
        unpack(file, tmp_path / "there")
    assert not (tmp_path / "there").exists()


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"readme.txt": "hello"}, "no plugin"),
        ({"a/plugin.toml": MANIFEST, "b/plugin.toml": MANIFEST}, "more than one"),
        ({"a/b/plugin.toml": MANIFEST}, "only folder"),
        (GOOD | {"fast.so": b"\x7fELF"}, "compiled code"),
        (GOOD | {"Plugin.py": "x = 2\n"}, "twice"),
        (GOOD | {"plugin.toml": MANIFEST.replace(">=1.0", ">=9")}, "made for version"),
        (GOOD | {"plugin.toml": MANIFEST.replace('"1.0"', '"one"')}, r"plugin\.toml:3: .*not a version"),
        (GOOD | {"plugin.toml": "id = "}, r"plugin\.toml.*TOML"),
    ],
)
def test_what_is_wrong_is_said_with_file_and_line(tmp_path: Path, files: dict[str, str | bytes], said: str) -> None:
    with pytest.raises(ArchiveError, match=said):
        unpack(_zip(tmp_path / "a.zip", files), tmp_path / "there")
    assert not (tmp_path / "there").exists()


@pytest.mark.parametrize(
    ("source", "said"),
    [("def broken(:\n", r"plugin\.py:1: "), ("x = 1\0", r"plugin\.py"), ("-" * 100_000 + "1", r"plugin\.py")],
)
def test_sources_are_read_by_the_trial_and_not_by_the_desk(tmp_path: Path, source: str, said: str) -> None:
    made = unpack(_zip(tmp_path / "a.zip", GOOD | {"plugin.py": source}), tmp_path / "there")
    with pytest.raises(ArchiveError, match=said):
        checked(made.folder)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04garbage", b"no zip at all"])
def test_damaged_files_are_named(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "a.zip"
    file.write_bytes(content)
    with pytest.raises(ArchiveError, match=r"It is damaged, .* Get it once more"):
        unpack(file, tmp_path / "there")


def test_a_file_with_a_wrong_name_is_called_by_its_right_one(tmp_path: Path) -> None:
    file = _zip(tmp_path / "a.zip", {"small/Plugin.TOML": MANIFEST})
    with pytest.raises(ArchiveError, match=r"“small/Plugin\.TOML” must be called plugin\.toml"):
        unpack(file, tmp_path / "there")


@pytest.mark.parametrize("lie", [b"", b"PK\5\6"])
def test_a_list_of_a_million_files_is_not_even_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lie: bytes
) -> None:
    many = _zip(tmp_path / "a.zip", GOOD | {f"{number:0240}": b"" for number in range(200)})
    content = many.read_bytes()
    if lie:  # where the list begins; zipfile finds it without that
        many.write_bytes(content[:-6] + lie + content[-2:])
    assert len(zipfile.ZipFile(many).namelist()) == 202
    monkeypatch.setattr(archives, "MAX_FILES", 50)
    monkeypatch.setattr(archives.zipfile, "ZipFile", None)
    with pytest.raises(ArchiveError, match="too many files"):
        unpack(many, tmp_path / "there")


def test_a_bomb_of_folders_is_stopped(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {f"{number}/{'/'.join('abcdefgh')}/x": b"" for number in range(200)}
    with pytest.raises(ArchiveError, match="more than 1000 folders"):
        unpack(_zip(tmp_path / "a.zip", GOOD | files), tmp_path / "there")
    assert not (tmp_path / "there").exists()


def test_names_that_are_no_utf_8_are_taken_as_they_are(tmp_path: Path) -> None:
    file = _zip(tmp_path / "a.zip", GOOD | {"data/XXXX.txt": "x"})
    file.write_bytes(file.read_bytes().replace(b"XXXX", b"\xff\xfe\x81\x82"))
    assert len(list((unpack(file, tmp_path / "there").folder / "data").iterdir())) == 1


def test_source_too_large_to_be_read_is_refused(tmp_path: Path) -> None:
    file = _zip(tmp_path / "a.zip", GOOD | {"plugin.py": "x = 1\n" * 400_000})
    with pytest.raises(ArchiveError, match="larger than 2 MB"):
        unpack(file, tmp_path / "there")


@pytest.mark.parametrize(
    ("number", "said"), [(errno.ENOSPC, "The disk is full. Make room"), (errno.EROFS, "does not allow it")]
)
def test_what_the_computer_cannot_do_is_said_with_what_helps(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, said: str
) -> None:
    def fail(*_arguments: object) -> None:
        raise OSError(number, "no")

    monkeypatch.setattr(archives, "_extract", fail)
    with pytest.raises(ArchiveError, match=f"It cannot be unpacked.*{said}"):
        unpack(_zip(tmp_path / "a.zip", GOOD), tmp_path / "there")
    assert not (tmp_path / "there").exists()


def test_a_wheel_whose_description_is_a_bomb_is_refused_without_unpacking_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files: dict[str, str | bytes] = {f"small/{name}": text for name, text in GOOD.items()}
    bomb = _zip(tmp_path / "a.whl", files | {"small-1.0.dist-info/WHEEL": b"\n" * (1 << 24)})

    def whole(*_arguments: object, **_more: object) -> bytes:
        raise MemoryError

    monkeypatch.setattr(zipfile.ZipFile, "read", whole)
    with pytest.raises(ArchiveError, match="one kind of computer"):
        unpack(bomb, tmp_path / "there")


def test_a_manifest_nested_without_end_is_an_error_of_that_plugin_only(tmp_path: Path) -> None:
    file = _zip(tmp_path / "a.zip", GOOD | {"plugin.toml": "deep = " + "[" * 100_000})
    with pytest.raises(ArchiveError, match="nested too deeply"):
        unpack(file, tmp_path / "there")


def test_code_that_nobody_can_read_is_not_unpacked(tmp_path: Path) -> None:
    file = _zip(tmp_path / "a.zip", GOOD | {"hidden.pyc": b"code", "deep/hidden.PYO": b"code"})
    made = unpack(file, tmp_path / "there")
    assert sorted(one.name for one in made.folder.iterdir()) == ["plugin.py", "plugin.toml"]
