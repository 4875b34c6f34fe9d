"""Command table of the EA Elektro-Automatik PSB 9000/10000: programming guide PGMBEN rev 24 (2023-05-15)."""

from drivers.command import SWITCH, UNVERIFIED, Command, Span
from drivers.scpi_status import COMMON
from drivers.scpi_table import Dialect, Table

_544 = "PGMBEN 5.4.4"
_54 = "PGMBEN 5.4"
_V, _A, _W = (Span(0.0, 1.02, f"nominal {what}") for what in ("voltage", "current", "power"))
_OVP, _OCP, _OPP = (Span(0.0, 1.1, f"nominal {what}") for what in ("voltage", "current", "power"))
_TIME = Span(0.0, 3600.0)

TABLE = Table(
    Dialect(message_max=256),  # the device's buffer: 256 characters
    (
        *(row for row in COMMON if row.name in ("identity", "reset")),
        Command("lock", "SYSTem:LOCK", "take or give back remote control", "", SWITCH, "word", _54),
        Command("owner", "SYSTem:LOCK:OWNer?", "REMOTE, LOCAL or NONE", "", "", "word", _54),
        Command(
            "error", "SYSTem:ERRor[:NEXT]?", "error queue; acknowledges gone alarms: read STAT:QUES? first",
            reply='NR1,"text"', source=_54,
        ),
        Command(
            "timeout", "SYSTem:COMMunicate:TIMeout", "output off when nobody speaks", "s", _TIME, "NR2 s",
            f"{UNVERIFIED}: the option exists, its name is assumed",
        ),
        Command(
            "questionable", "STATus:QUEStionable[:EVENt]?", "alarms (bits 0-9 to be verified), 10 remote, 11 output",
            reply="NR1", source="PGMBEN 5.4, drawing",
        ),
        Command("output", "OUTPut[:STATe]", "DC terminal on or off", "", SWITCH, "word", _54),
        Command("array", "MEASure[:SCALar]:ARRay?", "voltage, current, power; < 0: sink", "", "", "list", _544),
        Command("measured_voltage", "MEASure[:SCALar]:VOLTage?", "voltage", "V", "", "NR2 V", _544),
        Command("measured_current", "MEASure[:SCALar]:CURRent?", "current; < 0: sink", "A", "", "NR2 A", _544),
        Command("measured_power", "MEASure[:SCALar]:POWer?", "power; < 0: sink", "W", "", "NR2 W", _544),
        Command("voltage", "[SOURce:]VOLTage", "voltage", "V", _V, "NR2 V", _54),
        Command("current", "[SOURce:]CURRent", "source current limit", "A", _A, "NR2 A", _54),
        Command("power", "[SOURce:]POWer", "source power limit", "W", _W, "NR2 W", _54),
        Command("sink_current", "SINK:CURRent", "sink current limit", "A", _A, "NR2 A", _54),
        Command("sink_power", "SINK:POWer", "sink power limit", "W", _W, "NR2 W", _54),
        Command("over_voltage", "[SOURce:]VOLTage:PROTection", "over-voltage threshold", "V", _OVP, "NR2 V", _54),
        Command("over_current", "[SOURce:]CURRent:PROTection", "over-current threshold", "A", _OCP, "NR2 A", _54),
        Command("over_power", "[SOURce:]POWer:PROTection", "over-power threshold", "W", _OPP, "NR2 W", _54),
    ),
)  # fmt: skip
