"""Which range fits a value, and what an analyzer cannot do of what was asked."""

from bench.base.wiring import WIRINGS
from drivers.power_analyzers.nameplates import Nameplate
from drivers.power_analyzers.settings import AnalyzerSettings


def widest(settings: AnalyzerSettings) -> dict[str, float]:
    """The widest range of everything that has ranges, primary."""
    found: dict[str, float] = {}
    for element in settings.elements:
        found[f"{element.name}.voltage"] = max(element.voltage_ranges_v)
        found[f"{element.name}.current"] = max(element.current_ranges_a)
    return found


def steps_of(settings: AnalyzerSettings, channel: str) -> tuple[float, ...]:
    """The ranges of ``dc.current`` or the like, primary; empty for what has none."""
    element = settings.element(channel)
    if element is None:
        return ()
    steps = {"voltage": element.voltage_ranges_v, "current": element.current_ranges_a}
    return steps.get(channel.partition(".")[2], ())


def fitting_range(settings: AnalyzerSettings, channel: str, value: float) -> float:
    """The smallest range that holds ``value`` (of a phase) with the margin of the settings. Raises ``ValueError`` if
    none does."""
    steps, factor = steps_of(settings, channel), settings.range_margin
    element = settings.element(channel)
    if element is not None and channel.endswith(".voltage"):
        factor *= WIRINGS[element.wiring].voltage_ratio
    fitting = [step for step in sorted(steps) if value * factor <= step]
    if not fitting:
        asked = f"{channel} = {value:g} x {factor:.4g} is beyond the widest range {max(steps):g}"
        raise ValueError(f"{asked}; lower the point or enter a wider range in the rig file")
    return fitting[0]


def misfit(settings: AnalyzerSettings, plate: Nameplate) -> str:
    """Why these settings cannot be; empty if they can."""
    if settings.update_ms not in plate.updates_ms:
        known = ", ".join(str(update) for update in plate.updates_ms)
        return f"{plate.name} does not update every {settings.update_ms} ms; choose one of {known} ms"
    if settings.lowest_hz and settings.update_ms * settings.lowest_hz < 1000.0:
        least = 1000.0 / settings.lowest_hz
        short = f"an update of {settings.update_ms} ms is shorter than a period of {settings.lowest_hz:g} Hz"
        return f"{short}; raise it to {least:.4g} ms or more"
    if settings.frequency_filter_hz and not plate.frequency_filter:
        return f"the filter for the synchronisation of a {plate.name} is not known here; leave frequency_filter out"
    for element in settings.elements:
        if element.wiring not in plate.wirings:
            known = ", ".join(plate.wirings)
            return f"{plate.name} cannot sum the powers of {element.name} wired {element.wiring}; choose of {known}"
        first, wanted = element.numbers[0], WIRINGS[element.wiring].inputs
        if element.numbers != tuple(range(first, first + len(element.numbers))):
            return f"the inputs {element.numbers} of {element.name} are no neighbours; wire them so"
        if wanted != len(element.numbers):
            told = f"{element.name} has {len(element.numbers)} inputs wired {element.wiring}"
            return f"{told}; its inputs must be as many as that wiring has"
    used = [number for element in settings.elements for number in element.numbers]
    if max(used, default=0) > plate.elements:
        return f"{plate.name} has {plate.elements} inputs, not {max(used)}; correct the wiring"
    motors = [motor.number for motor in settings.motors]
    if max(motors, default=0) > plate.motors:
        return f"{plate.name} has {plate.motors} motor input(s), not {max(motors)}; bring the flange by CAN"
    return ""
