"""The one wait that needs a word: the first compilation."""

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

from bench.cli.terminal import note

_LAST = {"core": "bench.core.cycle", "bench": "bench.emulators.couple"}
"""The parts in the order of compilation, each with the module of the function that is compiled last."""


def announce_compilation(quiet: bool = False) -> None:
    """Say so when compiled functions are not there yet."""
    if not quiet and _missing():
        note("compiling for this machine; takes a minute or so, once for each version of the bench")


def prepare_compiled_code(quiet: bool = False) -> None:
    """Say so when compiled functions are not there yet, and have them compiled apart.

    If that fails, whoever needs them compiles them, and tells what is wrong. Where nothing can be kept, each process
    compiles for itself.
    """
    announce_compilation(quiet)
    for part in _missing():
        if _folder(_LAST[part]) is not None:
            command = [sys.executable, "-m", "bench.service.compilation", part]
            subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=False)


def _missing() -> list[str]:
    return [part for part, module in _LAST.items() if not _kept(_folder(module))]


def _folder(module: str) -> Path | None:
    from bench.base.compiled import cache_folder

    spec = find_spec(module)
    return cache_folder(Path(spec.origin)) if spec and spec.origin else None


def _kept(folder: Path | None) -> bool:
    return folder is not None and any(folder.glob("**/*.nbc"))
