"""Which channels the steps read, by purpose."""

from bench.sequence.context import Context

PACE = "dc.power"
"""Its updates pace a measuring window: the analyzer hands out all its values as one set."""
TEMPERATURES = (
    "dut.winding_temp",
    "dut.rotor_temp",
    "dut.junction_temp",
    "dut.oil_temp",
    "dut.coolant_temp",
    "coolant.temp_in",
    "coolant.temp_out",
    "oil.temp",
)
DUT_SIGNALS = ("dut.torque_est", "dut.torque_echo", "dut.speed", "dut.dc_voltage", "dut.derating", "dut.state")
MEDIA = ("coolant.flow", "oil.flow")


def analyzer_channels(context: Context) -> tuple[str, ...]:
    """What the analyzer measures on this DUT; all of it is needed for a point."""
    names = ["dc.voltage", "dc.current", "dc.power"]
    if "aux" in context.roles.elements:
        names += ["aux.power"]
    if context.phases_measured:
        names += ["ac.voltage", "ac.current", "ac.power", "ac.frequency"]
    if context.field_measured:
        names += ["field.voltage", "field.current", "field.power"]
    for flange in context.roles.flanges:
        names += [f"{flange}.torque", f"{flange}.speed", f"{flange}.power"]
    return tuple(names)


def measured_channels(context: Context) -> tuple[str, ...]:
    """Everything a point keeps."""
    return (*analyzer_channels(context), *DUT_SIGNALS, *TEMPERATURES, *context.roles.thermocouples, *MEDIA)
