"""What the bench asks the drive unit itself before it is armed, and by which identifiers.

Either diagnosis (UDS, a section of the DUT file) or, where the inverter has them, its parameter messages.
"""

from collections.abc import Iterator

from bench.base.errors import Problem
from bench.canbus.database import Database
from bench.config.dut import Dut
from bench.config.located import Located
from bench.config.rig import Rig
from bench.core.design import DiagnosticRoute
from drivers.inverters.parameters import timeout_counts
from drivers.inverters.protocol import InverterProtocol


def required_parameters(dut: Dut, inverter: InverterProtocol) -> dict[int, int]:
    """To what the inverter must have been set up, by the parameter's address. Raises ``ValueError`` for a command
    time-out that it cannot have."""
    required = {address: item.value for address, item in dut.inverter.parameters.items()}
    if inverter.parameters is not None and dut.inverter.command_timeout is not None:
        counts = timeout_counts(dut.inverter.command_timeout.value * 1e3)
        required.setdefault(inverter.parameters.command_timeout, counts)
    return dict(sorted(required.items()))


def unit_problems(dut: Located[Dut], inverter: InverterProtocol, database: Database) -> Iterator[Problem]:
    """What the DUT file asks for in vain; ``database``: that of the DUT's bus."""
    settings, own = dut.value.inverter, inverter.parameters
    if own is None:
        if settings.parameters:
            told = f"{inverter.name} has no parameter messages, so nothing can be read back; take the parameters out"
            yield dut.problem(("inverter", "parameters"), told)
        return
    try:
        required = required_parameters(dut.value, inverter)
    except ValueError as error:
        yield dut.problem(("inverter", "command_timeout"), str(error))
        return
    if not required:
        return
    if dut.value.diagnostics is not None:
        told = "a unit is asked either by UDS or by parameter messages; take out this section, or from 'inverter' "
        yield dut.problem(("diagnostics",), told + "'command_timeout' and 'parameters'")
    timeout = settings.command_timeout
    if timeout is not None and required[own.command_timeout] != timeout_counts(timeout.value * 1e3):
        told = f"says another time-out than 'command_timeout: {timeout.value * 1e3:g} ms'; take one of them out"
        yield dut.problem(("inverter", "parameters", own.command_timeout), told)
    missing = {own.request, own.answer} - {message.name for message in database.messages}
    for name in sorted(missing):
        told = f"the database has no message {name}, by which parameters are read; add it, or take out what needs it"
        yield dut.problem(("inverter", "dbc"), told)


def diagnostic_routes(
    rig: Rig, dut: Dut, inverter: InverterProtocol, database: Database
) -> tuple[DiagnosticRoute, ...]:
    """The one connection to the drive unit, if there is something to ask."""
    bus, own = rig.bus("dut").bus, inverter.parameters
    if dut.diagnostics is not None:
        request, response = dut.diagnostics.ids
        extended = dut.diagnostics.target_address is not None
        return (DiagnosticRoute(dut.name, bus, request, response, extended),)
    if own is not None and required_parameters(dut, inverter):
        request, response = database.message(own.request).id, database.message(own.answer).id
        return (DiagnosticRoute(dut.name, bus, request, response, parameters=True),)
    return ()
