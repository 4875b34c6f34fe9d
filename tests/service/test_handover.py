"""Shift notes: they stand beside the runs, are acknowledged by name, and cannot be changed unseen."""

from pathlib import Path

import pytest

from bench.base.errors import InputError
from bench.service.handover import NAME, Handover

T = 1_900_000_000_000_000_000


def test_notes_are_kept_by_run_and_acknowledged_by_name(tmp_path: Path) -> None:
    handover = Handover(tmp_path)
    assert handover.notes() == []
    handover.write("run_a", "the hose drips ", "A. Vogel", T)
    handover.write("run_b", "zeroed", "A. Vogel", T + 1)
    assert handover.acknowledge("run_a", "M. Kern", T + 2) == 1
    assert handover.acknowledge("run_a", "M. Kern", T + 3) == 0
    assert handover.acknowledge("run_a", "Z. Ott", T + 4) == 1
    (note,) = Handover(tmp_path).notes("run_a")
    assert (note.number, note.t_ns, note.by, note.text) == (1, T, "A. Vogel", "the hose drips")
    assert note.read_by == ("M. Kern", "Z. Ott")
    assert [n.read_by for n in handover.notes("run_b")] == [()]


def test_nothing_is_written_into_a_run(tmp_path: Path) -> None:
    (tmp_path / "run_a").mkdir()
    Handover(tmp_path).write("run_a", "text", "somebody", T)
    assert list((tmp_path / "run_a").iterdir()) == [] and (tmp_path / NAME).exists()


def test_a_changed_note_is_noticed(tmp_path: Path) -> None:
    handover = Handover(tmp_path)
    handover.write("run_a", "all is well", "A. Vogel", T)
    path = tmp_path / NAME
    path.write_bytes(path.read_bytes().replace(b"all is well", b"all is bad!"))
    with pytest.raises(InputError, match=r"handover\.jsonl: journal line 1: changed"):
        handover.notes()
    with pytest.raises(InputError, match="set handover"):
        handover.write("run_a", "more", "A. Vogel", T)


@pytest.mark.parametrize(("text", "by"), [("", "x"), (" \n", "x"), ("x" * 4001, "x"), ("x", ""), ("x", "a\nb")])
def test_what_is_no_note_is_refused(tmp_path: Path, text: str, by: str) -> None:
    with pytest.raises(InputError, match="write 1 to"):
        Handover(tmp_path).write("run_a", text, by, T)
    assert not (tmp_path / NAME).exists()
