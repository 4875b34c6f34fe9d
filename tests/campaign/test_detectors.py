"""Without its detector a fault is missed: what notices it is what we think it is."""

import pytest

from bench.campaign.case import judge
from bench.campaign.detectors import DETECTORS
from bench.campaign.prove_detectors import DETECTORS_PROOF
from bench.campaign.states import STATES

QUICK = ("HVIL closed", "age of EDU_STATUS", "own identifier")


@pytest.mark.parametrize(
    "detector",
    [
        pytest.param(d, id=d.name, marks=() if d.name.removeprefix("limit ") in QUICK else pytest.mark.slow)
        for d in DETECTORS
    ],
)
def test_without_its_detector_a_fault_is_not_met(detector) -> None:  # type: ignore[no-untyped-def]
    told = detector.fault, STATES[detector.state], detector.seed
    assert judge(*told).met
    assert not judge(*told, detector.switched_off).met


def test_the_proof_tells_both_kinds_of_contradiction() -> None:
    rows = DETECTORS_PROOF.judge({"detectors": 2.0, "missed with it": 1.0, "met without it": 0.0})
    assert [row.met for row in rows] == [None, False, True]
