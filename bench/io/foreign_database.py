"""CAN databases that are no DBC files (ARXML, KCD, SYM): translated to DBC in a limited child process.

A database comes from somebody else: cantools can be made to hang, or to eat the memory, by a hostile one (measured).
The child's processor time and memory are bounded, and what it says passes the same gate as any DBC file.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

from bench.base.errors import InputError, Problem
from bench.canbus.database import Database, read_text

FOREIGN = (".arxml", ".kcd", ".sym")
"""Endings of names."""

_TIMEOUT_S = 40.0


def load_database(path: Path) -> Database:
    """The database at ``path``, of any known kind. Raises ``InputError``."""
    if path.suffix.lower() not in FOREIGN:
        return Database.load(path)
    text, findings = _translated(path)
    database = Database.from_text(text, f"{path} (as DBC)")
    return Database(str(path), database.messages, [*findings, *database.findings])


def dbc_text(path: Path) -> str:
    """The database as DBC text, which a run folder keeps and each process of a run reads. Raises ``InputError``."""
    return read_text(path) if path.suffix.lower() not in FOREIGN else _translated(path)[0]


def _translated(path: Path) -> tuple[str, list[str]]:
    """DBC text, and findings."""
    command = [sys.executable, "-m", "bench.io.database_translator", path.suffix.lower()]
    try:
        content = path.read_bytes()
        done = subprocess.run(command, input=content, capture_output=True, timeout=_TIMEOUT_S, check=False, env=_bare())
    except OSError as error:
        raise InputError([Problem(str(path), 0, 0, f"cannot be read: {error.strerror}")]) from None
    except subprocess.TimeoutExpired:
        raise InputError([Problem(str(path), 0, 0, f"could not be read in {_TIMEOUT_S:g} s; is it damaged?")]) from None
    try:
        told = json.loads(done.stdout)
    except ValueError:  # killed by its limits
        told = {"error": f"its reader ended with {done.returncode}: more than it may take; is it damaged?"}
    if "error" in told:
        raise InputError([Problem(str(path), 0, 0, f"is no usable {path.suffix} file: {told['error']}")])
    return told["dbc"], [f"{path}: {finding}" for finding in told["findings"]]


def _bare() -> dict[str, str]:
    """What the child must know to find this program again."""
    kept = ("PATH", "PYTHONPATH", "HOME", "VIRTUAL_ENV")
    return {name: os.environ[name] for name in kept if name in os.environ}
