"""Every plan that comes with the bench runs as it stands, whole, in virtual time: it passes, and its folder verifies.

The test suite runs the long ones shortened. One case is one plan, in a process of its own.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from bench.config.search import names
from bench.service.perf.row import PerfRow
from bench.service.proofs.proof import Figures, Proof

PLANS = names("plan")
_COMMAND = [sys.executable, "-c", "from bench.cli import main; main()"]
_SHORTEST = "smoke"


def run(case: int) -> Figures:
    """One plan, from the command line to the sealed folder."""
    plan = PLANS[case]
    with tempfile.TemporaryDirectory() as parent:
        done = subprocess.run([*_COMMAND, "run", plan, "--out", parent, "--json"], capture_output=True, check=False)
        folders = list(Path(parent).iterdir())
        spoilt = len(folders) != 1 or _verify(folders[0]) != 0
    told = json.loads(done.stdout or b"{}")
    return {
        f"{plan}: virtual hours": told.get("virtual_s", 0.0) / 3600.0,
        "virtual hours": told.get("virtual_s", 0.0) / 3600.0,
        "wall hours": told.get("wall_s", 0.0) / 3600.0,
        f"{plan}: failed": float(done.returncode != 0),
        "spoilt": float(spoilt),
    }


def _verify(folder: Path) -> int:
    return subprocess.run([*_COMMAND, "verify", str(folder)], capture_output=True, check=False).returncode


def judge(sums: Figures) -> Sequence[PerfRow]:
    """Each plan by name, then all of them."""
    rows = []
    for plan in PLANS:
        if f"{plan}: failed" in sums:
            rows.append(PerfRow(f"{plan}, in virtual time", sums[f"{plan}: virtual hours"], "h"))
            rows.append(
                PerfRow(f"{plan}, runs that did not pass", sums[f"{plan}: failed"], "1", goal=0.0, at_most=True)
            )
    rows.append(PerfRow("folders that do not verify", sums.get("spoilt", 0.0), "1", goal=0.0, at_most=True))
    hours, wall_h = sums.get("virtual hours", 0.0), sums.get("wall hours", 0.0)
    if wall_h > 0.0:
        rows.append(PerfRow("all plans, virtual time over wall time", hours, "h", wall_h, hours / wall_h))
    return rows


_SHORT = (PLANS.index(_SHORTEST),) if _SHORTEST in PLANS else ()
PLANS_PROOF = Proof("plans", "every shipped plan runs whole, passes and verifies", len(PLANS), _SHORT, run, judge)
