"""ARXML, KCD and SYM: read by cantools in a limited child, equal to cantools by itself."""

import random
from pathlib import Path
from typing import Any

import cantools
import pytest
from arxml import Frame, described

from bench.base.errors import InputError
from bench.canbus.protection import Profile
from bench.io import foreign_database
from bench.io.foreign_database import dbc_text, load_database

TESTS = Path(__file__).resolve().parents[1]
DATA = TESTS / "canbus" / "data"

STATUS = (("Crc", 0, 8), ("Counter", 8, 4), ("Speed", 16, 16), ("Torque", 32, 16))


def agrees(path: Path) -> int:
    """How many messages decode as cantools decodes them from the file itself; any other fails."""
    ours, theirs = load_database(path), cantools.database.load_file(str(path), strict=False)
    draw = random.Random(3)
    for message in ours.messages:
        for _ in range(20):
            data = draw.randbytes(message.length)
            try:
                wanted = theirs.decode_message(message.name, data, decode_choices=False)
            except Exception:  # a page that does not exist
                continue
            assert ours.decode(message.id, data) == wanted
        assert message.period_ms == (theirs.get_message_by_name(message.name).cycle_time or 0)
    return len(ours.messages)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "kind"),
    [("savvycan/bms.dbc", "kcd"), ("cantools/floating_point.dbc", "kcd"), ("savvycan/bms.dbc", "sym")],
)
def test_other_formats_give_the_same_values(tmp_path: Path, name: str, kind: str) -> None:
    source: Any = cantools.database.load_file(str(DATA / name), strict=False)
    path = tmp_path / f"same.{kind}"
    path.write_text(source.as_kcd_string() if kind == "kcd" else source.as_sym_string())
    assert agrees(path) == len(source.messages)


@pytest.mark.slow
def test_a_system_description_with_all_that_it_says(tmp_path: Path) -> None:
    path = tmp_path / "car.arxml"
    frames = [
        Frame("PLAIN", 0x100, (("Speed", 0, 16), ("Torque", 16, 12))),
        Frame("SAFE", 0x110, STATUS, e2e=("PROFILE_01", (0x123,))),
        Frame("SECRET", 0x120, (("Key", 0, 8),), secured=True),
        Frame("ODD", 0x130, STATUS, e2e=("PROFILE_01", (1, 2, 3))),
    ]
    path.write_text(described(frames))
    assert agrees(path) == 2
    database = load_database(path)
    safe = database.message("SAFE").protection
    assert safe is not None and (safe.profile, safe.data_id) == (Profile.P01, 0x123)
    assert database.message("SAFE").period_ms == 10
    told = "\n".join(database.findings)
    assert "message SECRET is secured by SecOC, which is not supported" in told
    assert "message ODD is protected by E2E with 3 data ids" in told
    with pytest.raises(InputError, match="SecOC"):
        database.message("SECRET")
    assert "PLAIN_Torque" in dbc_text(path)
    assert "SECRET" not in dbc_text(path)


@pytest.mark.slow  # a process each
@pytest.mark.parametrize("ending", foreign_database.FOREIGN)
@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00", b"<a><b></a>", b'<?xml version="1.0"?><NetworkDefinition/>'])
def test_what_is_no_database_is_told(tmp_path: Path, ending: str, content: bytes) -> None:
    path = tmp_path / f"x{ending}"
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"x\.\w+: is no usable"):
        load_database(path)


@pytest.mark.slow
def test_a_hostile_file_ends_at_its_limits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Entities that grow a million-fold, and a reader that is not allowed the time."""
    levels = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 12))
    head = f'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a0 "aaaaaaaaaa">{levels}]>'
    (tmp_path / "x.kcd").write_text(f"{head}<NetworkDefinition>&a11;</NetworkDefinition>")
    with pytest.raises(InputError):
        load_database(tmp_path / "x.kcd")
    monkeypatch.setattr(foreign_database, "_TIMEOUT_S", 0.01)
    with pytest.raises(InputError, match="could not be read in"):
        load_database(tmp_path / "x.kcd")


def test_a_dbc_needs_no_child(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(foreign_database.subprocess, "run", lambda *_a, **_k: pytest.fail("a child was started"))
    assert load_database(DATA / "savvycan" / "bms.dbc").messages
