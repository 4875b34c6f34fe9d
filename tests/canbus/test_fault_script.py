"""What the lines of a fault script ask of a bus, and how wrong ones are refused."""

import pytest

from bench.canbus.buses import FAULTS_MAX, make_wire
from bench.canbus.database import EXTENDED
from bench.canbus.fault_script import CAN_FAULTS, BusFault, read_bus_fault, script_wire
from bench.canbus.faults import ANY_ID
from bench.schedule.faults import parse_fault

GOOD = [
    ("wrong_crc:0x110", {"frame_id": 0x110}),
    ("wrong_crc:272,11", {"frame_id": 0x110, "argument": 11}),
    ("drop:0x110,25%", {"frame_id": 0x110, "share": 0.25}),
    ("drop", {"frame_id": ANY_ID}),
    ("bit_error", {"frame_id": ANY_ID}),
    ("bit_error:0x18FF1234,2", {"frame_id": EXTENDED | 0x18FF1234, "argument": 2}),
    ("duplicate:0x00000110", {"frame_id": EXTENDED | 0x110}),
    ("delay:0x110,5ms", {"frame_id": 0x110, "delay_ns": 5_000_000}),
    ("wrong_length:0x110,4", {"frame_id": 0x110, "argument": 4}),
    ("babble:0x0", {"frame_id": 0, "argument": 8}),
    ("bus_off:0x110", {"frame_id": 0x110}),
    ("freeze:0x110", {"frame_id": 0x110}),
]


@pytest.mark.parametrize(("text", "meant"), GOOD)
def test_what_a_line_means(text: str, meant: dict[str, object]) -> None:
    kind = text.partition(":")[0]
    assert read_bus_fault(parse_fault(f"can.dut.{text}@3s+1s")) == BusFault(CAN_FAULTS[kind], **meant)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("wrong_crc", "needs the identifier"),
        ("wrong_crc:frame", "needs the identifier"),
        ("wrong_crc:0x20000000", "29 bits"),
        ("wrong_crc:-1", "29 bits"),
        ("wrong_crc:0x110,256", "no number from 0 to 255"),
        ("drop:0x110,0%", "no share"),
        ("drop:0x110,200%", "no share"),
        ("delay:0x110", "delay wants a time"),
        ("delay:0x110,20s", "between 0 and 10 s"),
        ("wrong_length:0x110,65", "0 to 64"),
        ("freeze:0x110,2", "nothing else"),
        ("bus_off", "needs the identifier"),
    ],
)
def test_wrong_lines_are_refused(text: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        read_bus_fault(parse_fault(f"can.dut.{text}@3s"))


def test_a_script_counts_from_the_origin_and_has_an_end() -> None:
    wire = make_wire([500_000])
    script_wire(wire, 0, (parse_fault("can.dut.drop:0x110@3s+1s"),), seed=1, origin_ns=7)
    assert (wire.faults["start_ns"][0], wire.faults["end_ns"][0]) == (3_000_000_007, 4_000_000_007)
    with pytest.raises(ValueError, match="script fewer"):
        script_wire(wire, 0, (parse_fault("can.dut.drop@3s"),) * FAULTS_MAX, seed=1)
