"""Many cases on any ``concurrent.futures.Executor``: independent, deterministic, each told as it ends.

A worker that dies takes its pool with it (``BrokenProcessPool``): what had not ended then is run once more on a fresh
pool, and no third time. An interrupted campaign goes on from its ledger.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import BrokenExecutor, Executor, Future, as_completed
from dataclasses import asdict
from itertools import combinations
from pathlib import Path
from typing import Any

from bench.base.errors import BenchError
from bench.campaign.case import Case, Outcome, judge, judge_pair
from bench.campaign.catalogue import FAULTS, find_fault
from bench.campaign.cell import cell_of
from bench.campaign.fault import Fault, Judged
from bench.campaign.states import STATES
from bench.service.ledger import JsonLines, program_digest

_ATTEMPTS = 2
_NAME, _AND = "faults", "+"
Pool = Callable[[], Executor]


class WorkersLost(BenchError):
    """Worker processes died twice."""


class Ledger:
    """The file of a campaign: the outcome of each case that has ended, of this version of the program."""

    def __init__(self, path: Path) -> None:
        self._lines = JsonLines(path)
        self._own = {"campaign": _NAME, "program": program_digest()}
        told = self._lines.read()
        found = (_outcome(line) for line in told if {key: line.get(key) for key in self._own} == self._own)
        self.done: dict[Case, Outcome] = {case_of(outcome): outcome for outcome in found if outcome is not None}

    def note(self, outcome: Outcome) -> None:
        """A case has ended."""
        self.done[case_of(outcome)] = outcome
        self._lines.append({**self._own, "outcome": asdict(outcome)})


def _outcome(line: Mapping[str, Any]) -> Outcome | None:
    try:
        return Outcome(**line["outcome"])
    except (KeyError, TypeError):
        return None


def case_of(outcome: Outcome) -> Case:
    """What it is the outcome of."""
    return Case(outcome.fault, outcome.state, outcome.seed)


def cases_of(faults: Iterable[Fault], states: Iterable[str], seeds: Iterable[int]) -> list[Case]:
    """Every fault that is judged in virtual time, and every open one, in every state under every seed."""
    ours = [fault for fault in faults if fault.judged is Judged.VIRTUAL or fault.open]
    seeds = list(seeds)
    return [Case(fault.id, state, seed) for state in states for fault in ours for seed in seeds]


def pairs_of(faults: Iterable[Fault], states: Sequence[str], seed: int) -> list[Case]:
    """Every two faults that can be brought about and may come in any state, in one state each, in turn, where both can
    come; neighbours are of one state."""
    able = [fault for fault in faults if fault.ways and not fault.only]
    cases = []
    for number, both in enumerate(combinations(able, 2)):
        turn = number % len(states)
        state = next((name for name in (*states[turn:], *states[:turn]) if _possible(both, name)), None)
        if state is not None:
            cases.append(Case(_AND.join(fault.id for fault in both), state, seed))
    return sorted(cases, key=lambda case: states.index(case.state))


def _possible(faults: Iterable[Fault], state: str) -> bool:
    return all(cell_of(fault, STATES[state]).applies for fault in faults)


def run_case(case: Case) -> Outcome:
    """In whatever process; the state's bench is drawn once in each."""
    state = STATES[case.state]
    if _AND in case.fault:
        first, second = map(find_fault, case.fault.split(_AND))
        return judge_pair(first, second, state, case.seed)
    return judge(find_fault(case.fault), state, case.seed)


def carry_out(cases: Sequence[Case], pool: Pool, ledger: Ledger, tell: Callable[[Outcome], None]) -> list[Outcome]:
    """Run those of ``cases`` that the ledger does not have; the outcomes of all, in their order. Raises
    ``WorkersLost``, with what has ended in the ledger."""
    for attempt in range(_ATTEMPTS):
        left = [case for case in cases if case not in ledger.done]
        if not left:
            break
        try:
            for outcome in _ended(left, pool):
                ledger.note(outcome)
                tell(outcome)
        except BrokenExecutor as error:
            if attempt == _ATTEMPTS - 1:
                raise WorkersLost(f"worker processes died twice ({error}); free memory and run it again") from error
    return [ledger.done[case] for case in cases]


def _ended(cases: Sequence[Case], pool: Pool) -> Iterator[Outcome]:
    """Outcomes as they come; what has ended before the pool broke is told, too."""
    broken: BrokenExecutor | None = None
    with pool() as executor:
        futures: list[Future[Outcome]] = [executor.submit(run_case, case) for case in cases]
        try:
            for future in as_completed(futures):
                try:
                    yield future.result()
                except BrokenExecutor as error:
                    broken = error
        finally:
            for future in futures:
                future.cancel()
    if broken is not None:
        raise broken


def replay(outcome: Outcome) -> str:
    """The command that runs this case again."""
    return f'bench faults run --fault {outcome.fault} --state "{outcome.state}" --seed {outcome.seed}'


def table(outcomes: Iterable[Outcome]) -> dict[str, dict[str, str]]:
    """By fault and state: ``met``, ``-`` (does not apply), ``NOT MET`` with how many seeds, ``open``, ``loopback``."""
    by_cell: dict[tuple[str, str], list[Outcome]] = {}
    for outcome in outcomes:
        by_cell.setdefault((outcome.fault, outcome.state), []).append(outcome)
    return {f.id: {state: _word(f, by_cell.get((f.id, state), [])) for state in STATES} for f in FAULTS}


def _word(fault: Fault, outcomes: Sequence[Outcome]) -> str:
    if fault.open:
        return "open"
    if fault.judged is Judged.LOOPBACK:
        return "loopback"
    if not outcomes:
        return "?"
    if not any(outcome.applies for outcome in outcomes):
        return "-"
    missed = sum(not outcome.met for outcome in outcomes)
    return f"NOT MET {missed}/{len(outcomes)}" if missed else "met"
