"""Command table of the Hioki PW8001: TCP port 23, text after SCPI; short and long forms exact, nothing between.

Of its own manual (PW8001A964-03) the grammar and one example could be read; rows cite the manuals of sister
instruments (PW3390A975-01, PW3335A985-01) or public programs, and say ``unverified`` where the own page is missing.
"""

from drivers.command import SWITCH, UNVERIFIED, Command, Span, Words
from drivers.scpi_status import COMMON
from drivers.scpi_table import Dialect, Table

_OWN = "PW8001A964-03 1.2"
_HOLD = Words(("OFF", "ON", "PEAK"))
_SOURCES = "U<x>, I<x>, DC, EXT"
_RATIO = Span(0.01, 9999.99)
_ASSUMED = f"{UNVERIFIED}: name and form assumed"


def _sister(page: str) -> str:
    return f"{UNVERIFIED}: sister {page}"


TABLE = Table(
    Dialect(full=True, colon=True, no_data=b"+777.77E+9", over_range=b"+999.99E+9"),
    (
        *(row for row in COMMON if row.name in ("identity", "clear_status", "event", "wait")),
        Command("header", ":HEADer", "answers with header", "", SWITCH, "word", "PW8001A964-03 1.1, 1.2"),
        Command("hold", ":HOLD", "hold the values", "", _HOLD, "word", _sister("PW3390A975-01 p.62")),
        Command(
            "trigger", "*TRG", "while held: take the values of the next update", source=_sister("PW3390A975-01 p.62")
        ),
        Command("refresh", ":REFResh", "update interval", "", "10MS, 50MS, 200MS", "word", _ASSUMED),
        Command("averaging", ":AVERaging:MODE", "averaging", "", "OFF, ...", "word", _ASSUMED),
        Command(
            "wiring",
            ":WIRing<x>",
            "wiring that begins with this channel",
            "",
            "1P2W, 3P3W2M, 3V3A, 3P3W3M, 3P4W",
            "word",
            _ASSUMED,
        ),
        Command("synchronize", ":SYNC<x>", "synchronisation source of the channel", "", _SOURCES, "word", _ASSUMED),
        Command("line_filter", ":LPF<x>", "low pass of the channel", "", "OFF or a cut-off", "word", _ASSUMED),
        Command(
            "zero_cross_filter",
            ":ZCFilter<x>",
            "low pass in the path of synchronisation",
            "",
            "OFF or a cut-off",
            "word",
            _ASSUMED,
        ),
        Command("voltage_auto", ":VOLTage<x>:AUTO", "voltage range by itself", "", SWITCH, "word", _ASSUMED),
        Command("current_auto", ":CURRent<x>:AUTO", "current range by itself", "", SWITCH, "word", _ASSUMED),
        Command("voltage_range", ":VOLTage<x>:RANGe", "voltage range", "V", "its ranges", "NR2", _OWN),
        Command(
            "current_range",
            ":CURRent<x>:RANGe",
            "current range, of the sensor",
            "A",
            "its ranges",
            "NR2",
            f"{UNVERIFIED}: as VOLTage",
        ),
        Command("vt", ":VT<x>", "voltage ratio", "", _RATIO, "NR2", _ASSUMED),
        Command("ct", ":CT<x>", "current ratio, beyond that of a recognised sensor", "", _RATIO, "NR2", _ASSUMED),
        Command(
            "values",
            ":MEASure?",
            "the values named: Urms1,Irms1,P1 ...",
            "",
            "",
            "list",
            _sister("PW3335A985-01 p.68, public programs"),
        ),
        Command("torque_upper", ":MOTor<x>:TORQue:UPPer", "one point", "N m, Hz", "torque,frequency", "list", _ASSUMED),
        Command(
            "torque_lower", ":MOTor<x>:TORQue:LOWer", "another point", "N m, Hz", "torque,frequency", "list", _ASSUMED
        ),
        Command("pulses", ":MOTor<x>:SPEed:PULSe", "pulses a revolution", "", Span(1, 60_000), "NR1", _ASSUMED),
    ),
)
