"""Command table of the ITECH IT6000C. No page of its programming guide was read.

``openbench``: a public driver that was tried on an IT6054C-800-225 (2026-08-13) with one command a message and 20 ms
between them; that several questions of one message are answered in one line is told for the family (IT6500C p.8).
"""

from functools import partial

from drivers.command import SWITCH, UNVERIFIED, Command, Span, Words
from drivers.scpi_status import COMMON
from drivers.scpi_table import Dialect, Table

_OPENBENCH = f"{UNVERIFIED}: openbench"
_row = partial(Command, source=_OPENBENCH)
_FAMILY = f"{UNVERIFIED}: as in other ITECH families"
_V, _A, _W = Span(0.0, 1.01, "nominal voltage"), Span(0.0, 1.01, "nominal current"), Span(0.0, 1.02, "nominal power")
_SINK_A, _SINK_W = Span(-1.01, 0.0, "nominal current"), Span(-1.02, 0.0, "nominal power")
_LEVEL = "[:LEVel][:IMMediate][:AMPLitude]"
_SLEW = Span(0.001, 1000.0)
_DELAY = Span(0.0, 60.0)
_SILENCE = Span(1, 3600)  # assumed

TABLE = Table(
    Dialect(pace_ns=20_000_000),
    (
        *(row for row in COMMON if row.name in ("identity", "reset", "clear_status", "complete", "status_byte")),
        _row("remote", "SYSTem:REMote", "take remote control"),
        _row("local", "SYSTem:LOCal", "give it back"),
        Command("error", "SYSTem:ERRor?", "error queue", reply='NR1,"text"', source=_FAMILY),
        _row("version", "SYSTem:VERSion?", "version", reply="text"),
        _row(
            "function", "[SOURce:]FUNCtion", "what has priority; copies values between limits", "",
            Words(("VOLTage", "CURRent")), "word",
        ),
        _row(
            "mode", "[SOURce:]FUNCtion:MODE", "fixed values, or a list or simulation", "",
            Words(("FIXed", "LIST", "BATTery", "SOLar", "CARProfile")), "word",
        ),
        _row("voltage", f"[SOURce:]VOLTage{_LEVEL}", "voltage", "V", _V, "NR2"),
        _row("current", "[SOURce:]CURRent:LIMit[:POSitive]", "source current limit (voltage priority)", "A", _A, "NR2"),
        _row("sink_current", "[SOURce:]CURRent:LIMit:NEGative", "sink current limit, negative", "A", _SINK_A, "NR2"),
        _row("voltage_limit", "[SOURce:]VOLTage:LIMit[:POSitive]", "only in current priority", "V", _V, "NR2"),
        _row("power", "[SOURce:]POWer:LIMit[:POSitive]", "source power limit", "W", _W, "NR2"),
        _row("sink_power", "[SOURce:]POWer:LIMit:NEGative", "sink power limit, negative", "W", _SINK_W, "NR2"),
        _row("slew_up", "[SOURce:]VOLTage:SLEW:POSitive", "fastest rise", "V/ms", _SLEW, "NR2"),
        _row("slew_down", "[SOURce:]VOLTage:SLEW:NEGative", "fastest fall", "V/ms", _SLEW, "NR2"),
        _row("over_voltage_on", "[SOURce:]VOLTage:PROTection:STATe", "over-voltage protection", "", SWITCH, "NR1"),
        _row("over_voltage", "[SOURce:]VOLTage:PROTection[:LEVel]", "its threshold", "V", _V, "NR2"),
        _row("over_voltage_delay", "[SOURce:]VOLTage:PROTection:DELay", "its delay", "s", _DELAY, "NR2"),
        _row("over_current_on", "[SOURce:]CURRent:PROTection:STATe", "over-current protection", "", SWITCH, "NR1"),
        _row("over_current", "[SOURce:]CURRent:PROTection[:LEVel]", "its threshold", "A", _A, "NR2"),
        _row("over_current_delay", "[SOURce:]CURRent:PROTection:DELay", "its delay", "s", _DELAY, "NR2"),
        _row("over_power_on", "[SOURce:]POWer:PROTection:STATe", "over-power protection", "", SWITCH, "NR1"),
        _row("over_power", "[SOURce:]POWer:PROTection[:LEVel]", "its threshold", "W", _W, "NR2"),
        _row("over_power_delay", "[SOURce:]POWer:PROTection:DELay", "its delay", "s", _DELAY, "NR2"),
        _row("under_voltage_on", "[SOURce:]VOLTage:UNDer:PROTection:STATe", "under-voltage", "", SWITCH, "NR1"),
        _row("under_current_on", "[SOURce:]CURRent:UNDer:PROTection:STATe", "under-current", "", SWITCH, "NR1"),
        _row("output", "OUTPut[:STATe]", "output on or off", "", SWITCH, "NR1"),
        _row("rise_delay", "OUTPut:DELay:RISE", "delay of switching on", "s", _DELAY, "NR2"),
        _row("fall_delay", "OUTPut:DELay:FALL", "delay of switching off", "s", _DELAY, "NR2"),
        _row("watchdog", "OUTPut:PROTection:WDOG:STATe", "output off when nobody speaks", "", SWITCH, "NR1"),
        _row("watchdog_delay", "OUTPut:PROTection:WDOG:DELay", "after this silence", "s", _SILENCE, "NR1"),
        _row("clear_protection", "OUTPut:PROTection:CLEar", "forget what has tripped"),
        _row("measured_voltage", "MEASure[:SCALar]:VOLTage[:DC]?", "voltage", "V", "", "NR2"),
        _row("measured_current", "MEASure[:SCALar]:CURRent[:DC]?", "current; < 0: sink", "A", "", "NR2"),
        _row("measured_power", "MEASure[:SCALar]:POWer[:DC]?", "power; < 0: sink", "W", "", "NR2"),
        _row("questionable_condition", "STATus:QUEStionable:CONDition?", "what has tripped", reply="NR1"),
        _row("operation_condition", "STATus:OPERation:CONDition?", "how it regulates", reply="NR1"),
    ),
)  # fmt: skip
