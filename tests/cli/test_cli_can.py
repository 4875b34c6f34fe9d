"""``bench can``: databases, logs, live buses."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import can
import cantools
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
import pytest

from bench.assembly import load_inputs
from bench.config.search import find
from bench.service.can_dump import Seen, watch
from bench.service.emulation import open_places

DATA = Path(__file__).resolve().parents[1] / "canbus" / "data"
DBC = DATA / "savvycan" / "bms.dbc"
EDU = find("dbc", "edu_gen5")
ENDINGS = {".blf": can.BLFWriter, ".asc": can.ASCWriter, ".trc": can.TRCWriter, ".log": can.CanutilsLogWriter}


def frames() -> Iterator[can.Message]:
    """Status frames of the inverter, two seconds of them, among strangers."""
    database = cantools.database.load_file(str(EDU))
    status = database.get_message_by_name("EDU_TEMPS_1")
    for n in range(200):
        values = {signal.name: float(signal.offset or 0) + n % 14 for signal in status.signals}
        data = status.encode(values, strict=False)
        stamp = 1_700_000_000 + n * 0.01
        yield can.Message(timestamp=stamp, arbitration_id=status.frame_id, is_extended_id=False, data=data, channel=0)
        yield can.Message(timestamp=stamp, arbitration_id=0x7EF, is_extended_id=False, data=b"\x01", channel=0)


def logged(folder: Path, ending: str) -> Path:
    """A log of these frames."""
    path = folder / f"night{ending}"
    with ENDINGS[ending](str(path)) as writer:
        for frame in frames():
            writer.on_message_received(frame)
    return path


def test_lint_counts_and_finds(bench_inside: Any) -> None:
    code, said = bench_inside("can", "lint", str(EDU))
    assert (code, said["findings"]) == (0, [])
    assert said["messages"] >= 8 and said["protected"] >= 7


def test_lint_tells_what_is_wrong(tmp_path: Path, bench_inside: Any) -> None:
    text = EDU.read_text()
    assert " SG_ " in text
    (tmp_path / "broken.dbc").write_text(text.replace("|", "|9", 1))
    code, said = bench_inside("can", "lint", str(tmp_path / "broken.dbc"))
    assert code in (1, 2)
    assert said.get("findings") or said.get("problems")


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_log_of_any_kind_becomes_the_same_tables(tmp_path: Path, bench_inside: Any, ending: str) -> None:
    log = logged(tmp_path, ending)
    code, said = bench_inside("can", "decode", str(log), "--dbc", str(EDU), "--into", str(tmp_path / "out"))
    assert code == 0
    assert said["rows"] == {"EDU_TEMPS_1": 200}
    assert "200 frames of 1 ids that no message has: 0x7ef" in said["findings"]
    table = pq.ParquetFile(tmp_path / "out" / "EDU_TEMPS_1.parquet", pre_buffer=False).read(use_threads=False)
    database = cantools.database.load_file(str(EDU))
    wanted = [
        database.decode_message(frame.arbitration_id, frame.data, decode_choices=False)
        for frame in frames()
        if frame.arbitration_id != 0x7EF
    ]
    for name in wanted[0]:
        assert table.column(name).to_pylist() == [row[name] for row in wanted]
    steps = [b - a for a, b in zip(table["t_ns"].to_pylist(), table["t_ns"].to_pylist()[1:], strict=False)]
    assert all(abs(step - 10_000_000) < 200_000 for step in steps)


def test_csv_holds_the_same(tmp_path: Path, bench_inside: Any) -> None:
    log = logged(tmp_path, ".log")
    into = str(tmp_path / "o")
    code, said = bench_inside("can", "decode", str(log), "--dbc", str(EDU), "--out", "csv", "--into", into)
    assert (code, said["files"]) == (0, ["EDU_TEMPS_1.csv"])
    assert pa_csv.read_csv(tmp_path / "o" / "EDU_TEMPS_1.csv").num_rows == 200


def test_multiplexed_signals_are_empty_where_they_were_not_sent(tmp_path: Path, bench_inside: Any) -> None:
    dbc = DATA / "own" / "pages.dbc"
    database = cantools.database.load_file(str(dbc), strict=False)
    rows = [bytes([n % 2, n, 3, 4, 5, 6, 7, 8]) for n in range(20)]
    lines = [f"({n}.000000) can0 064#{data.hex()}" for n, data in enumerate(rows)]
    (tmp_path / "mux.log").write_text("\n".join(lines) + "\n")
    code, _ = bench_inside("can", "decode", str(tmp_path / "mux.log"), "--dbc", str(dbc), "--into", str(tmp_path / "o"))
    assert code == 0
    table = pq.ParquetFile(tmp_path / "o" / "PLAIN.parquet", pre_buffer=False).read(use_threads=False).to_pylist()
    told = [{name: value for name, value in row.items() if name != "t_ns" and value is not None} for row in table]
    assert told == [database.decode_message(100, data, decode_choices=False) for data in rows]


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("x.blf", b"no", "is no BLF file"),
        ("x.asc", b"\xff\xfe\x00garbage\n\n", ""),
        ("x.xyz", b"", "no known kind of log"),
        ("absent.blf", None, "cannot be read"),
    ],
)
def test_a_log_that_is_none_leaves_nothing(
    tmp_path: Path, bench_inside: Any, name: str, content: bytes | None, words: str
) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    code, said = bench_inside("can", "decode", str(tmp_path / name), "--dbc", str(EDU), "--into", str(tmp_path / "out"))
    if code == 2:
        assert words in json.dumps(said["problems"])
        assert not (tmp_path / "out").exists()
    else:
        assert said["rows"] == {}


def test_a_folder_that_is_there_is_not_written_into(tmp_path: Path, bench_inside: Any) -> None:
    (tmp_path / "out").mkdir()
    log = logged(tmp_path, ".blf")
    code, said = bench_inside("can", "decode", str(log), "--dbc", str(EDU), "--into", str(tmp_path / "out"))
    assert code == 2
    assert "--into" in said["problems"][0]["message"]
    assert list((tmp_path / "out").iterdir()) == []


@pytest.mark.alone
def test_dump_shows_what_is_on_the_wire(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path_factory.mktemp("w")))
    place = open_places(load_inputs("smoke").rig.value)["can.dut"]
    seen: list[Seen] = []
    with place.open() as sender:
        told = [*frames()][:6]

        def asked() -> bool:
            if told:
                sender.send(told.pop(0))
            return False

        totals = watch("e_axle_demo", None, True, (), seen.append, asked, count=6, seconds_max=10.0)
    assert (totals.frames, totals.unknown) == (6, 3)
    assert {one.message for one in seen} == {"EDU_TEMPS_1", "?"}
    assert all(one.values for one in seen if one.message != "?")
    assert "EDU_TEMPS_1" in seen[0].line()


def test_dump_of_an_unknown_message_or_bus_says_so(bench_inside: Any) -> None:
    code, said = bench_inside("can", "dump", "--emulated", "--only", "EDU_STATSU", "--seconds", "0.1")
    assert code == 2
    assert "EDU_STATUS" in said["problems"][0]["message"]
