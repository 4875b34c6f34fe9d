"""Verdicts of points, steps and runs (why the core stops is a *cause*, not a verdict)."""

from collections.abc import Iterable
from dataclasses import dataclass

ACCEPTED, FLAGGED = "accepted", "flagged"
PASSED, FAILED = "passed", "failed"

EXIT_PASSED, EXIT_FAILED, EXIT_STOPPED, EXIT_ABORTED = 0, 1, 3, 4


@dataclass(frozen=True, slots=True)
class StepVerdict:
    """How a step ended, and why it failed."""

    verdict: str = PASSED
    reasons: tuple[str, ...] = ()


@dataclass(slots=True)
class Tally:
    """Points of the run: how many are planned, how many were visited, how many of these are flagged."""

    planned: int = 0
    points: int = 0
    flagged: int = 0

    def add(self, verdict: str) -> None:
        """Count one point."""
        self.points += 1
        self.flagged += verdict == FLAGGED


@dataclass(frozen=True, slots=True)
class RunVerdict:
    """How a run ended. ``outcome``: ``finished``, ``stopped`` (limit or fault) or ``aborted`` (by the operator)."""

    verdict: str
    outcome: str
    exit_code: int
    reasons: tuple[str, ...]
    points: int
    accepted: int
    flagged: int
    planned: int
    stop_confirmed: bool


def judge_run(
    steps: Iterable[StepVerdict],
    tally: Tally,
    allowance: float,
    outcome: str,
    reasons: tuple[str, ...],
    confirmed: bool,
) -> RunVerdict:
    """The verdict of a whole run.

    It passes when it finished, every planned point was accepted or flagged, at most the share ``allowance`` (0..1) of
    them flagged, no step failed and the stop was confirmed.
    """
    steps = list(steps)
    planned, points, flagged = tally.planned, tally.points, tally.flagged
    found = [*reasons, *(reason for step in steps if step.verdict != PASSED for reason in step.reasons)]
    if outcome == "finished" and points < planned:
        found.append(f"only {points} of {planned} planned points were visited")
    if flagged > allowance * max(planned, 1):
        found.append(f"{flagged} of {planned} points are flagged; the plan allows {allowance:.1%}")
    if not confirmed:
        found.append("the stop was not confirmed on every rung")
    failed = bool(found) or outcome != "finished"
    code = {"stopped": EXIT_STOPPED, "aborted": EXIT_ABORTED}.get(outcome, EXIT_FAILED if failed else EXIT_PASSED)
    verdict = FAILED if failed else PASSED
    return RunVerdict(verdict, outcome, code, tuple(found), points, points - flagged, flagged, planned, confirmed)
