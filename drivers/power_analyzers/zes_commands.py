"""Command table of the ZES LMG670: two languages on one socket, told apart by ``*ZLANG``.

The maker's command list could not be read. Rows cite public programs that speak to real instruments: lmgtools
(cuveland/lmgtools lmg670.py), SVP (the SunSpec laboratory's lmg670 driver) and lmgd (tud-zih-energy/lmgd). Headers
without a colon belong to the language SHORT, those with one to SCPI.
"""

from drivers.command import UNVERIFIED, Command, Span, Words
from drivers.scpi_status import COMMON
from drivers.scpi_table import Dialect, Table

LANGUAGES = Words(("SHORT", "SCPI"))
_TOOLS, _SVP, _LMGD = "lmgtools lmg670.py", "SVP lmg670 driver", "lmgd device.cpp"
_RATIO = Span(1e-6, 1e6)
_ASSUMED = f"{UNVERIFIED}: name and form assumed"
_MARK = "0, 1"

TABLE = Table(
    Dialect(full=True, flat=True),
    (
        *(row for row in COMMON if row.name in ("identity", "clear_status", "complete")),
        Command("language", "*ZLANG", "the language of what follows", "", LANGUAGES, "", f"{_TOOLS}, {_SVP}, {_LMGD}"),
        Command(
            "errors", ":SYST:ERR:ALL?", "all entries of the error queue", "", "", 'NR1,"text" ...', f"{_TOOLS}, {_LMGD}"
        ),
        Command("zero_suppression", ":SENS:ZPR", "small values shown as zero", "", _MARK, "NR1", _LMGD),
        Command(
            "groups",
            ":SENS:GRO:LIST",
            "inputs in each group; a group is synchronised as one",
            "",
            "list",
            "list",
            _LMGD,
        ),
        Command(
            "format",
            "FRMT",
            "answers as text or packed",
            "",
            Words(("ASCII", "PACKED")),
            "word",
            f"{_SVP}; answer {UNVERIFIED}",
        ),
        Command("cycle_mode", "CYCLMOD", "cycle of a fixed time", "", "0", "NR1", f"{_SVP}; answer {UNVERIFIED}"),
        Command("cycle", "CYCL", "cycle time: the update interval", "s", "0.05 .. 10, in steps", "NR3", _SVP),
        Command("synchronize", "SYNC", "synchronisation source of the group", "", "U<x>, I<x>", "word", _ASSUMED),
        Command("filter_auto", "FAUTO", "signal filter by itself", "", _MARK, "NR1", _SVP),
        Command("filter", "LPFILT", "low pass; 0: none", "", "0 ..", "NR1", f"{_SVP}; value {UNVERIFIED}"),
        Command("averaging", "AVER", "cycles averaged; 1: none", "", "1 ..", "NR1", _ASSUMED),
        Command(
            "voltage_auto", "UAUTO<x>", "voltage range by itself", "", _MARK, "NR1", f"{_TOOLS}, {_SVP}: manual p.281"
        ),
        Command(
            "current_auto", "IAUTO<x>", "current range by itself", "", _MARK, "NR1", f"{_TOOLS}, {_SVP}: manual p.243"
        ),
        Command(
            "voltage_range", "URNG<x>", "voltage range", "V", "its ranges", "NR3", f"{_TOOLS}, {_SVP}: manual p.281"
        ),
        Command(
            "current_range",
            "IRNG<x>",
            "current range of the input",
            "A",
            "its ranges",
            "NR3",
            f"{_TOOLS}, {_SVP}: manual p.243",
        ),
        Command("vt", "USCA<x>", "voltage ratio, primary over secondary", "", _RATIO, "NR3", f"{UNVERIFIED}: as ISCA"),
        Command("ct", "ISCA<x>", "current ratio, primary over secondary", "", _RATIO, "NR3", _SVP),
        Command("next", "INIM", "wait for the end of the cycle; answers of this message belong to it", source=_SVP),
        Command("urms", "UTRMS<x>?", "voltage, r.m.s.", "V", "", "NR3", _SVP),
        Command("irms", "ITRMS<x>?", "current, r.m.s.", "A", "", "NR3", _SVP),
        Command("udc", "UDC<x>?", "voltage, mean", "V", "", "NR3", _SVP),
        Command("idc", "IDC<x>?", "current, mean", "A", "", "NR3", _SVP),
        Command("power", "P<x>?", "active power", "W", "", "NR3", _SVP),
        Command("frequency", "FCYC<x>?", "frequency of the synchronisation", "Hz", "", "NR3", _SVP),
        Command("torque_upper", "TRQU<x>", "one point", "N m, Hz", "torque,frequency", "list", _ASSUMED),
        Command("torque_lower", "TRQL<x>", "another point", "N m, Hz", "torque,frequency", "list", _ASSUMED),
        Command("pulses", "SPDP<x>", "pulses a revolution", "", Span(1, 9999), "NR1", _ASSUMED),
        Command("torque", "TRQ<x>?", "torque", "N m", "", "NR3", _ASSUMED),
        Command("speed", "SPD<x>?", "speed", "rpm", "", "NR3", _ASSUMED),
        Command("motor_power", "PMECH<x>?", "torque times speed", "W", "", "NR3", _ASSUMED),
    ),
)
