"""Our own drive unit (dbc/edu_gen5.dbc): its signals are the bench's channels, protected end to end."""

from drivers.inverters.protocol import FaultWord, InverterProtocol

FAULTS = {1: "torque command lost", 2: "internal fault", 3: "no battery: its contactors are not told closed"}
"""Signal ``FaultCode`` of EDU_FAULT."""


def protocol(forward: bool = True) -> InverterProtocol:
    """The protocol. Raises ``ValueError`` for a reversed mounting: this database has no direction."""
    if not forward:
        raise ValueError("gen5 knows no direction; take 'direction: reverse' out of the DUT file")
    return InverterProtocol("gen5", words=(FaultWord("dut.fault_code", FAULTS, bits=False),))
