"""How each emulated instrument can be reached, beside the raw socket, and from one state."""

from collections.abc import Mapping

from bench.config.instrument import Instrument
from bench.emulators.device import ByteDevice, MessageDevice
from bench.emulators.lan.hislip import Hislip
from bench.emulators.lan.shared_device import SharedDevice
from bench.emulators.lan.vxi11 import Vxi11

Service = Hislip | Vxi11

PROTOCOLS: Mapping[str, tuple[str, ...]] = {
    "yokogawa_wt5000": ("hislip", "vxi11"),  # unverified: IM WT5000-17EN was read in part
    "yokogawa_wt3000e": ("vxi11",),  # unverified, as the WT1800E
    "yokogawa_wt1800e": ("vxi11",),  # a public guide to it
    "keysight_rp7900": ("hislip", "vxi11"),  # unverified: what LXI instruments of this maker have
    "keysight_daq970a": ("hislip", "vxi11"),  # unverified, as the RP7900
}
"""By driver. Others have the raw socket only, as far as is known: EA PSB (PGMBEN 2.7), LMG670 (lmgtools), PW8001
(PW8001A964-03), IT6000C; and by their nature AK, Magtrol and Modbus."""

_MAKE: Mapping[str, type[Hislip] | type[Vxi11]] = {"hislip": Hislip, "vxi11": Vxi11}


def offered(
    devices: Mapping[str, ByteDevice], instruments: Mapping[str, Instrument]
) -> tuple[dict[str, ByteDevice], dict[str, Service]]:
    """The ``devices`` for raw sockets, and the services by ``part.protocol``; ``instruments``: the rig's."""
    raw, services = dict(devices), dict[str, Service]()
    for part, device in devices.items():
        protocols = PROTOCOLS.get(instruments[part].driver, ()) if part in instruments else ()
        if protocols and isinstance(device, MessageDevice):
            shared = SharedDevice(device)
            raw[part] = shared.line()
            services |= {f"{part}.{protocol}": _MAKE[protocol](shared) for protocol in protocols}
    return raw, services
