"""Command table of the Keysight DAQ970A (34970A/34972A family): read in part.

``DAQ`` is the DAQ970A/DAQ973A Programming Guide (easymanua.ls), ``UM`` the 34970A User Manual (manualsonline.com
34970a_3), ``HP`` the HP 34970A manual (manualsdump.com 285793), ``UG`` the 34972A User's Guide (2010), ``34980A`` the
web help of that sister (documentation.help), which has pages by command and no numbers.
"""

from drivers.command import SWITCH, UNVERIFIED, Command, Words
from drivers.scpi_status import COMMON
from drivers.scpi_table import Dialect, Table

_FORMAT = "UG p.104, UM p.87"
_TREE = "[SENSe:]TEMPerature:TRANsducer"
_HELP = f"34980A; DAQ970A {UNVERIFIED}"
_EACH = "then (@inputs)"
_OF_EACH = "one for each input"

TABLE = Table(
    Dialect(),
    (
        *(row._replace(source=f"{row.source}; DAQ p.149" if row.name == "identity" else row.source) for row in COMMON),
        Command("error", "SYSTem:ERRor[:NEXT]?", "error queue", reply='NR1,"text"', source="HP p.268"),
        Command("abort", "ABORt", "end a scan that is under way", source="DAQ p.215, HP p.76"),
        Command(
            "configure", "CONFigure:TEMPerature", "inputs to their defaults, as thermocouples; they are the scan list",
            "", f"TCouple, type, {_EACH}", "", f"DAQ p.215, HP p.76; {_HELP}",
        ),
        Command(
            "function", "[SENSe:]FUNCtion", "what is measured", "", f'"TEMPerature" or "VOLTage", {_EACH}',
            _OF_EACH, UNVERIFIED,
        ),
        Command("transducer", f"{_TREE}:TYPE", "kind of sensor", "", f"TCouple, {_EACH}", _OF_EACH, _HELP),
        Command(
            "thermocouple", f"{_TREE}:TCouple:TYPE", "type of thermocouple", "", f"B, E, J, K, N, R, S, T, {_EACH}",
            _OF_EACH, _HELP,
        ),
        Command(
            "junction", f"{_TREE}:TCouple:RJUNction:TYPE", "where the reference junction is measured", "",
            f"EXTernal, FIXed, INTernal, {_EACH}", _OF_EACH, _HELP,
        ),
        Command(
            "check", f"{_TREE}:TCouple:CHECk", "look for broken wires: 9.9E+37 is read there", "", f"ON, OFF, {_EACH}",
            _OF_EACH, UNVERIFIED,
        ),
        Command(
            "integration", "[SENSe:]TEMPerature:NPLC", "integration time, mains cycles", "", f"0.02 .. 200, {_EACH}",
            f"NR3, {_OF_EACH}", UNVERIFIED,
        ),
        Command("unit", "UNIT:TEMPerature", "unit of readings", "", f"C, F, K, {_EACH}", _OF_EACH, "UM p.300"),
        Command("scan", "ROUTe:SCAN", "scan list", "", "(@101,102,205)", "block", "UM p.228; DAQ p.215"),
        Command("scan_size", "ROUTe:SCAN:SIZE?", "inputs in the scan list", reply="NR1", source="DAQ p.215"),
        Command(
            "trigger", "TRIGger:SOURce", "what starts a scan", "", Words(("BUS", "IMMediate", "EXTernal", "TIMer")),
            "word", "UM p.228",
        ),
        Command("count", "TRIGger:COUNt", "scans a start", "", "1 .. 100000", "NR3", UNVERIFIED),
        Command("with_channel", "FORMat:READing:CHANnel", "each reading with its input", "", SWITCH, "NR1", _FORMAT),
        Command("with_unit", "FORMat:READing:UNIT", "each reading with its unit", "", SWITCH, "NR1", _FORMAT),
        Command("with_time", "FORMat:READing:TIME", "each reading with its time", "", SWITCH, "NR1", _FORMAT),
        Command("with_alarm", "FORMat:READing:ALARm", "each reading with its alarm", "", SWITCH, "NR1", _FORMAT),
        Command("initiate", "INITiate", "start a scan into the memory", source="UM p.228, HP p.76"),
        Command("fetch", "FETCh?", "the memory, when the scan has ended", "degC", "", "list", "HP p.76, UG p.144"),
        Command("read", "READ?", "one scan", "degC", "", "list", "UM p.228, HP p.76"),
    ),
)  # fmt: skip
