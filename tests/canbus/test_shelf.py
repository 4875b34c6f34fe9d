"""Kept databases: the same as parsed ones, and never another file's, another version's or a damaged one's."""

import re
from pathlib import Path

import pytest
from generated_dbc import generated

from bench.base.errors import InputError
from bench.canbus import Database, shelf

FILES = sorted((Path(__file__).parent / "data").glob("*/*.dbc"))
OWN = Path(__file__).parents[2] / "dbc" / "edu_gen5.dbc"


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home of its own."""
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def entries(home: Path) -> list[Path]:
    return sorted((home / ".cache" / "edu-bench" / "databases").glob("*"))


def parsed_only(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the files that are parsed from now on."""
    seen: list[str] = []
    real = shelf.keep
    monkeypatch.setattr("bench.canbus.database.keep", lambda *args: (seen.append("parsed"), real(*args)))
    return seen


@pytest.mark.parametrize("path", [*FILES, OWN], ids=lambda path: path.stem)
def test_a_kept_database_is_the_parsed_one(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first, seen = Database.load(path), parsed_only(monkeypatch)
    second = Database.load(path)
    assert seen == [] and isinstance(second.messages, shelf.StoredMessages)
    assert tuple(second.messages) == tuple(first.messages) and second.findings == first.findings
    for kept, made in zip(second.messages, first.messages, strict=True):
        assert repr(kept) == repr(made)  # 1 and 1.0 are equal and not the same


def test_findings_name_the_file_of_this_call(tmp_path: Path) -> None:
    text = generated(3) + 'VAL_ 9 Nothing 1 "x" ;\n'
    for name in ("a.dbc", "b.dbc"):
        (tmp_path / name).write_text(text)
        (finding,) = Database.load(tmp_path / name).findings
        assert finding.startswith(f"{tmp_path / name}:")


def test_another_content_is_another_entry(tmp_path: Path, home: Path) -> None:
    path = tmp_path / "x.dbc"
    for length in (7, 8):
        path.write_text(f'VERSION ""\nBU_: A\nBO_ 1 M: {length} A\n SG_ S : 0|8@1+ (1,0) [0|0] "" A\n')
        assert Database.load(path).message("M").length == length
    assert len(entries(home)) == 2


def test_another_version_makes_its_own(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Database.load(OWN)
    monkeypatch.setattr("bench.canbus.database._code", lambda: "a newer one")
    seen = parsed_only(monkeypatch)
    Database.load(OWN)
    assert seen == ["parsed"] and len(entries(home)) == 2


def damage(entry: bytes, kind: str) -> bytes:
    match kind:
        case "cut":
            return entry[: len(entry) // 2]
        case "empty":
            return b""
        case "one digit":
            return re.sub(rb'"DcVoltage", (\d)', rb'"DcVoltage", 9', entry, count=1)
        case "a line less":
            return entry[: entry.rindex(b"\n")]
        case "a picture":
            return b"\x89PNG\r\n\x1a\n" + bytes(1000)
    return entry.replace(b'"code": "', b'"code": "x', 1)


@pytest.mark.parametrize("kind", ["cut", "empty", "one digit", "a line less", "a picture", "another code"])
def test_a_damaged_entry_is_made_again(kind: str, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = Database.load(OWN)
    (entry,) = entries(home)
    whole = entry.read_bytes()
    entry.write_bytes(damage(whole, kind))
    assert entry.read_bytes() != whole
    seen = parsed_only(monkeypatch)
    assert tuple(Database.load(OWN).messages) == tuple(made.messages) and seen == ["parsed"]
    assert entry.read_bytes() == whole


def test_the_entry_of_another_file_is_not_taken(tmp_path: Path, home: Path) -> None:
    other = tmp_path / "other.dbc"
    other.write_text(generated(1))
    Database.load(other)
    (entry,) = entries(home)
    foreign = entry.read_bytes()
    entry.unlink()
    Database.load(OWN)
    (entry,) = entries(home)
    entry.write_bytes(foreign)
    assert Database.load(OWN).message("EDU_DC")


def test_the_folder_does_not_grow_without_end(tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shelf, "ENTRIES_MAX", 3)
    for seed in range(5):
        (tmp_path / "x.dbc").write_text(generated(seed))
        Database.load(tmp_path / "x.dbc")
    assert len(entries(home)) == 3


def test_without_a_place_to_keep_it_a_file_is_read_all_the_same(home: Path) -> None:
    home.write_text("no folder")
    assert Database.load(OWN).message("EDU_DC")


def test_what_is_refused_is_not_kept(tmp_path: Path, home: Path) -> None:
    (tmp_path / "x.dbc").write_text("nonsense")
    with pytest.raises(InputError):
        Database.load(tmp_path / "x.dbc")
    assert entries(home) == []
