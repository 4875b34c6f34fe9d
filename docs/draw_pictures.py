"""Draws the pictures of README and docs again from a real run: ``python docs/draw_pictures.py RUN``.

``RUN`` is a run folder, by default that of ``bench run efficiency_map``. Everything in the pictures comes from it.
"""

import json
import sys
from pathlib import Path

from matplotlib.figure import Figure

from bench.io.disk import DiskStorage
from bench.record.journal import read_journal
from bench.report.maps import efficiency_map_png
from bench.report.model import ReportModel, build_model
from bench.report.write import dut_envelope, run_name

PICTURES = Path(__file__).with_name("pictures")
DEFAULT = Path("runs/20260101T000000Z_efficiency_map_gen5_bev")


def main() -> None:
    """Write every picture."""
    run = Path(sys.argv[1]) if len(sys.argv) > 1 else DEFAULT
    model = model_of(run)
    PICTURES.mkdir(exist_ok=True)
    for name in ("eta_edu", "eta_pe", "eta_motor_transmission"):
        picture = efficiency_map_png(model, name, dpi=110)
        (PICTURES / f"{name.removeprefix('eta_')}_efficiency.png").write_bytes(picture)
    for path in map(Path, sys.argv[2:]):  # texts of a terminal, as they were saved
        draw_text(path.read_text(), PICTURES / f"{path.stem}.png")


def model_of(run: Path) -> ReportModel:
    """What the report of ``run`` shows."""
    storage = DiskStorage(run, create=False)
    manifest = json.loads(storage.read("manifest.json"))
    records, problems = read_journal(storage.read("journal.jsonl"))
    return build_model(
        records, name=run_name(manifest), manifest=manifest, envelope=dut_envelope(storage), problems=problems
    )


def draw_text(text: str, path: Path) -> None:
    """A terminal's text as a picture."""
    lines = text.rstrip().splitlines()
    width = max(map(len, lines))
    figure = Figure(figsize=(0.085 * width + 0.4, 0.2 * len(lines) + 0.3), facecolor="#16181d")
    figure.text(
        0.2 / figure.get_figwidth(), 1 - 0.15 / figure.get_figheight(), "\n".join(lines), family="monospace",
        size=9.5, color="#d8dee9", va="top", linespacing=1.35,
    )  # fmt: skip
    figure.savefig(path, dpi=120, metadata={"Software": None})


if __name__ == "__main__":
    main()
