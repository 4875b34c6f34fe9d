"""The files that a plan is made of besides its own: plans that it calls, and tables of values.

A run keeps a copy of each, and what was set, beside its copy of the plan (``plan_parts.json``). Whoever loads that copy
gets the same plan again, on whatever machine.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from bench.base.errors import InputError, Problem
from bench.config.search import find, shown
from bench.config.yaml_tree import SIZE_MAX

PARTS = "plan_parts.json"
"""Beside the copy of a plan that has parts, or parameters that were set."""
FILES_MAX = 100


@dataclass(frozen=True, slots=True)
class Part:
    """One file. ``name``: what messages call it; ``copy``: how a run calls its copy; ``path``: where it was found."""

    name: str
    copy: str
    path: Path
    text: str


@dataclass(slots=True)
class PlanFiles:
    """Finds what a plan names. ``settings``: parameters that were set, as text; ``copies``: where a run's copies are,
    by who names them and how; ``taken``: what was found, likewise."""

    folder: Path
    plan: Path | None = None
    settings: Mapping[str, str] = field(default_factory=dict)
    copies: Mapping[str, str] = field(default_factory=dict)
    taken: dict[str, Part] = field(default_factory=dict)

    @classmethod
    def beside(cls, plan: Path, settings: Mapping[str, str]) -> "PlanFiles":
        """Those of the plan at ``plan``. Of a run's copy: the copies of then, and ``settings`` over those of then.
        Raises ``InputError`` where these cannot be read."""
        path = plan.parent / PARTS
        if plan.name != "plan.yaml" or not path.is_file():
            return cls(plan.parent, plan.resolve(), dict(settings))
        try:
            parts = json.loads(path.read_text(encoding="utf-8"))
            return cls(plan.parent, plan.resolve(), {**parts["set"], **settings}, dict(parts["files"]))
        except (OSError, ValueError, KeyError, TypeError):
            raise _refusal(shown(path), "is no list of a plan's parts; take the plan itself") from None

    def take(self, asked: str, of: Part | None, table: bool = False) -> Part:
        """The plan (or the ``table``) that is named ``asked`` in the part ``of``, or in the plan itself.

        Raises ``InputError`` where there is none, or it cannot be read.
        """
        reference = f"{of.copy if of else ''}>{asked}"
        if reference not in self.taken:
            if len(self.taken) >= FILES_MAX:
                raise _refusal(asked, f"is one file too many; a plan has at most {FILES_MAX}")
            path = self._path(asked, of, table, reference)
            copy = f"part_{len(self.taken) + 1}{'.csv' if table else '.yaml'}"
            self.taken[reference] = Part(shown(path), copy, path.resolve(), _text(path))
        return self.taken[reference]

    def _path(self, asked: str, of: Part | None, table: bool, reference: str) -> Path:
        if reference in self.copies:
            return self.folder / Path(self.copies[reference]).name
        near = of.path.parent if of else self.folder
        if not table:
            return find("plan", asked, near)
        for path in (near / asked, Path(asked)):
            if "\x00" not in asked and path.is_file():
                return path
        raise _refusal(asked, "there is no such table; give the path of a CSV file")

    def texts(self) -> dict[str, str]:
        """What a run keeps, by file name; nothing for a plan that is all in one file and has nothing set."""
        if not self.taken and not self.settings:
            return {}
        files = {reference: part.copy for reference, part in self.taken.items()}
        parts = json.dumps({"files": files, "set": dict(self.settings)}, indent=1, sort_keys=True, ensure_ascii=False)
        return {PARTS: parts + "\n", **{part.copy: part.text for part in self.taken.values()}}


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > SIZE_MAX:
            raise _refusal(shown(path), f"is larger than {SIZE_MAX} bytes; split it")
        return path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError:
        raise _refusal(shown(path), "is no UTF-8 text; save it as UTF-8") from None
    except OSError as error:
        raise _refusal(shown(path), f"cannot be read: {error.strerror or error}") from None


def _refusal(file: str, message: str) -> InputError:
    return InputError([Problem(file, 0, 0, message)])
