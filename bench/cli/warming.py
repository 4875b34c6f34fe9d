"""The one wait that needs a word: the first compilation."""

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

from bench.cli.terminal import note


def prepare_compiled_code(quiet: bool = False) -> None:
    """Say so when the compiled functions are not there yet, and have the larger half compiled apart.

    If that fails, whoever needs the core's cycle compiles it, and tells what is wrong. Where nothing can be kept, each
    process compiles for itself.
    """
    if not quiet and not _kept(_folder("bench.emulators.couple")):
        note("compiling for this machine; takes up to 40 s, once for each version of the bench")
    folder = _folder("bench.core.cycle")
    if folder is not None and not _kept(folder):
        command = [sys.executable, "-m", "bench.service.compilation"]
        subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=False)


def _folder(module: str) -> Path | None:
    from bench.base.compiled import cache_folder

    spec = find_spec(module)
    return cache_folder(Path(spec.origin)) if spec and spec.origin else None


def _kept(folder: Path | None) -> bool:
    return folder is not None and any(folder.glob("**/*.nbc"))
