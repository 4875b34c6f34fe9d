"""How much a run will leave on the disk, before it begins: from its groups of samples, its records and its duration."""

from dataclasses import dataclass

from bench.assembly import Blueprint
from bench.base.time import seconds
from bench.record.mf4 import record_dtype
from bench.sequence.foreseen import Foreseen

INBOX_FULL_BYTES_S = 15_500.0
"""Measured: `bench run --inbox full` of efficiency_map_quick left 14 983 bytes a second, of smoke 16 050 (packed)."""
INBOX_DIGEST_BYTES_S = 0.35
"""One digest a minute. Measured: 4 362 bytes in 12 947 s of efficiency_map."""
CORE_EVENTS = 1.1
"""What the core adds to the records of the sequence (limits, rungs). Measured: 3 to 9 %."""
REPORTS_BYTES = 900_000
"""Report, tables, manifest and inputs. Measured: 0.3 MB (smoke) to 1.4 MB (efficiency_map)."""
FIXED_BYTES = {"samples": 100_000, "journal": 10_000}
"""Head of the samples' file; stop ladder and bus statistics in the journal. Measured with smoke and motoring."""
_RECORD_BYTES = 95
"""Of a record around its data: time, event, length, checksum and chain."""


@dataclass(frozen=True, slots=True)
class Volume:
    """Bytes by kind."""

    samples: int
    journal: int
    inbox: int
    reports: int = REPORTS_BYTES

    @property
    def total(self) -> int:
        """All of it."""
        return self.samples + self.journal + self.inbox + self.reports


def volume(blueprint: Blueprint, foreseen: Foreseen) -> Volume:
    """Of the run that was foreseen."""
    full = bool(blueprint.program.settings["log_full"][0])
    inbox = (INBOX_FULL_BYTES_S if full else INBOX_DIGEST_BYTES_S) * foreseen.total_s
    journal = CORE_EVENTS * (foreseen.record_bytes + _RECORD_BYTES * foreseen.records)
    samples = FIXED_BYTES["samples"] + _samples(blueprint, foreseen)
    return Volume(round(samples), round(FIXED_BYTES["journal"] + journal), round(inbox))


def _samples(blueprint: Blueprint, foreseen: Foreseen) -> float:
    """Rows of each group times their bytes: by the clock, faster while something is measured, or by the instrument."""
    paces_s, total = _paces_s(blueprint), 0.0
    for group, design in zip(blueprint.groups(), blueprint.design.groups, strict=True):
        if design.trigger:
            rows = foreseen.total_s / paces_s[group.name]
        else:
            slow_s = foreseen.total_s - foreseen.measuring_s
            rows = slow_s / seconds(design.slow_ns) + foreseen.measuring_s / seconds(design.fast_ns)
        total += rows * record_dtype(group).itemsize
    return total


def _paces_s(blueprint: Blueprint) -> dict[str, float]:
    rig = blueprint.inputs.rig.value
    paces = {part: instrument.poll for part, instrument in rig.instruments.items()}
    if rig.scanner is not None:
        paces["scanner"] = max(rig.scanner.poll, len(rig.scanner.thermocouples) / rig.scanner.rate)
    return {**paces, "analyzer": rig.analyzer.update}
