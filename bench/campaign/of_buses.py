"""F-01 to F-15: what goes wrong on CAN."""

from bench.campaign.fault import Fault, Judged, Required
from bench.core.causes import Cause

_CYCLE_MS = 10.0
_BEHIND = 10.0  # of the torque frame after the cycle that stops
_CAN = "CAN"

BUS_FAULTS = (
    Fault(
        "F-01", _CAN, "one inverter status frame stops", "age over 3 cycles", Required.CONTROLLED, 3 * _CYCLE_MS + 10.0,
        ways=(("can.dut.drop:0x110@{}",), ("can.dut.drop:0x130@{}",), ("can.bench_io.drop:0x220@{}",)),
        causes=(Cause.STATUS_FRAME_MISSING, Cause.SIGNAL_INVALID), appears_ms=_CYCLE_MS,
    ),
    Fault(
        "F-02", _CAN, "whole bus silent", "no frame for 50 ms", Required.CONTROLLED, 50.0,
        ways=(("can.dut.drop@{}",),), discharges=False, appears_ms=_CYCLE_MS,
        causes=(Cause.STATUS_FRAME_MISSING, Cause.BUS_PASSIVE, Cause.BUS_OFF),
    ),
    Fault(
        "F-03", _CAN, "alive counter frozen, frames go on", "unchanged for 3 frames", Required.CONTROLLED,
        3 * _CYCLE_MS + _BEHIND, ways=(("can.dut.freeze:0x110@{}",), ("can.bench_io.freeze:0x220@{}",)),
        causes=(Cause.COUNTER_FROZEN, Cause.FRAMES_BAD), appears_ms=_CYCLE_MS,
    ),
    Fault(
        "F-04", _CAN, "counter jumps, frames twice", "counter rule, 3 of 10", Required.DATA, 10 * _CYCLE_MS + _BEHIND,
        ways=(("can.dut.duplicate:0x110@{}",), ("can.dut.duplicate:0x110,20@{}",)), restartable=True,
        causes=(Cause.FRAMES_BAD, Cause.COUNTER_FROZEN), signs=("core_frame_bad",), appears_ms=20 * _CYCLE_MS,
    ),
    Fault(
        "F-05", _CAN, "E2E CRC wrong", "CRC, 3 of 10", Required.DATA, 10 * _CYCLE_MS + _BEHIND, restartable=True,
        ways=(("can.dut.wrong_crc:0x110@{}",), ("can.dut.wrong_crc:0x110,11@{}",), ("can.dut.wrong_crc:0x110,4@{}",)),
        causes=(Cause.FRAMES_BAD,), signs=("core_frame_bad",), appears_ms=11 * _CYCLE_MS,
    ),
    Fault(
        "F-06", _CAN, "frame shorter than its database", "length", Required.DATA, _CYCLE_MS,
        ways=(("can.dut.wrong_length:0x110,4@{}+10ms",), ("can.dut.wrong_length:0x110,0@{}+10ms",)),
        causes=(Cause.FRAMES_BAD,), signs=("core_frame_bad",), appears_ms=_CYCLE_MS,
    ),
    Fault(
        "F-07", _CAN, "frame longer than its database", "own check of the length", Required.DATA, _CYCLE_MS,
        ways=(("can.dut.wrong_length:0x110,64@{}+10ms",), ("can.dut.wrong_length:0x110,12@{}+10ms",)),
        causes=(Cause.FRAMES_BAD,), signs=("core_frame_bad",), appears_ms=_CYCLE_MS,
    ),
    Fault(
        "F-08", _CAN, "signal not available or out of range", "own ranges", Required.DATA, _CYCLE_MS, restartable=True,
        open="no script line lets a right frame carry a signal out of its range yet",
    ),
    Fault(
        "F-09", _CAN, "float signal is NaN or inf", "finite on ingest", Required.DATA, _CYCLE_MS,
        open="no database of the demo bench has a float signal; the codec refuses them in its own tests",
    ),
    Fault(
        "F-10", _CAN, "error frames, bus-off, no room to send", "state of the controller", Required.CONTROLLED, 50.0,
        ways=(("can.dut.bus_off:0x0C0@{}+25ms",), ("can.dut.bit_error:0x0C0@{}+25ms",)),
        causes=(Cause.BUS_OFF, Cause.BUS_PASSIVE, Cause.STATUS_FRAME_MISSING), appears_ms=_CYCLE_MS,
    ),
    Fault(
        "F-11", _CAN, "sending blocks", "deadline of the send", Required.CONTROLLED, 10.0, judged=Judged.LOOPBACK,
        causes=(Cause.FRAME_NOT_SENT,), shown_by=("test_f10_sends_that_fail_and_a_driver_that_tells",),
        open="sends never block (non-blocking socket), but no loopback test lets one wait",
    ),
    Fault(
        "F-12", _CAN, "flood of 100 % bus load", "rate over model, silence", Required.CONTROLLED, 100.0,
        ways=(("can.dut.babble:0x0@{}",),), restartable=True, discharges=False,
        causes=(Cause.STATUS_FRAME_MISSING, Cause.BUS_PASSIVE, Cause.BUS_OFF),
    ),
    Fault(
        "F-13", _CAN, "a second sender of our identifier", "own identifier heard", Required.CONTROLLED, _CYCLE_MS,
        ways=(("can.dut.babble:0x0C0@{}+2ms",),), causes=(Cause.FOREIGN_FRAME,), appears_ms=3.0,
    ),
    Fault(
        "F-14", _CAN, "reader thread dies", "heartbeat", Required.CONTROLLED, 100.0, judged=Judged.LOOPBACK,
        open="the core reads by itself, without a thread; no loopback test ends its reading alone",
    ),
    Fault(
        "F-15", _CAN, "USB adapter unplugged", "error of the system, serial number", Required.CONTROLLED, 100.0,
        causes=(Cause.BUS_GONE,), judged=Judged.LOOPBACK,
        shown_by=("tests/io/test_can_port.py::test_f15_an_adapter_pulled_out_is_gone_at_once_and_back_within_100_ms",),
    ),
)  # fmt: skip
