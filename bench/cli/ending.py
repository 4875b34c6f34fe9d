"""What is said when a run is over."""

from typing import TYPE_CHECKING

from bench.base.time import clock_text, ns
from bench.cli import exits
from bench.cli.terminal import say

if TYPE_CHECKING:
    from bench.service.virtual_run import RunResult

_WORDS = {exits.STOPPED: "stopped by a limit or fault", exits.ABORTED: "aborted by the operator"}


def tell_ending(result: "RunResult", code: int) -> None:
    """Verdict, reasons, figures and where everything is."""
    verdict = result.verdict
    if code == exits.STOPPED and result.error is not None:
        say(f"{_WORDS[code]}: not everything could be recorded: {result.error}")
        say(f"what was recorded: {result.folder}")
        return
    if verdict is None:
        say(f"internal error after {clock_text(ns(result.virtual_s))} h: {result.error!r} (bench --debug shows where)")
        say(f"what was recorded: {result.folder}")
        return
    say(f"{_WORDS.get(code, 'verdict')}: {verdict.verdict}")
    for reason in verdict.reasons:
        say(f"  {reason}")
    if verdict.planned:
        flagged = f", {verdict.flagged} flagged" if verdict.flagged else ""
        say(f"points: {verdict.accepted} of {verdict.planned} accepted{flagged}")
    pace = result.virtual_s / max(result.wall_s, 1e-9)
    say(f"bench time {clock_text(ns(result.virtual_s))} h in {result.wall_s:.1f} s ({pace:.0f} times real time)")
    say(f"report: {result.folder / 'report.html'}")
