"""What is exported is what was recorded, as independent readers see it: asammdf, python-can, pyarrow."""

import json
import shutil
from collections import Counter
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace

import can
import numpy as np
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
import pytest
from asammdf import MDF

from bench.assembly import draw, load_inputs
from bench.base.errors import InputError
from bench.base.time import VIRTUAL_EPOCH_S
from bench.io.disk import DiskStorage
from bench.record.manifest import seal_of, text_of
from bench.record.mf4_reading import read_parts
from bench.record.verify import verify
from bench.service.compaction import compact_later
from bench.service.export import mdf as mdf_export
from bench.service.export.run import FORMATS, export
from bench.service.run_folder import Labels
from bench.service.virtual_run import run_virtual

SLOW = pytest.mark.slow


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> SimpleNamespace:
    """A short run with all that came in, and what the wires carried."""
    frames: list[np.ndarray] = []
    blueprint = draw(load_inputs("smoke"), log_full=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("bench.service.virtual_run.write_report", lambda *_: None)
        labels = Labels("virtual", 1, VIRTUAL_EPOCH_S)
        result = run_virtual(blueprint, tmp_path_factory.mktemp("run"), labels, on_frames=frames.append)
    return SimpleNamespace(storage=DiskStorage(result.folder, create=False), frames=np.concatenate(frames))


def test_parquet_is_what_asammdf_reads_with_units_and_empty_where_not_good(
    run: SimpleNamespace, tmp_path: Path
) -> None:
    files = export(run.storage, "parquet", tmp_path)
    assert {path.name for path in files} >= {"can.parquet", "analyzer.parquet", "supply.parquet"}
    seen = empty = 0
    with MDF(run.storage.folder / "samples.mf4") as mdf:
        for path in files:
            table = pq.ParquetFile(path, pre_buffer=False).read(use_threads=False)
            for field in table.schema:
                if field.name == "t_s":
                    continue
                signal = mdf.get(field.name, ignore_invalidation_bits=True)
                column = table[field.name].combine_chunks()
                bad = signal.invalidation_bits
                good = np.ones(len(signal), bool) if bad is None else ~np.asarray(bad)
                assert (np.asarray(column.is_valid()) == good).all(), field.name
                values = column.fill_null(0).to_numpy(zero_copy_only=False)
                np.testing.assert_allclose(values[good], signal.samples[good], rtol=1e-12)
                np.testing.assert_array_equal(table["t_s"].to_numpy(), signal.timestamps)
                assert (field.metadata or {}).get(b"unit", b"").decode() == signal.unit
                seen, empty = seen + 1, empty + int((~good).sum())
    assert seen > 60 and empty > 0


def test_csv_says_the_same_as_parquet(run: SimpleNamespace, tmp_path: Path) -> None:
    export(run.storage, "parquet", tmp_path)
    for path in export(run.storage, "csv", tmp_path):
        table = pa_csv.read_csv(path)
        control = pq.ParquetFile(path.with_suffix(".parquet"), pre_buffer=False).read(use_threads=False)
        assert [name.split(" [")[0] for name in table.column_names] == control.column_names
        for name, other in zip(table.column_names, control.column_names, strict=True):
            ours, theirs = table[name].to_pandas(), control[other].to_pandas()
            np.testing.assert_allclose(ours.astype(float), theirs.astype(float), rtol=1e-6)
    head = (tmp_path / "can.csv").read_text().splitlines()[0]
    assert '"t_s"' in head and '"dut.torque_cmd [Nm]"' in head


def test_compressed_mf4_has_every_signal_and_the_run_is_untouched(run: SimpleNamespace, tmp_path: Path) -> None:
    (path,) = export(run.storage, "mf4", tmp_path)
    whole = run.storage.folder / "samples.mf4"
    assert path.stat().st_size < 0.5 * whole.stat().st_size
    with MDF(path) as ours, MDF(whole) as control:
        assert set(ours.channels_db) == set(control.channels_db)
        for name in ("dut.torque_cmd", "dc.voltage", "flange_l.torque"):
            assert (ours.get(name).samples == control.get(name).samples).all()
    assert verify(run.storage) == []


def keyed(frames: np.ndarray) -> Counter:
    return Counter((int(f["bus"]), int(f["id"]) & 0x1FFFFFFF, f["data"][: f["length"]].tobytes()) for f in frames)


@pytest.mark.parametrize(
    ("kind", "reader"),
    [
        ("blf", can.BLFReader),
        pytest.param("asc", can.ASCReader, marks=SLOW),
        pytest.param("bus_mf4", can.MF4Reader, marks=SLOW),
    ],
)
def test_the_buses_are_what_the_wires_carried(run: SimpleNamespace, tmp_path: Path, kind: str, reader: type) -> None:
    notes: list[str] = []
    (path,) = export(run.storage, kind, tmp_path, notes.append)
    with reader(str(path)) as log:
        messages = list(log)
    assert notes == []
    told = Counter((m.channel, m.arbitration_id, bytes(m.data)) for m in messages)
    wire = keyed(run.frames)
    missing, more = wire - told, told - wire
    last = run.frames["t_ns"].max() / 1e9  # what was on its way at the end
    assert sum(missing.values()) + sum(more.values()) < 40, (missing, more)
    times = np.array([m.timestamp for m in messages])
    assert (np.diff(times) >= 0).all()
    if kind != "asc":  # which counts from its beginning
        assert times[0] >= VIRTUAL_EPOCH_S - 1e-3 and abs(times[-1] - VIRTUAL_EPOCH_S - last) < 0.1
    if kind == "blf":
        sent = {int(f["id"]) for f in run.frames if f["sender"] == 0}
        assert {m.arbitration_id for m in messages if not m.is_rx} <= sent


def test_another_core_is_told_and_what_it_received_is_exported(run: SimpleNamespace, tmp_path: Path) -> None:
    shutil.copytree(run.storage.folder, tmp_path / "old")
    path = tmp_path / "old" / "manifest.json"
    content = json.loads(path.read_bytes()) | {"program": "0" * 64}
    path.write_bytes(text_of(content | {"seal": seal_of(content)}))
    notes: list[str] = []
    (log,) = export(DiskStorage(tmp_path / "old"), "blf", tmp_path / "out", notes.append)
    with can.BLFReader(str(log)) as reader:
        assert all(message.is_rx for message in reader)
    assert "another core" in notes[0]


def test_what_cannot_be_exported_is_refused_with_a_remedy(
    run: SimpleNamespace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(InputError, match="inside the run"):
        export(run.storage, "csv", run.storage.folder / "inputs" / "x")
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot be exported as csv"):
        export(run.storage, "csv", tmp_path / "file")
    monkeypatch.setattr(mdf_export, "find_spec", lambda _name: None)
    for kind in ("mf4", "hdf5"):
        with pytest.raises(InputError, match=r"needs asammdf.*pip install 'edu-bench\[export\]'"):
            export(run.storage, kind, tmp_path)


@SLOW
def test_a_run_that_kept_a_digest_has_no_frames(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bench.service.virtual_run.write_report", lambda *_: None)
    result = run_virtual(draw(load_inputs("smoke")), tmp_path, Labels("virtual", 1, VIRTUAL_EPOCH_S))
    with pytest.raises(InputError, match="--inbox full"):
        export(DiskStorage(result.folder), "blf", tmp_path / "out")


def test_hdf5_has_every_signal_where_it_can_be_written(run: SimpleNamespace, tmp_path: Path) -> None:
    if find_spec("h5py") is None:
        with pytest.raises(InputError, match="needs h5py"):
            export(run.storage, "hdf5", tmp_path)
        return
    import h5py

    (path,) = export(run.storage, "hdf5", tmp_path)
    names: list[str] = []
    with h5py.File(path) as file:
        file.visit(names.append)
    assert any(name.endswith("dut.torque_cmd") for name in names)


@SLOW
def test_copies_are_made_in_the_background_and_the_run_stays_sealed(run: SimpleNamespace, tmp_path: Path) -> None:
    assert compact_later(run.storage.folder, tmp_path).wait(120) == 0
    made = {path.name for path in (tmp_path / run.storage.folder.name).iterdir()}
    assert {"samples.mf4", "can.parquet", "analyzer.parquet"} <= made
    assert verify(run.storage) == []


def test_parts_join_without_a_gap_and_a_torn_row_is_left_out(run: SimpleNamespace, tmp_path: Path) -> None:
    whole = {part.group.name: part for part in read_parts(run.storage, "samples.mf4")}
    small: dict[str, list[float]] = {}
    for part in read_parts(run.storage, "samples.mf4", rows=50):
        small.setdefault(part.group.name, []).extend(part.t_s)
    assert {name: list(part.t_s) for name, part in whole.items()} == small
    torn = DiskStorage(tmp_path)
    torn.write("samples.mf4", run.storage.read("samples.mf4")[:-1])
    assert sum(len(part.t_s) for part in read_parts(torn, "samples.mf4")) == sum(map(len, small.values())) - 1
    assert len(FORMATS) == 7
