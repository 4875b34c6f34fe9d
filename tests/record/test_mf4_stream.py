"""The MF4 stream against asammdf: open while it grows, torn, and finalised; values, units, invalidation bits."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from asammdf import MDF

from bench.base.time import VIRTUAL_EPOCH_S
from bench.io.disk import DiskStorage
from bench.record.mf4 import Column, Group, Mf4Writer
from bench.record.samples import SampleWriter
from bench.record.storage import MemoryStorage

CAN = Group(
    "can",
    (
        Column("dut.torque_est", "Nm", "i2", 0.05, 0.0, "estimate of the inverter"),
        Column("dut.dc_voltage", "V", "u2", 0.02),
        Column("dut.winding_temp", "degC", "u2", 0.1, -60.0),
        Column("dut.state", "1", "u1"),
    ),
)
ANALYZER = Group("analyzer", tuple(Column(f"dc.channel_{i}", "W", "f4" if i else "f8") for i in range(9)))


def rows(group: Group, count: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    t_ns = (np.arange(count) * 10_000_000 + 3).astype(np.int64)
    values = np.empty((count, len(group.columns)))
    for i, column in enumerate(group.columns):
        if column.dtype[0] == "f":
            values[:, i] = rng.normal(0, 1e4, count).astype(column.dtype)
        else:
            limit = np.iinfo(column.dtype)
            values[:, i] = rng.integers(limit.min, limit.max + 1, count) * column.factor + column.offset
    return t_ns, values, rng.random((count, len(group.columns))) > 0.1


def stream(folder: Path, counts: tuple[int, int]) -> tuple[SampleWriter, Mf4Writer, list[Any]]:
    storage = DiskStorage(folder)
    mf4 = Mf4Writer(
        storage.open("s.mf4"),
        [CAN, ANALYZER],
        start_ns=VIRTUAL_EPOCH_S * 10**9,
        text="a run",
        properties={"DUT": "gen5 <&> bev"},
    )
    writer = SampleWriter(mf4)
    told = [rows(group, count, i) for i, (group, count) in enumerate(zip((CAN, ANALYZER), counts, strict=True))]
    for group, (t_ns, values, good) in enumerate(told):
        for part in np.array_split(np.arange(len(t_ns)), 7):
            writer.add(group, t_ns[part], values[part], good[part])
    writer.flush()
    return writer, mf4, told


def compare(path: Path, told: list[Any], counts: tuple[int, int]) -> None:
    with MDF(path) as mdf:
        assert mdf.version == "4.10"
        assert mdf.header.start_time.timestamp() == VIRTUAL_EPOCH_S
        for group, (t_ns, values, good), count in zip((CAN, ANALYZER), told, counts, strict=True):
            for i, column in enumerate(group.columns):
                signal = mdf.get(column.name, ignore_invalidation_bits=True)
                assert signal.unit == column.unit
                assert len(signal) == count
                np.testing.assert_array_equal(signal.timestamps, t_ns[:count] / 1e9)
                np.testing.assert_allclose(signal.samples, values[:count, i], rtol=1e-12, atol=1e-9)
                bad = signal.invalidation_bits
                bad = np.zeros(count, bool) if bad is None else np.asarray(bad)
                np.testing.assert_array_equal(bad, ~good[:count, i])


def test_it_opens_while_it_grows_and_when_it_is_finalised(tmp_path: Path) -> None:
    writer, _, told = stream(tmp_path, (3000, 700))
    compare(tmp_path / "s.mf4", told, (3000, 700))
    writer.finalise()
    compare(tmp_path / "s.mf4", told, (3000, 700))
    with MDF(tmp_path / "s.mf4") as mdf:
        assert [group.channel_group.acq_name for group in mdf.groups] == ["can", "analyzer"]
        assert mdf.get("dut.torque_est").comment == "estimate of the inverter"
        assert "gen5 &lt;&amp;&gt; bev" in mdf.header.comment


@pytest.mark.parametrize("cut", [1, 10, 40, 700])
def test_a_torn_file_gives_the_whole_records_left(tmp_path: Path, cut: int) -> None:
    _, mf4, told = stream(tmp_path, (2000, 200))
    data = (tmp_path / "s.mf4").read_bytes()
    (tmp_path / "s.mf4").write_bytes(data[:-cut])
    compare(tmp_path / "s.mf4", told, (2000, 200 - -(-cut // mf4.dtypes[1].itemsize)))


def test_an_empty_stream_opens(tmp_path: Path) -> None:
    writer, _, told = stream(tmp_path, (0, 0))
    with MDF(tmp_path / "s.mf4") as mdf:
        assert len(mdf.get("dut.torque_est")) == 0
    writer.finalise()
    compare(tmp_path / "s.mf4", told, (0, 0))


def test_a_value_that_does_not_fit_is_invalid_and_counted() -> None:
    storage = MemoryStorage()
    writer = SampleWriter(Mf4Writer(storage.open("s"), [Group("g", (Column("a.b", "Nm", "i2", 0.05),))], start_ns=0))
    values = np.array([[1638.35], [1638.4], [np.nan], [np.inf], [-1638.4], [-1638.45]])
    good = np.array([[True]] * 4 + [[True], [False]])
    writer.add(0, np.arange(6), values, good)
    writer.flush()
    record = np.dtype([("id", "u1"), ("t", "<f8"), ("raw", "<i2"), ("invalid", "u1")])
    written = np.frombuffer(storage.read("s")[-6 * record.itemsize :], record)
    assert list(written["raw"]) == [32767, 0, 0, 0, -32768, 0]
    assert list(written["invalid"]) == [0, 1, 1, 1, 0, 1]
    assert writer.unfit == 3


def test_a_power_cut_while_finalising_never_leaves_a_wrong_file(tmp_path: Path) -> None:
    """Whatever of the patches reached the disk, the file id is the last: asammdf reads all rows or repairs them."""
    writer, _, told = stream(tmp_path, (50, 20))
    before = (tmp_path / "s.mf4").read_bytes()
    writer.finalise()
    after = (tmp_path / "s.mf4").read_bytes()
    changed = [i for i in range(len(before)) if before[i] != after[i] and i >= 8]
    half = bytearray(before)
    for place in changed:
        half[place] = after[place]
    half[60:62] = before[60:62]
    (tmp_path / "half.mf4").write_bytes(half)
    compare(tmp_path / "half.mf4", told, (50, 20))


def test_too_many_groups_are_refused() -> None:
    with pytest.raises(ValueError, match="256 groups"):
        Mf4Writer(MemoryStorage().open("s"), [Group("g", ())] * 256, start_ns=0)
