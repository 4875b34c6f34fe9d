"""What a bench can do without, but nobody should overlook: told by the check, and no reason to refuse."""

from collections.abc import Iterator

from bench.config.dut import Dut
from bench.layout.can import BenchCan
from bench.layout.limits import temperatures
from bench.layout.unit_questions import required_parameters
from drivers.inverters.protocol import InverterProtocol


def layout_remarks(dut: Dut, inverter: InverterProtocol, can: BenchCan) -> Iterator[str]:
    """Commands that nothing protects, a time-out that nobody reads back, and limits that nobody can judge."""
    for message in can.unprotected:
        yield (
            f"{message} has neither CRC nor counter: a frame that was changed, repeated or made by somebody else is"
            " obeyed; what is lost ends with the receiver's command time-out"
        )
    own = inverter.parameters
    if own is not None and own.command_timeout not in required_parameters(dut, inverter):
        yield (
            f"{dut.name}: nobody reads back after which time without a command the inverter takes its torque away;"
            " write 'command_timeout' below 'inverter'"
        )
    step_nm = abs(can.raw["dut.torque_cmd"][0]) if "dut.torque_cmd" in can.raw else dut.torque_step_nm
    if abs(dut.torque_step_nm / step_nm - round(dut.torque_step_nm / step_nm)) > 1e-6:
        yield (
            f"{dut.name}: set-points of a map are multiples of {dut.torque_step_nm:g} Nm, the database carries steps"
            f" of {step_nm:g} Nm; write 'torque_step: {step_nm:g} Nm' below 'inverter'"
        )
    for name, channel in temperatures(dut).items():
        if channel not in can.heard:
            yield f"{dut.name}: the inverter does not tell {channel}, so the limits of {name!r} are not judged"
