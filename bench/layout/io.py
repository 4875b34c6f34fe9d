"""What the core does for the bench I/O beside its frames: warning lamps, and the sign of life that a link carries."""

from collections.abc import Iterator

from bench.base.derived import Case, Derived
from bench.base.time import NS_PER_MS, ns
from bench.config.rig import Rig
from bench.core.design import Transmit
from bench.core.tables import NONE


def lamps(rig: Rig) -> Iterator[Derived]:
    """Warning lamps are dark only while it is known that nothing is there. No lamp releases touching."""
    volts, rpm = rig.stopping.safe_voltage, rig.stopping.standstill
    places = ("dut.dc_voltage", "dc.voltage", "supply.voltage")
    dark = Case(0.0, tuple((place, -volts, volts) for place in places))
    yield Derived("io.lamp_voltage", (dark,), otherwise=1.0, certain=True)
    still = Case(0.0, tuple((f"{flange}.speed", -rpm, rpm) for flange in rig.flanges))
    yield Derived("io.lamp_turning", (still,), otherwise=1.0, certain=True)


def sign_of_life(rig: Rig) -> Iterator[Transmit]:
    """Where no frame carries it: the core flips the watchdog every second look of the link, so that none is missed."""
    if rig.bench_io.kind != "can":
        period_ns = ns(2 * rig.bench_io.poll) // NS_PER_MS * NS_PER_MS
        yield Transmit("io.watchdog", NONE, max(period_ns, NS_PER_MS), toggle="io.watchdog")
