"""The one decorator for compiled functions, so that yesterday's constants can never run.

Numba's cache notices a change in the function's own file only: a limit imported from another module would go on
with its old value. So each compiled function is kept in a folder named by a hash of its module *and of every module
of the project that module imports, directly or through others*. Where nothing is writable there is no cache.
"""

import hashlib
import re
import sys
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from secrets import token_hex
from typing import Any, TypeVar, cast

import numba
from numba.core import config
from numba.core.caching import UserProvidedCacheLocator

F = TypeVar("F", bound=Callable[..., Any])

_ROOT = Path(__file__).resolve().parents[2]
_IMPORT = re.compile(r"^\s*(?:from|import) +((?:bench|drivers)(?:\.\w+)*)(?: +import +\(?([\w, ]+))?", re.MULTILINE)


def _module_file(dotted: str) -> Path | None:
    path = _ROOT.joinpath(*dotted.split("."))
    for candidate in (path.with_suffix(".py"), path / "__init__.py"):
        if candidate.is_file():
            return candidate
    return None


@cache
def _source(path: Path) -> tuple[bytes, frozenset[Path]]:
    """Hash of one file, and the project's files it imports."""
    content = path.read_bytes()
    names: set[str] = set()
    for module, members in _IMPORT.findall(content.decode()):
        names.add(module)
        names.update(f"{module}.{member.strip()}" for member in members.split(",") if member.strip())
    imported = frozenset(found for found in map(_module_file, names) if found is not None)
    return hashlib.sha256(content).digest(), imported


@cache
def sources_hash(file: Path) -> str:
    """A hash over ``file``, all project modules it reaches by imports, and Numba's version."""
    seen: dict[Path, bytes] = {}
    todo = [file]
    while todo:
        path = todo.pop()
        if path not in seen:
            seen[path], imported = _source(path)
            todo.extend(imported)
    digest = hashlib.sha256(numba.__version__.encode())
    for path in sorted(seen):
        digest.update(seen[path])
    return digest.hexdigest()[:16]


def machine_words() -> str:
    """What compiled code depends on beside its sources: the class of CPU it is made for."""
    from numba.core.registry import cpu_target

    return " ".join(map(str, cast("Any", cpu_target).target_context.codegen().magic_tuple()))


@cache
def _writable_folder() -> Path | None:
    """The user's own; never a place that others may write to, because Numba runs what it finds there."""
    try:
        folder = Path("~/.cache/edu-bench/compiled").expanduser()
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return folder
    except (OSError, RuntimeError):  # read-only, or a user without a home
        return None


def cache_folder(file: Path) -> Path | None:
    """Where the compiled functions of the module in ``file`` are kept; ``None`` where nothing is writable."""
    base = _writable_folder()
    return None if base is None else base / f"{file.stem}-{sources_hash(file)}"


class Place(UserProvidedCacheLocator):
    """The cache folder itself, not a place in it for each folder of sources: its name tells the sources already.

    So another copy of the same sources (a new environment, a fresh clone) finds what was compiled for this one.
    """

    def __init__(self, function: Any, file: str) -> None:
        super().__init__(function, file)  # type: ignore[no-untyped-call]
        self._cache_path = cast("Any", config).CACHE_DIR


def compiled(function: F) -> F:
    """Compile ``function`` with Numba: no GIL, no fast math (same bytes on one class of CPU), cached safely.

    Compiled code works in memory it is handed and never allocates (``_nrt=False``): Numba then leaves out all reference
    counting, which for tuples of many arrays cost more than the work itself (a cycle of the core: 5.9 us with it,
    0.34 us without). A function that would allocate (a slice copied, a new array) is refused when it is compiled.
    """
    folder = cache_folder(Path(cast("str", sys.modules[function.__module__].__file__)).resolve())
    settings, njit = cast("Any", config), cast("Any", numba.njit)  # the typed face of Numba knows neither of the two
    options = {"nogil": True, "cache": folder is not None, "error_model": "numpy", "no_cfunc_wrapper": True}
    before = settings.CACHE_DIR, getattr(settings, "CACHE_LOCATOR_CLASSES", "")  # Numba 0.61 has its own places only
    settings.CACHE_DIR, settings.CACHE_LOCATOR_CLASSES = str(folder or ""), f"{__name__}.{Place.__name__}"
    try:
        made = njit(**options, _nrt=False)(function)
    finally:
        settings.CACHE_DIR, settings.CACHE_LOCATOR_CLASSES = before
    if folder is not None:
        _keep_apart(made)
    return cast("F", made)


_OWN = token_hex(4)


def _keep_apart(dispatcher: Any) -> None:
    """Give what this process compiles file names of its own.

    Numba numbers the files of a function's types: two processes that compile it at once for different types may both
    take number 1, and the index of one would lead to the code of the other.
    """
    kept = dispatcher._cache._cache_file
    kept._data_name_pattern = kept._data_name_pattern.replace(".nbc", f"-{_OWN}.nbc")


def direct(function: Callable[..., Any], *example: Any) -> Callable[..., Any]:
    """The compiled entry of ``function`` for arguments of exactly these types, without looking at types again.

    Numba looks at every array of every argument at each call: 23 us for a hundred arrays, 1.4 us without. The caller
    must never pass other types.
    """
    dispatcher, typeof = cast("Any", function), cast("Any", numba.typeof)
    signature = tuple(typeof(argument) for argument in example)
    dispatcher.compile(signature)
    return cast("Callable[..., Any]", dispatcher.overloads[signature].entry_point)
