"""Command table of the EA Elektro-Automatik PSB 9000/10000: programming guide PGMBEN rev 24 (2023-05-15)."""

from drivers.command import SWITCH, UNVERIFIED, Command, Span, Words
from drivers.scpi_status import COMMON, group
from drivers.scpi_table import Dialect, Table

_54, _541, _544 = "PGMBEN 5.4", "PGMBEN 5.4.1", "PGMBEN 5.4.4"
_MONITOR = f"{UNVERIFIED}: three public drivers (ea_psb10000, two more); what it does: manual 33200840 p.55, 3.5.3.3"
_V, _A, _W = (Span(0.0, 1.02, f"nominal {what}") for what in ("voltage", "current", "power"))
_OVP, _OCP, _OPP = (Span(0.0, 1.1, f"nominal {what}") for what in ("voltage", "current", "power"))
_COMMON = ("identity", "reset", "clear_status", "status_byte")
_GROUPS = (*group("questionable", "QUEStionable", "PGMBEN 5.4.2"), *group("operation", "OPERation", "PGMBEN 5.4.2"))

TABLE = Table(
    Dialect(
        commands_max=5,  # 5.2
        message_max=256,  # the device's buffer: 256 characters
        pace_ns=5_000_000,  # 3.3.3: at least 5 ms, better 10 ms
        undefined=(-100, "Command error"),  # 5.2.5 has no -113
    ),
    (
        *(row._replace(source=_541) for row in COMMON if row.name in _COMMON),
        *(row for row in _GROUPS if not row.name.endswith(("rising", "falling"))),
        Command("lock", "SYSTem:LOCK", "take or give back remote control", "", SWITCH, "word", _54),
        Command("owner", "SYSTem:LOCK:OWNer?", "REMOTE, LOCAL or NONE", "", "", "word", _54),
        Command(
            "error", "SYSTem:ERRor[:NEXT]?", "error queue; acknowledges gone alarms: ask for the registers first",
            reply='NR1,"text"', source=_54,
        ),
        Command("errors", "SYSTem:ERRor:ALL?", "at most five entries at once", "", "", "list", _54),
        Command(
            "monitoring", "SYSTem:COMMunicate:MONitoring:ACTion", "leave remote control when nobody speaks", "", SWITCH,
            "word", _MONITOR,
        ),
        Command(
            "monitoring_timeout", "SYSTem:COMMunicate:MONitoring:TIMeout", "after this silence", "s", Span(1, 36_000),
            "NR1", _MONITOR,
        ),
        Command(
            "after_remote", "POWer:STAGe:AFTer:REMote", "output after remote control: as it was, or off", "",
            Words(("AUTO", "OFF")), "word", "PGMBEN 5.4 (rev 17)",
        ),
        Command("output", "OUTPut[:STATe]", "DC terminal on or off", "", SWITCH, "word", _54),
        Command("array", "MEASure[:SCALar]:ARRay?", "voltage, current, power; < 0: sink", "", "", "list", _544),
        Command("measured_voltage", "MEASure[:SCALar]:VOLTage[:DC]?", "voltage", "V", "", "NR2 V", _544),
        Command("measured_current", "MEASure[:SCALar]:CURRent[:DC]?", "current; < 0: sink", "A", "", "NR2 A", _544),
        Command("measured_power", "MEASure[:SCALar]:POWer[:DC]?", "power; < 0: sink", "W", "", "NR2 W", _544),
        Command("voltage", "[SOURce:]VOLTage", "voltage", "V", _V, "NR2 V", _54),
        Command("current", "[SOURce:]CURRent", "source current limit", "A", _A, "NR2 A", _54),
        Command("power", "[SOURce:]POWer", "source power limit", "W", _W, "NR2 W", _54),
        Command("sink_current", "SINK:CURRent", "sink current limit", "A", _A, "NR2 A", _54),
        Command("sink_power", "SINK:POWer", "sink power limit", "W", _W, "NR2 W", _54),
        Command("over_voltage", "[SOURce:]VOLTage:PROTection[:LEVel]", "over-voltage", "V", _OVP, "NR2 V", _54),
        Command("over_current", "[SOURce:]CURRent:PROTection[:LEVel]", "over-current", "A", _OCP, "NR2 A", _54),
        Command("over_power", "[SOURce:]POWer:PROTection[:LEVel]", "over-power threshold", "W", _OPP, "NR2 W", _54),
        Command("nominal_voltage", "SYSTem:NOMinal:VOLTage?", "nominal voltage", "V", "", "NR2 V", _54),
        Command("nominal_current", "SYSTem:NOMinal:CURRent?", "nominal current", "A", "", "NR2 A", _54),
        Command("nominal_power", "SYSTem:NOMinal:POWer?", "nominal power", "W", "", "NR2 W", _54),
    ),
)  # fmt: skip
