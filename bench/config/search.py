"""Finding a rig, DUT, plan or database by name (those that come with the bench) or by path. A path wins over a name."""

import re
from pathlib import Path
from typing import Literal

from bench.base.errors import InputError, Problem
from bench.config.names import NAME_FORM
from bench.config.suggest import suggestion

Kind = Literal["rig", "dut", "plan", "dbc"]

_PACKAGE = Path(__file__).resolve().parents[1]
_FOLDERS: dict[str, tuple[Path, ...]] = {
    # a wheel carries plans and databases inside the package, a clone beside it
    "rig": (_PACKAGE / "rigs",),
    "dut": (_PACKAGE / "duts",),
    "plan": (_PACKAGE.parent / "test_plans", _PACKAGE / "test_plans"),
    "dbc": (_PACKAGE.parent / "dbc", _PACKAGE / "dbc"),
}
_SUFFIX = {"rig": ".yaml", "dut": ".yaml", "plan": ".yaml", "dbc": ".dbc"}
_WORD = {"rig": "rig", "dut": "DUT", "plan": "plan", "dbc": "CAN database"}


def find(kind: Kind, text: str, near: Path | None = None) -> Path:
    """The file meant by ``text``: a path (from here, or from the folder ``near`` of the file that names it), or a name.

    Raises ``InputError`` that names what there is.
    """
    if "\x00" in text or not text:
        raise _unknown(kind, text)
    bases: list[Path] = [Path(), near] if near else [Path()]
    for base in bases:
        if _is_file(base / text):
            return base / text
    if _looks_like_path(text):
        message = f"there is no such {_WORD[kind]} file; give an existing path, or one of: {', '.join(names(kind))}"
        raise InputError([Problem(text if text.isprintable() else repr(text), 0, 0, message)])
    for folder in _FOLDERS[kind] if re.fullmatch(NAME_FORM, text) else ():
        candidate = folder / f"{text}{_SUFFIX[kind]}"
        if _is_file(candidate):
            return candidate
    raise _unknown(kind, text)


def names(kind: Kind) -> tuple[str, ...]:
    """The names of all files of ``kind`` that come with the bench."""
    files = (path for folder in _FOLDERS[kind] for path in folder.glob(f"*{_SUFFIX[kind]}"))
    return tuple(sorted({path.stem for path in files}))


def _looks_like_path(text: str) -> bool:
    return "/" in text or "\\" in text or text.endswith((".yaml", ".yml", ".dbc", ".arxml", ".kcd", ".sym"))


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # a name that is too long for the file system, for example
        return False


def _unknown(kind: Kind, text: str) -> InputError:
    shown = text if len(text) <= 80 else f"{text[:77]}..."
    return InputError([Problem(repr(shown), 0, 0, f"no {_WORD[kind]} has this name; {suggestion(text, names(kind))}")])


def shown(path: Path) -> str:
    """How messages call a file: as it was given, without the machine's own folders."""
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return path.name if path.is_absolute() else str(path)
