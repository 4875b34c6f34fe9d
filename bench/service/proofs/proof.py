"""Long proofs: many independent cases, each told as it ends, so that an interrupted proof goes on where it was.

A proof's file has a line for each case that has ended. It belongs to one version of the program: lines of another are
not counted, and their cases run again.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.service.ledger import JsonLines, program_digest
from bench.service.perf.row import PerfRow

Figures = Mapping[str, float]
"""What a case tells: numbers by name; a proof's figures are their sums."""


@dataclass(frozen=True, slots=True)
class Proof:
    """``run(case)`` for each of ``cases``, in any order; ``short`` of them are enough to see that it works;
    ``judge(sums)`` makes rows with goals of the sums of all figures."""

    name: str
    what: str
    cases: int
    short: Sequence[int]
    run: Callable[[int], Figures]
    judge: Callable[[Figures], Sequence[PerfRow]]


class Ledger:
    """The file of one proof: what has ended, by case. A line that was torn when the power failed is not counted."""

    def __init__(self, path: Path, proof: str) -> None:
        self._lines = JsonLines(path)
        self._own = {"proof": proof, "program": program_digest()}
        self.done: dict[int, Figures] = dict(self._read())

    def _read(self) -> Iterator[tuple[int, Figures]]:
        for told in self._lines.read():
            try:
                if {name: told[name] for name in self._own} == self._own:
                    yield int(told["case"]), {name: float(value) for name, value in told["figures"].items()}
            except (ValueError, KeyError, TypeError, AttributeError):
                continue

    def note(self, case: int, figures: Figures) -> None:
        """``case`` has ended."""
        self.done[case] = figures
        self._lines.append({**self._own, "case": case, "figures": dict(figures)})


def carry_out(
    proof: Proof, ledger: Ledger, cases: Sequence[int], tell: Callable[[int, Figures], None] = lambda *_: None
) -> list[PerfRow]:
    """Run those of ``cases`` that the ledger does not have; ``tell`` hears of each. The rows over all of them."""
    for case in cases:
        if case not in ledger.done:
            ledger.note(case, proof.run(case))
            tell(case, ledger.done[case])
    return list(proof.judge(total(ledger.done[case] for case in cases)))


def total(each: Iterator[Figures]) -> dict[str, float]:
    """The sums by name."""
    sums: dict[str, float] = {}
    for figures in each:
        for name, value in figures.items():
            sums[name] = sums.get(name, 0.0) + value
    return sums
