"""The reference page of power analyzers, from their nameplates and drivers."""

from collections.abc import Iterable

from markdown_table import table

from drivers.power_analyzers.nameplates import NAMEPLATES, AccuracyTable, Band, Nameplate
from drivers.registry import driver_class

Rows = Iterable[tuple[str, ...]]

_BEGIN = """# Power analyzers

What a rig file may say of each: `bench check` holds `inputs`, `motor_input`, ranges (those of the sensor's primary side
over its ratio), `update` and `pulses_per_rev` against these nameplates. `unverified`: no page was at hand; check it on
the instrument. **None was tested on hardware.** Their commands: [drivers](drivers.md).

| a rig's section `analyzer` | what every driver makes of it, and reads back |
| --- | --- |
| `sync` | one source for all elements and motor inputs |
| `frequency_filter` | in the path of that source; the line filter is off: the whole power is measured |
| `lowest_frequency` | of the phases; an `update` shorter than its period is refused, as for a plan's slowest point |
| `wiring`, `inputs`, `coupling` | how the power is summed; r.m.s. or mean values; with 3P3W and 3V3A the inputs see \
voltages between lines: `ac.voltage` is that divided by √3, ranges are fixed for the one between lines |
| `sensor`'s `ratio` | the instrument shows primary currents |
| `voltage_ranges`, `current_ranges` | auto range is off; before each point the smallest one that holds 1.15 times the \
prediction |
| `update` | its update interval; averaging is off |
| a flange's `frequency_centre`, `frequency_span`, `nominal_torque`, `pulses_per_rev` | the line from frequency to \
torque, the pulses; `sign`, `speed_sign` and `k_factor` are applied to what was read |

Every reading is one whole update that ended after the question; its time is the middle of that update. The ranges in
force come with it (`dc.current_range` and the like). Values that an instrument marks as missing, over-range or in error
are no numbers in the samples: their quality says which.
"""


def analyzers_page() -> str:
    """All of it."""
    text = _BEGIN
    for name, plate in NAMEPLATES.items():
        told = (driver_class(name).__doc__ or "").strip()
        text += f"\n## {plate.name} (`{name}`)\n\n{told}\n\n" + table(("", "", "source"), _figures(plate))
        text += _accuracy(plate.accuracy)
    return text


def _figures(plate: Nameplate) -> Rows:
    source = plate.sources
    yield "inputs", f"{plate.elements}, and {plate.motors} for torque and speed", source["inputs"]
    yield "update intervals", _list(plate.updates_ms, "ms"), source["updates"]
    yield "voltage ranges", _list(plate.voltage_ranges_v, "V"), source["ranges"]
    yield "current ranges", _list(plate.current_ranges_a, "A"), source["ranges"]
    yield "wirings", ", ".join(plate.wirings), source.get("wirings", "unverified")
    yield "pulses of a revolution", f"1 to {plate.pulses_max}", source.get("pulses", "unverified")


def _list(values: Iterable[float], unit: str) -> str:
    return ", ".join(f"{value:g}" for value in values) + f" {unit}"


def _accuracy(found: AccuracyTable | None) -> str:
    if found is None:
        return "\nThe maker's accuracy table was not at hand: enter your certificate's in the rig file.\n"
    rows = zip(found.voltage, found.current, found.power, strict=True)
    told = ((f"{v.from_hz:g} Hz", *(_limits(band) for band in (v, i, p))) for v, i, p in rows)
    head = ("from", "voltage", "current", "power, power factor 1")
    return f"\nLimits of error, % of reading + % of range ({found.source}):\n\n" + table(head, told)


def _limits(band: Band) -> str:
    return f"{band.reading:g} + {band.range:g}"
