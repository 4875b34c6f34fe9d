"""The one wait that needs a word: the first compilation."""

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

from bench.cli.terminal import note

_LAST = {"core": "bench.core.cycle", "world": "bench.emulators.free_world", "bench": "bench.emulators.couple"}
"""The parts, each with the module of the function that is compiled last. All but the last are compiled side by side;
it stands on them."""


def announce_compilation(quiet: bool = False) -> None:
    """Say so when compiled functions are not there yet."""
    if not quiet and _missing():
        note("compiling for this machine; takes half a minute or so, once for each version of the bench")


def prepare_compiled_code(quiet: bool = False) -> None:
    """Say so when compiled functions are not there yet, and have them compiled apart.

    If that fails, whoever needs them compiles them, and tells what is wrong. Where nothing can be kept, each process
    compiles for itself.
    """
    announce_compilation(quiet)
    *beside, last = _LAST
    missing = [part for part in _missing() if _folder(_LAST[part]) is not None]
    for child in [_compile(part) for part in missing if part in beside]:
        child.wait()
    if last in missing:
        _compile(last).wait()


def _compile(part: str) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-m", "bench.service.compilation", part]
    silent = subprocess.DEVNULL
    return subprocess.Popen(command, stdin=silent, stdout=silent, stderr=silent)


def _missing() -> list[str]:
    return [part for part, module in _LAST.items() if not _kept(_folder(module))]


def _folder(module: str) -> Path | None:
    from bench.base.compiled import cache_folder

    spec = find_spec(module)
    return cache_folder(Path(spec.origin)) if spec and spec.origin else None


def _kept(folder: Path | None) -> bool:
    return folder is not None and any(folder.glob("**/*.nbc"))
