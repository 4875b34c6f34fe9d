"""A small system description in ARXML (AUTOSAR 4), written for the tests."""

from collections.abc import Sequence
from dataclasses import dataclass

_HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<AUTOSAR xmlns="http://autosar.org/schema/r4.0"><AR-PACKAGES><AR-PACKAGE>'
)
_TAIL = "</AR-PACKAGE></AR-PACKAGES></AUTOSAR>\n"


@dataclass(frozen=True)
class Frame:
    """One message: signals as (name, start, length), the E2E profile's category with its data ids, SecOC.

    The file calls a signal ``frame_signal``.
    """

    name: str
    number: int
    signals: Sequence[tuple[str, int, int]]
    length: int = 8
    period_s: float = 0.01
    e2e: tuple[str, tuple[int, ...]] | None = None
    secured: bool = False


def described(frames: Sequence[Frame]) -> str:
    """The file."""
    elements = "".join(map(_pdu, frames)) + "".join(map(_frame, frames)) + _cluster(frames)
    protected = "".join(_protection(frame) for frame in frames if frame.e2e)
    if protected:
        elements += _named("END-TO-END-PROTECTION-SET", "Protections", _tag("END-TO-END-PROTECTIONS", protected))
    return f"{_HEAD}<SHORT-NAME>P</SHORT-NAME>{_tag('ELEMENTS', elements)}{_TAIL}"


def _tag(name: str, inner: object) -> str:
    return f"<{name}>{inner}</{name}>"


def _named(tag: str, name: str, inner: str) -> str:
    return _tag(tag, _tag("SHORT-NAME", name) + inner)


def _ref(tag: str, kind: str, name: str) -> str:
    return f'<{tag} DEST="{kind}">/P/{name}</{tag}>'


def _pdu(frame: Frame) -> str:
    parts = "".join(
        _named(
            "I-SIGNAL",
            f"{frame.name}_{name}_i",
            _tag("LENGTH", bits) + _ref("SYSTEM-SIGNAL-REF", "SYSTEM-SIGNAL", f"{frame.name}_{name}"),
        )
        + _named("SYSTEM-SIGNAL", f"{frame.name}_{name}", "")
        for name, _, bits in frame.signals
    )
    mappings = "".join(
        _named(
            "I-SIGNAL-TO-I-PDU-MAPPING",
            f"{frame.name}_{name}_m",
            _ref("I-SIGNAL-REF", "I-SIGNAL", f"{frame.name}_{name}_i")
            + _tag("PACKING-BYTE-ORDER", "MOST-SIGNIFICANT-BYTE-LAST")
            + _tag("START-POSITION", start),
        )
        for name, start, _ in frame.signals
    )
    period = _tag("CYCLIC-TIMING", _tag("TIME-PERIOD", _tag("VALUE", frame.period_s)))
    timing = _tag(
        "I-PDU-TIMING-SPECIFICATIONS",
        _tag("I-PDU-TIMING", _tag("TRANSMISSION-MODE-DECLARATION", _tag("TRANSMISSION-MODE-TRUE-TIMING", period))),
    )
    plain = _named(
        "I-SIGNAL-I-PDU",
        f"{frame.name}_pdu",
        _tag("LENGTH", frame.length) + timing + _tag("I-SIGNAL-TO-PDU-MAPPINGS", mappings),
    )
    if not frame.secured:
        return parts + plain
    inner = _ref("I-PDU-REF", "I-SIGNAL-I-PDU", f"{frame.name}_pdu")
    payload = _named("PDU-TRIGGERING", f"{frame.name}_payload", inner)
    secured = _named(
        "SECURED-I-PDU",
        f"{frame.name}_secured",
        _tag("LENGTH", frame.length) + _ref("PAYLOAD-REF", "PDU-TRIGGERING", f"{frame.name}_payload"),
    )
    return parts + plain + payload + secured


def _frame(frame: Frame) -> str:
    kind, name = ("SECURED-I-PDU", "secured") if frame.secured else ("I-SIGNAL-I-PDU", "pdu")
    mapping = _named(
        "PDU-TO-FRAME-MAPPING", f"{frame.name}_map", _ref("PDU-REF", kind, f"{frame.name}_{name}")
    )  # fmt: skip
    inner = _tag("FRAME-LENGTH", frame.length) + _tag("PDU-TO-FRAME-MAPPINGS", mapping)
    return _named("CAN-FRAME", frame.name, inner)


def _cluster(frames: Sequence[Frame]) -> str:
    triggerings = "".join(
        _named(
            "CAN-FRAME-TRIGGERING",
            f"{frame.name}_t",
            _ref("FRAME-REF", "CAN-FRAME", frame.name)
            + _tag("CAN-ADDRESSING-MODE", "STANDARD")
            + _tag("IDENTIFIER", frame.number),
        )
        for frame in frames
    )
    channel = _named("CAN-PHYSICAL-CHANNEL", "Channel", _tag("FRAME-TRIGGERINGS", triggerings))
    inner = _tag("BAUDRATE", 500000) + _tag("PHYSICAL-CHANNELS", channel)
    return _named("CAN-CLUSTER", "Cluster", _tag("CAN-CLUSTER-VARIANTS", _tag("CAN-CLUSTER-CONDITIONAL", inner)))


def _protection(frame: Frame) -> str:
    assert frame.e2e is not None
    category, ids = frame.e2e
    profile = _tag("CATEGORY", category) + _tag("DATA-IDS", "".join(_tag("DATA-ID", one) for one in ids))
    pdu = _tag(
        "END-TO-END-PROTECTION-I-SIGNAL-I-PDU", _ref("I-SIGNAL-I-PDU-REF", "I-SIGNAL-I-PDU", f"{frame.name}_pdu")
    )
    inner = _tag("END-TO-END-PROFILE", profile) + _tag("END-TO-END-PROTECTION-I-SIGNAL-I-PDUS", pdu)
    return _named("END-TO-END-PROTECTION", f"{frame.name}_e2e", inner)
