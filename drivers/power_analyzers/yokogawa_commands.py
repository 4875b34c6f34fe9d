"""Command tables of the Yokogawa WT family: one list of rows, in which the models differ.

The WT3000E's is IM WT3001E-17EN, chapter 6, read in full (a transcription in a public repository). Of the WT5000's own
(IM WT5000-17EN) and the WT1800E's (IM WT1801E-17EN) little could be read: their rows follow the WT3000E and say so.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from drivers.command import SWITCH, UNVERIFIED, Command, Span, Words
from drivers.scpi_status import COMMON
from drivers.scpi_table import Dialect, Table

_DIALECT = Dialect(full=True, colon=True, undefined=(113, "Undefined header"), no_data=b"NAN", over_range=b"INF")
_RATIO = Span(1e-4, 99_999.9999)
_SOURCES = "U<x>, I<x>, EXTernal, NONE"
_INPUT = Words(("ANALog", "PULSe"))
_POINT = "torque in N m, frequency in Hz"
_EDGE = Words(("RISE", "FALL", "BOTH", "NEVer"))
_MODES = Words(("RMS", "MEAN", "DC", "RMEAN"))
_INTEGRATION = Words(("NORMal", "CONTinuous", "RNORmal", "RCONtinuous"))
_REGISTER = Span(0, 65535)


@dataclass(frozen=True, slots=True)
class Model:
    """What sets a model's table apart. ``page``: how its rows cite chapter 6 of the WT3000E's manual.

    ``motor``: the node of its motor inputs; ``modes``: U and I are r.m.s. or DC by a setting of the input, not by the
    item's function; ``frequency_filter``: a cut-off frequency is chosen, not only on or off.
    """

    page: str
    motor: str
    rates: str
    modes: bool = False
    frequency_filter: bool = True


def _sequence(model: Model) -> Iterator[Command]:
    def at(page: str) -> str:
        return model.page.format(page)

    yield from (row for row in COMMON if row.name in ("identity", "clear_status"))
    yield Command("remote", ":COMMunicate:REMote", "remote control", "", SWITCH, "NR1", at("6-24"))
    yield Command("header", ":COMMunicate:HEADer", "answers with header", "", SWITCH, "NR1", at("6-24"))
    yield Command("verbose", ":COMMunicate:VERBose", "answers in long form", "", SWITCH, "NR1", at("6-25"))
    yield Command(
        "wait_for", ":COMMunicate:WAIT", "go on when one of these events has come", "", _REGISTER, "", at("6-25")
    )
    yield Command("error", ":STATus:ERRor?", "error queue", "", "", 'NR1,"text"', at("6-103"))
    yield Command("condition", ":STATus:CONDition?", "bit 0: an update is being made", "", "", "NR1", at("6-103"))
    yield Command("filter", ":STATus:FILTer<x>", "which edge of a bit is an event", "", _EDGE, "word", at("6-103"))
    yield Command("extended_event", ":STATus:EESR?", "events; reading clears them", "", "", "NR1", at("6-103"))
    yield Command("rate", ":RATE", "update interval", "s", model.rates, "NR3", at("6-102"))
    yield Command("hold", ":HOLD", "hold the values shown and sent", "", SWITCH, "NR1", at("6-63"))
    yield Command("averaging", ":MEASure:AVERaging[:STATe]", "averaging", "", SWITCH, "NR1", at("6-76"))
    yield Command(
        "efficiency", ":MEASure:EFFiciency:ETA<x>", "a ratio of powers, in percent", "",
        "numerator,denominator of P<x>, PA, PB, PM, or OFF", "list", at("6-78"),
    )  # fmt: skip


def _items(model: Model) -> Iterator[Command]:
    def at(page: str) -> str:
        return model.page.format(page)

    formats = Words(("ASCii", "FLOat"))
    yield Command(
        "format", ":NUMeric:FORMat", "text, or blocks of IEEE singles, high byte first", "", formats, "word", at("6-91")
    )
    yield Command("number_hold", ":NUMeric:HOLD", "hold the values sent", "", SWITCH, "NR1", at("6-92"))
    yield Command("items", ":NUMeric[:NORMal]:NUMber", "length of the item table", "", Span(1, 255), "NR1", at("6-95"))
    yield Command(
        "item",
        ":NUMeric[:NORMal]:ITEM<x>",
        "item table",
        "",
        "function,element or SIGMa, SIGMB; or NONE",
        "list",
        at("6-95"),
    )
    yield Command(
        "values", ":NUMeric[:NORMal]:VALue?", "all items of one update, or one", "", "", "list or block", at("6-96")
    )
    yield Command("integration_mode", ":INTEGrate:MODE", "integration", "", _INTEGRATION, "word", at("6-74"))
    yield Command(
        "integration_timer", ":INTEGrate:TIMer", "h,min,s; 0,0,0: until stopped", "", "h,min,s", "list", at("6-75")
    )
    yield Command("integration_start", ":INTEGrate:STARt", "start integration", source=at("6-74"))
    yield Command("integration_stop", ":INTEGrate:STOP", "stop integration", source=at("6-74"))
    yield Command("integration_reset", ":INTEGrate:RESet", "integrated values to zero", source=at("6-74"))
    yield Command(
        "integration_state",
        ":INTEGrate:STATe?",
        "RESet, READy, STARt, STOP, ERRor or TIMeup",
        "",
        "",
        "word",
        at("6-74"),
    )


def _inputs(model: Model) -> Iterator[Command]:
    def at(page: str) -> str:
        return model.page.format(page)

    yield Command(
        "crest_factor", "[:INPut]:CFACtor", "ranges hold for this crest factor", "", "3, 6", "NR1", at("6-66")
    )
    yield Command(
        "wiring", "[:INPut]:WIRing", "units of inputs, from the first on", "", "P1W2, P1W3, P3W3, P3W4, V3A3, NONE",
        "list", at("6-73"),
    )  # fmt: skip
    null = "[:INPut]:NULL" if model.modes else "[:INPut]:NULL[:STATe]"
    yield Command("null", null, "subtract kept offsets", "", SWITCH, "NR1", at("6-70"))
    for quantity, unit, auto, mode, ranges in (
        ("voltage", "V", "6-71", "6-72", "6-72"), ("current", "A", "6-67", "6-67", "6-68"),
    ):  # fmt: skip
        node = f"[:INPut]:{quantity[:4].upper()}{quantity[4:]}"
        yield Command(f"{quantity}_auto", f"{node}:AUTO:ELEMent<x>", "range by itself", "", SWITCH, "NR1", at(auto))
        if model.modes:
            yield Command(f"{quantity}_mode", f"{node}:MODE:ELEMent<x>", "what U or I is", "", _MODES, "word", at(mode))
        yield Command(
            f"{quantity}_range",
            f"{node}:RANGe:ELEMent<x>",
            f"{quantity} range of the input",
            unit,
            "its ranges",
            "NR3",
            at(ranges),
        )
    yield Command("scaling", "[:INPut]:SCALing[:STATe]:ELEMent<x>", "ratios count", "", SWITCH, "NR1", at("6-71"))
    for name, meaning in (("VT", "voltage ratio"), ("CT", "current ratio"), ("SFACtor", "power factor")):
        node = f"[:INPut]:SCALing:{name}:ELEMent<x>"
        yield Command(name.lower(), node, f"{meaning}, primary over secondary", "", _RATIO, "NR2", at("6-70"))
    yield Command(
        "line_filter",
        "[:INPut]:FILTer[:LINE]:ELEMent<x>",
        "line filter",
        "Hz",
        "OFF or a cut-off",
        "word or NR3",
        at("6-69"),
    )
    cutoff = "OFF or a cut-off" if model.frequency_filter else SWITCH
    yield Command(
        "frequency_filter", "[:INPut]:FILTer:FREQuency:ELEMent<x>", "filter in the path of synchronisation", "", cutoff,
        "word or NR3" if model.frequency_filter else "NR1", at("6-69"),
    )  # fmt: skip
    yield Command(
        "synchronize", "[:INPut]:SYNChronize:ELEMent<x>", "synchronisation source", "", _SOURCES, "word", at("6-71")
    )


def _motors(model: Model) -> Iterator[Command]:
    def at(page: str) -> str:
        return model.page.format(page)

    node = model.motor
    yield Command(
        "motor_synchronize", f"{node}:SYNChronize", "synchronisation source", "", _SOURCES, "word", at("6-82")
    )
    yield Command("pm_scaling", f"{node}:PM:SCALing", "factor of the motor power", "", _RATIO, "NR2", at("6-81"))
    yield Command("torque_type", f"{node}:TORQue:TYPE", "frequency input", "", _INPUT, "word", at("6-83"))
    yield Command(
        "torque_range",
        f"{node}:TORQue:PRANge",
        "upper, lower; PULSe only",
        "N m",
        "-10000 .. 10000",
        "list",
        at("6-83"),
    )
    yield Command(
        "torque_upper", f"{node}:TORQue:RATE:UPPer", "one point; PULSe only", "N m, Hz", _POINT, "list", at("6-83")
    )
    yield Command(
        "torque_lower", f"{node}:TORQue:RATE:LOWer", "another point; PULSe only", "N m, Hz", _POINT, "list", at("6-83")
    )
    yield Command("torque_scaling", f"{node}:TORQue:SCALing", "factor of the torque", "", _RATIO, "NR2", at("6-83"))
    yield Command("speed_type", f"{node}:SPEed:TYPE", "pulse input", "", _INPUT, "word", at("6-82"))
    yield Command(
        "speed_range", f"{node}:SPEed:PRANge", "upper, lower; PULSe only", "rpm", "0 .. 99999.9999", "list", at("6-82")
    )
    yield Command(
        "pulses", f"{node}:SPEed:PULSe", "pulses a revolution; PULSe only", "", Span(1, 9999), "NR1", at("6-82")
    )
    yield Command("speed_scaling", f"{node}:SPEed:SCALing", "factor of the speed", "", _RATIO, "NR2", at("6-82"))


def table_of(model: Model) -> Table:
    """The whole table of a model."""
    return Table(_DIALECT, (*_sequence(model), *_items(model), *_inputs(model), *_motors(model)))


WT3000E = table_of(
    Model(
        "IM WT3001E-17EN p.{}", ":MOTor", "50, 100, 250, 500 MS, 1, 2, 5, 10, 20 S", modes=True, frequency_filter=False
    )
)
WT1800E = table_of(Model(f"{UNVERIFIED}: as WT3000E p.{{}}", ":MOTor", "50 MS .. 20 S, in steps"))
WT5000 = table_of(Model(f"{UNVERIFIED}: as WT3000E p.{{}}", ":MOTor<x>", "10 MS .. 20 S, in steps"))
