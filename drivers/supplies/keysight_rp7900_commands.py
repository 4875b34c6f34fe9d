"""Command table of the Keysight RP7900: its Operating and Service Guide, read in part.

Pages: ``A`` of manualshive 1962221, ``B`` of manualslib.fr 505784, ``C`` of easymanua.ls rp7900-series, ``D`` of
easymanua.ls rp7942a, ``E`` of manualslib.fr 943523 (RP7970). ``public``: seen in public drivers only.
"""

from drivers.command import SWITCH, UNVERIFIED, Command, Span, Words
from drivers.scpi_status import COMMON
from drivers.scpi_table import Dialect, Table

_PUBLIC = f"{UNVERIFIED}: public"
_GUIDE = "RP7900 guide"
_MEASURE = f"{_GUIDE} C p.208"
_STATUS = f"{_GUIDE} A p.241, 242"
_FETCH = f"{_GUIDE} D p.149, POWer {UNVERIFIED}"
_LEVEL = "[:LEVel][:IMMediate][:AMPLitude]"
_V, _A = Span(0.0, 1.02, "nominal voltage"), Span(0.0, 1.02, "nominal current")
_SINK_A = Span(-1.02, 0.0, "nominal current")
_REGISTER = Span(0, 65_535)

TABLE = Table(
    Dialect(),
    (
        *(row._replace(source=f"{row.source}; {_GUIDE} B p.211") for row in COMMON),
        Command("error", "SYSTem:ERRor[:NEXT]?", "error queue", reply='NR1,"text"', source=f"{UNVERIFIED}: SCPI-99"),
        Command(
            "function", "[SOURce:]FUNCtion", "what has priority", "", Words(("VOLTage", "CURRent")), "word", _PUBLIC
        ),
        Command("voltage", f"[SOURce:]VOLTage{_LEVEL}", "voltage", "V", _V, "NR3", _PUBLIC),
        Command(
            "slew_max", "[SOURce:]VOLTage:SLEW:MAXimum", "as fast as it can", "", SWITCH, "NR1",
            f"{_PUBLIC} (IVI driver AgN6K7K)",
        ),
        Command(
            "current", "[SOURce:]CURRent:LIMit[:POSitive][:IMMediate][:AMPLitude]",
            "source current limit (voltage priority)", "A", _A, "NR3", _PUBLIC,
        ),
        Command(
            "sink_current", "[SOURce:]CURRent:LIMit:NEGative[:IMMediate][:AMPLitude]", "sink current limit, negative",
            "A", _SINK_A, "NR3", _PUBLIC,
        ),
        Command("power_limit", "[SOURce:]POWer:LIMit?", "its rating", "W", "", "NR3", f"{_GUIDE} E p.227"),
        Command(
            "over_voltage", "[SOURce:]VOLTage:PROTection[:LEVel]", "over-voltage threshold", "V",
            Span(0.0, 1.2, "nominal voltage"), "NR3", f"{_GUIDE} C p.238; range {UNVERIFIED}",
        ),
        Command(
            "over_current_on", "[SOURce:]CURRent:PROTection:STATe", "trip as soon as a current limit is reached", "",
            SWITCH, "NR1", f"{_GUIDE} manualslib.fr 769132 p.131",
        ),
        Command("output", "OUTPut[:STATe]", "programmed output state", "", SWITCH, "NR1", f"{_GUIDE} B p.181"),
        Command(
            "clear_protection", "OUTPut:PROTection:CLEar", "forget what has tripped; the output is as it was before",
            source=f"{_GUIDE} B p.226",
        ),
        Command(
            "watchdog", "OUTPut:PROTection:WDOG[:STATe]", "output off when nobody speaks", "", SWITCH, "NR1",
            f"{_GUIDE} B p.226",
        ),
        Command(
            "watchdog_delay", "OUTPut:PROTection:WDOG:DELay", "after this silence", "s", Span(1, 3600), "NR1",
            f"{_GUIDE} B p.226",
        ),
        Command("measured_voltage", "MEASure[:SCALar]:VOLTage[:DC]?", "a fresh mean", "V", "", "NR3", _MEASURE),
        Command("measured_current", "MEASure[:SCALar]:CURRent[:DC]?", "a fresh mean", "A", "", "NR3", _MEASURE),
        Command("measured_power", "MEASure[:SCALar]:POWer[:DC]?", "a fresh mean", "W", "", "NR3", _MEASURE),
        Command("fetched_current", "FETCh[:SCALar]:CURRent[:DC]?", "of the last acquisition", "A", "", "NR3", _FETCH),
        Command("fetched_power", "FETCh[:SCALar]:POWer[:DC]?", "of the last acquisition", "W", "", "NR3", _FETCH),
        Command("operation_condition", "STATus:OPERation:CONDition?", "how it regulates", reply="NR1", source=_STATUS),
        Command(
            "questionable_condition", "STATus:QUEStionable<x>:CONDition?", "what has tripped, in two registers",
            reply="NR1", source=_STATUS,
        ),
        Command(
            "questionable", "STATus:QUEStionable<x>[:EVENt]?", "what has happened; reading clears it", reply="NR1",
            source=_STATUS,
        ),
        Command(
            "questionable_enable", "STATus:QUEStionable<x>:ENABle", "events that count", "", _REGISTER, "NR1",
            _STATUS,
        ),
    ),
)  # fmt: skip
