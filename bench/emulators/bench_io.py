"""The emulated bench I/O and conditioner: a node on the second CAN channel, with the hardware chain behind it.

The chain opens when the bench asks for it, when a scripted fault does, or when the watchdog's pulse has been missing
for 100 ms. An open chain takes the inverter's torque first and the contactors half a second later (SS1-t).
"""

from typing import Any, NamedTuple

import numpy as np

from bench.base.by_reference import by_reference
from bench.base.compiled import compiled
from bench.base.noise import gauss, noise_state
from bench.canbus.database import Database
from bench.emulators.can_node import CanNode, make_node

WATCHDOG_NS = 100_000_000
CONTACTOR_NS = 30_000_000
CHAIN_TO_CONTACTOR_NS = 500_000_000

# places in the node's own image: what is commanded, then what is told
(
    CONTACTOR_CMD, CHAIN_REQUEST, WATCHDOG, COOLANT_TEMP_CMD, COOLANT_FLOW_CMD, OIL_TEMP_CMD, OIL_FLOW_CMD,
    CHAIN_CLOSED, DOOR_CLOSED, KEY_SWITCH, HVIL_CLOSED, CONTACTOR_PLUS, CONTACTOR_MINUS, WATCHDOG_RELAY, COOLANT_IN,
    COOLANT_OUT, COOLANT_FLOW, COOLANT_PRESSURE, OIL_TEMP, OIL_FLOW, OIL_PRESSURE, INSULATION,
) = range(22)  # fmt: skip

_PLACES = {
    ("BENCH_IO_CMD", "ContactorClose"): CONTACTOR_CMD,
    ("BENCH_IO_CMD", "ChainRequest"): CHAIN_REQUEST,
    ("BENCH_IO_CMD", "Watchdog"): WATCHDOG,
    ("BENCH_CONDITIONER_CMD", "CoolantTempSet"): COOLANT_TEMP_CMD,
    ("BENCH_CONDITIONER_CMD", "CoolantFlowSet"): COOLANT_FLOW_CMD,
    ("BENCH_CONDITIONER_CMD", "OilTempSet"): OIL_TEMP_CMD,
    ("BENCH_CONDITIONER_CMD", "OilFlowSet"): OIL_FLOW_CMD,
    ("IO_STATUS", "ChainClosed"): CHAIN_CLOSED,
    ("IO_STATUS", "DoorClosed"): DOOR_CLOSED,
    ("IO_STATUS", "KeySwitch"): KEY_SWITCH,
    ("IO_STATUS", "HvilClosed"): HVIL_CLOSED,
    ("IO_STATUS", "ContactorPlus"): CONTACTOR_PLUS,
    ("IO_STATUS", "ContactorMinus"): CONTACTOR_MINUS,
    ("IO_STATUS", "WatchdogRelay"): WATCHDOG_RELAY,
    ("COND_COOLANT", "CoolantTempIn"): COOLANT_IN,
    ("COND_COOLANT", "CoolantTempOut"): COOLANT_OUT,
    ("COND_COOLANT", "CoolantFlow"): COOLANT_FLOW,
    ("COND_COOLANT", "CoolantPressure"): COOLANT_PRESSURE,
    ("COND_OIL", "OilTemp"): OIL_TEMP,
    ("COND_OIL", "OilFlow"): OIL_FLOW,
    ("COND_OIL", "OilPressure"): OIL_PRESSURE,
    ("IMD_STATUS", "Insulation"): INSULATION,
}
_HEARD = ("BENCH_IO_CMD", "BENCH_CONDITIONER_CMD")
_SENT = ("IO_STATUS", "COND_COOLANT", "COND_OIL", "IMD_STATUS")

IO_STATE = np.dtype(
    [
        *((name, "i8") for name in ("watchdog_ns", "contactor_ns", "chain_open_ns")),
        *((name, "f8") for name in ("watchdog_level", "contactor", "chain_closed", "door_closed", "hvil_closed")),
        *((name, "f8") for name in ("coolant_degc", "coolant_flow", "oil_degc", "oil_flow", "insulation_ohm", "relay")),
    ],
    align=True,
)
"""``chain_closed``, ``door_closed``, ``hvil_closed``, ``insulation_ohm`` are also where faults are injected."""


@by_reference
class BenchIo(NamedTuple):
    """The node on the wire, its state and its noise."""

    node: CanNode
    state: np.ndarray
    noise: np.ndarray


def make_bench_io(database: Database, seed: int, ambient_degc: float) -> BenchIo:
    """Door and chain closed, contactors open, everything at ambient temperature, pumps off."""
    state = np.zeros(1, IO_STATE)
    own = state[0]
    own["chain_closed"] = own["door_closed"] = own["hvil_closed"] = own["relay"] = 1.0
    own["coolant_degc"] = own["oil_degc"] = ambient_degc
    own["insulation_ohm"] = 5e6
    return BenchIo(make_node(2, 1, database, _HEARD, _SENT, _PLACES, 22), state, noise_state(seed, "bench_io"))


@compiled
def act(io: BenchIo, plant_in: Any, t_ns: int, dt_ns: int) -> None:
    """One step of relays, contactors and conditioner."""
    _chain(io, plant_in, t_ns)
    _conditioner(io, plant_in, dt_ns * 1e-9)


@compiled
def _chain(io: BenchIo, plant_in: Any, t_ns: int) -> None:
    image, own = io.node.image, io.state[0]
    if image[WATCHDOG].value != own.watchdog_level:
        own.watchdog_level = image[WATCHDOG].value
        own.watchdog_ns = t_ns
    seen = io.node.rx_state[0].ok
    own.relay = 0.0 if seen != 0 and t_ns - own.watchdog_ns > WATCHDOG_NS else 1.0
    closed = own.chain_closed > 0.5 and own.relay > 0.5 and (image[CHAIN_REQUEST].value > 0.5 or seen == 0)
    if closed:
        own.chain_open_ns = t_ns
    else:
        plant_in.torque_request_nm = 0.0
    wanted = image[CONTACTOR_CMD].value > 0.5 and seen != 0 and t_ns - own.chain_open_ns < CHAIN_TO_CONTACTOR_NS
    level = 1.0 if wanted else 0.0
    if level == own.contactor:
        own.contactor_ns = t_ns
    elif t_ns - own.contactor_ns >= CONTACTOR_NS:
        own.contactor = level
    plant_in.contactor_closed = own.contactor
    image[CHAIN_CLOSED].value = 1.0 if closed else 0.0
    image[DOOR_CLOSED].value = own.door_closed
    image[KEY_SWITCH].value = 0.0
    image[HVIL_CLOSED].value = own.hvil_closed
    image[CONTACTOR_PLUS].value = own.contactor
    image[CONTACTOR_MINUS].value = own.contactor
    image[WATCHDOG_RELAY].value = own.relay


@compiled
def _conditioner(io: BenchIo, plant_in: Any, dt_s: float) -> None:
    image, own = io.node.image, io.state[0]
    # first-order loops: pumps 2 s, heaters 30 s (assumed, typical of a small conditioner)
    own.coolant_flow += (image[COOLANT_FLOW_CMD].value - own.coolant_flow) * dt_s / 2.0
    own.oil_flow += (image[OIL_FLOW_CMD].value - own.oil_flow) * dt_s / 2.0
    if own.coolant_flow > 0.5:
        own.coolant_degc += (image[COOLANT_TEMP_CMD].value - own.coolant_degc) * dt_s / 30.0
    if own.oil_flow > 0.5:
        own.oil_degc += (image[OIL_TEMP_CMD].value - own.oil_degc) * dt_s / 30.0
    plant_in.coolant_in_degc = own.coolant_degc
    plant_in.coolant_flow_l_min = own.coolant_flow
    plant_in.oil_in_degc = own.oil_degc
    plant_in.oil_flow_l_min = own.oil_flow


@compiled
def tell(io: BenchIo, plant_out: Any) -> None:
    """Fill the actual-value frames."""
    image, own, noise = io.node.image, io.state[0], io.noise
    image[COOLANT_IN].value = own.coolant_degc + 0.02 * gauss(noise)
    image[COOLANT_OUT].value = plant_out.coolant_out_degc
    image[COOLANT_FLOW].value = own.coolant_flow
    image[COOLANT_PRESSURE].value = 0.2 + 0.08 * own.coolant_flow
    image[OIL_TEMP].value = own.oil_degc
    image[OIL_FLOW].value = own.oil_flow
    image[OIL_PRESSURE].value = 0.1 + 0.3 * own.oil_flow
    image[INSULATION].value = own.insulation_ohm
