"""The one wait that needs a word: the first compilation."""

from bench.cli.terminal import note


def announce_compilation(quiet: bool = False) -> None:
    """Say so when the compiled functions are not there yet."""
    from pathlib import Path

    from bench.base.compiled import cache_folder
    from bench.emulators import couple

    folder = cache_folder(Path(couple.__file__))
    if quiet or (folder is not None and any(folder.glob("**/*.nbc"))):
        return
    note("compiling for this machine; takes up to 40 s, once for each version of the bench")
