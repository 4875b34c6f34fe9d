"""The catalogue: all faults, in the order of their numbers."""

from bench.base.errors import InputError, Problem
from bench.campaign.fault import Fault
from bench.campaign.of_buses import BUS_FAULTS
from bench.campaign.of_engine import ENGINE_FAULTS
from bench.campaign.of_hosts import HOST_FAULTS
from bench.campaign.of_instruments import INSTRUMENT_FAULTS
from bench.campaign.of_others import OTHER_FAULTS
from bench.campaign.of_plant import PLANT_FAULTS
from bench.config.suggest import suggestion

FAULTS: tuple[Fault, ...] = (
    *BUS_FAULTS,
    *PLANT_FAULTS,
    *INSTRUMENT_FAULTS,
    *ENGINE_FAULTS,
    *HOST_FAULTS,
    *OTHER_FAULTS,
)


def find_fault(name: str) -> Fault:
    """The fault ``name``, such as F-19. Raises ``InputError`` that names what there is."""
    for fault in FAULTS:
        if fault.id == name.upper():
            return fault
    raise InputError([Problem("--fault", 0, 0, f"no fault {name!r}; {suggestion(name, [f.id for f in FAULTS])}")])
