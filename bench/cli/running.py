"""A run from the command line, from the first process to the last word: the same for ``run`` and ``resume``."""

import json
import sys
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.cli import exits
from bench.cli.operator import OPERATOR
from bench.cli.options import WorldName
from bench.cli.terminal import say_json
from bench.record.storage import StorageError

if TYPE_CHECKING:
    from bench.sequence.progress import Progress
    from bench.service.preparation import Prepared
    from bench.service.run_folder import Labels
    from bench.service.virtual_run import RunResult


def carry_out(
    prepared: "Prepared",
    world: WorldName,
    out: Path,
    labels: "Labels",
    json: bool,
    progress: "Progress | None" = None,
    compact: Path | None = None,
) -> int:
    """Run it, and tell how it ended; the exit code. ``progress``: of the run that this one goes on from; ``compact``:
    where small copies of its samples shall stand."""
    from bench.cli.watcher import Watcher
    from bench.cli.worlds import run_in
    from bench.sequence.progress import BEGINNING

    watcher = Watcher(quiet=json)
    runner = run_in(world)
    OPERATOR.hold()
    try:
        result = runner(prepared, out, labels, watcher, progress or BEGINNING)
    finally:
        watcher.close()
    if compact is not None:
        from bench.service.compaction import compact_later

        compact_later(result.folder, compact)
    return _end(result, json)


def _end(result: "RunResult", json: bool) -> int:
    """Tell how it ended; the exit code."""
    code = _code(result)
    if result.error is not None and "--debug" in sys.argv:
        traceback.print_exception(result.error)
    if json:
        say_json(_for_machines(result, code))
    else:
        from bench.cli.ending import tell_ending

        tell_ending(result, code)
    return code


def _code(result: "RunResult") -> int:
    if isinstance(result.error, StorageError):
        return exits.STOPPED
    if result.verdict is None or result.error is not None:
        return exits.INTERNAL
    if OPERATOR.asked:
        return exits.ABORTED
    return result.verdict.exit_code


def _reason(result: "RunResult") -> str:
    """Why there is no verdict."""
    if isinstance(result.error, StorageError):
        return f"not everything could be recorded: {result.error}"
    return f"internal error: {result.error!r}"


def _for_machines(result: "RunResult", code: int) -> dict[str, Any]:
    verdict = result.verdict
    return {
        "run": str(result.folder),
        "verdict": verdict.verdict if verdict else "failed",
        "outcome": verdict.outcome if verdict else "stopped" if code == exits.STOPPED else "internal error",
        "reasons": [*(verdict.reasons if verdict else ()), *([_reason(result)] if result.error is not None else [])],
        "points": verdict.points if verdict else 0,
        "accepted": verdict.accepted if verdict else 0,
        "flagged": verdict.flagged if verdict else 0,
        "planned": verdict.planned if verdict else 0,
        "virtual_s": round(result.virtual_s, 3),
        "wall_s": round(result.wall_s, 3),
        "foresight": _foresight(result.folder),
        "exit": code,
    }


def _foresight(folder: Path) -> dict[str, Any]:
    """What was foreseen of the run, and how well; empty where its folder was not closed."""
    try:
        told: dict[str, Any] = json.loads((folder / "manifest.json").read_text()).get("foresight", {})
    except (OSError, ValueError):
        return {}
    return told
