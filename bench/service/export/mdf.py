"""Samples of a run through asammdf: compressed MF4, HDF5. asammdf is an extra: nobody needs it to run a bench."""

from importlib.util import find_spec
from pathlib import Path
from typing import Any

from bench.base.errors import InputError, Problem
from bench.io.disk import DiskStorage
from bench.record.sample_files import sample_names


def require(*packages: str) -> None:
    """Raises ``InputError`` with the remedy where one of ``packages`` is not installed."""
    if missing := [name for name in packages if find_spec(name) is None]:
        told = f"needs {' and '.join(missing)}; install it: pip install 'edu-bench[export]'"
        raise InputError([Problem("--format", 0, 0, told)])


def export_mf4(run: DiskStorage, folder: Path) -> list[Path]:
    """``samples.mf4``: all rows in one file, sorted, transposed and compressed."""
    require("asammdf")
    with _whole(run) as mdf:
        return [Path(mdf.save(folder / "samples.mf4", compression=2, overwrite=True))]


def export_hdf5(run: DiskStorage, folder: Path) -> list[Path]:
    """``samples.hdf``: one group for each group of channels, with its time. Values that are not good are kept in it, as
    asammdf writes it: MF4 and Parquet tell them apart."""
    require("asammdf", "h5py")
    with _whole(run) as mdf:
        mdf.export("hdf5", folder / "samples.hdf", single_time_base=False, overwrite=True)
    return [folder / "samples.hdf"]


def _whole(run: DiskStorage) -> Any:
    """One MDF of all files."""
    from asammdf import MDF

    paths = [run.folder / name for name in sample_names(run.names())]
    return MDF(paths[0]) if len(paths) == 1 else MDF.concatenate(paths, version="4.10", sync=False)
