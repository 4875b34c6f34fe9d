"""Command table of the Yokogawa WT5000: read in part in IM WT5000-17EN, the rest follows the WT3000 family."""

from drivers.command import SWITCH, UNVERIFIED, Command, Span, Words
from drivers.scpi_status import COMMON
from drivers.scpi_table import Dialect, Table

_WT310 = "coolr-hpc/pycoolr coolr_wt310.py (WT310)"
_IM_28 = "IM WT5000-17EN p.28, 31"
_ITEMS = "instrumentation 0.14.0 drivers/yokogawa_wt.py"
_MOTOR = "wt3000_scpi tests/test_motor.py, manual 6.17"
_COUNT = Span(1, 255)
_SOURCES = "U<x>, I<x>, EXTernal, NONE"
_INPUT = Words(("ANALog", "PULSe"))
_POINT = "torque in N m, frequency in Hz"
_SCALE = Span(-99_999.0, 99_999.0)

TABLE = Table(
    Dialect(full=True, colon=True, undefined=(113, "Undefined header"), no_data=b"NAN", over_range=b"INF"),
    (
        *(row for row in COMMON if row.name == "identity"),
        Command("remote", ":COMMunicate:REMote", "remote control", "", SWITCH, "NR1", _WT310),
        Command("header", ":COMMunicate:HEADer", "answers with header", "", SWITCH, "NR1", _IM_28),
        Command("verbose", ":COMMunicate:VERBose", "answers in long form", "", SWITCH, "NR1", _IM_28),
        Command("wait", ":COMMunicate:WAIT", "wait for the next update", "", "1", "", "WT3001E p.5-10"),
        Command("error", ":STATus:ERRor?", "error queue", "", "", 'NR1,"text"', "IM WT310-17EN p.6-33"),
        Command(
            "rate", ":RATE", "update interval", "s", "10 MS .. 20 S, in steps", "NR3",
            f"instrumentation 0.14.0 (WT310), wt3000_scpi; WT5000 {UNVERIFIED}",
        ),
        Command("averaging", ":MEASure:AVERaging[:STATe]", "averaging", "", SWITCH, "NR1", "wt3000_scpi"),
        Command(
            "format", ":NUMeric:FORMat", "answers as text or as blocks of IEEE singles", "", Words(("ASCii", "FLOat")),
            "word", "WT3001E p.6-97",
        ),
        Command("items", ":NUMeric[:NORMal]:NUMber", "length of the item table", "", _COUNT, "NR1", _ITEMS),
        Command("item", ":NUMeric[:NORMal]:ITEM<x>", "item table", "", "function,element or SIGMA", "list", _ITEMS),
        Command("values", ":NUMeric[:NORMal]:VALue?", "all items of one update", "", "", "list or block", _ITEMS),
        Command("voltage_auto", "[:INPut]:VOLTage:AUTO:ELEMent<x>", "voltage range by itself", "", SWITCH, "NR1"),
        Command("current_auto", "[:INPut]:CURRent:AUTO:ELEMent<x>", "current range by itself", "", SWITCH, "NR1"),
        Command("line_filter", "[:INPut]:FILTer:LINE[:ELEMent<x>]", "line filter", "", SWITCH, "NR1"),
        Command("synchronize", "[:INPut]:SYNChronize:ELEMent<x>", "synchronisation source", "", _SOURCES, "word"),
        Command("voltage_range", "[:INPut]:VOLTage:RANGe:ELEMent<x>", "voltage range", "V", "its ranges", "NR3"),
        Command("current_range", "[:INPut]:CURRent:RANGe:ELEMent<x>", "secondary range", "A", "its ranges", "NR3"),
        Command("ct", "[:INPut]:SCALing:CT:ELEMent<x>", "transformer ratio", "", Span(1e-4, 99_999.9999), "NR3"),
        Command(
            "motor_synchronize", ":MOTor<x>:SYNChronize", "the same source for the motor inputs", "", _SOURCES, "word",
            f"wt3000_scpi 6.17 (WT3000), index {UNVERIFIED}",
        ),
        Command("torque_type", ":MOTor<x>:TORQue:TYPE", "frequency input", "", _INPUT, "word", _MOTOR),
        Command("speed_type", ":MOTor<x>:SPEed:TYPE", "pulse input", "", _INPUT, "word", _MOTOR),
        Command("torque_upper", ":MOTor<x>:TORQue:RATE:UPPer", "one point", "N m, Hz", _POINT, "list", _MOTOR),
        Command("torque_lower", ":MOTor<x>:TORQue:RATE:LOWer", "another point", "N m, Hz", _POINT, "list", _MOTOR),
        Command("torque_scaling", ":MOTor<x>:TORQue:SCALing", "sign of the flange", "", _SCALE, "NR3", _MOTOR),
        Command("speed_scaling", ":MOTor<x>:SPEed:SCALing", "sign of the speed", "", _SCALE, "NR3", _MOTOR),
        Command("pulses", ":MOTor<x>:SPEed:PULSe", "pulses a revolution", "", Span(1, 9999), "NR1", _MOTOR),
    ),
)  # fmt: skip
