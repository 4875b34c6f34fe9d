"""Every detector switched off in turn: its fault is met with it, and is not met without it."""

from collections.abc import Sequence

from bench.campaign.case import judge
from bench.campaign.detectors import DETECTORS
from bench.campaign.states import STATES
from bench.service.perf.row import PerfRow
from bench.service.proofs.proof import Figures, Proof


def run(case: int) -> Figures:
    """One detector, on and off."""
    detector = DETECTORS[case]
    told = detector.fault, STATES[detector.state], detector.seed
    with_it, without = judge(*told), judge(*told, detector.switched_off)
    return {"missed with it": float(not with_it.met), "met without it": float(without.met), "detectors": 1.0}


def rows(sums: Figures) -> Sequence[PerfRow]:
    """Both kinds of contradiction."""
    return [
        PerfRow("detectors tried", sums["detectors"], "1"),
        *(
            PerfRow(f"faults {name}", sums[name], "1", goal=0.0, at_most=True)
            for name in ("missed with it", "met without it")
        ),
    ]


DETECTORS_PROOF = Proof("detectors", "without its detector each fault is missed", len(DETECTORS), (0, 12), run, rows)
