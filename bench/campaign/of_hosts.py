"""F-55 to F-64: what goes wrong with processes, machine, disk, files and network. Real processes show it."""

from bench.campaign.fault import Fault, Judged, Required
from bench.core.causes import Cause

_HOST = "host"

HOST_FAULTS = (
    Fault(
        "F-55", _HOST, "core killed", "watchdog relay, inverter's time-out", Required.CHAIN, 100.0,
        judged=Judged.LOOPBACK, open="no test kills the core and times the relay",
    ),
    Fault(
        "F-56", _HOST, "core stopped or starved; service silent", "relay; the core judges the service", Required.FREEZE,
        300.0, judged=Judged.LOOPBACK, causes=(Cause.SERVICE_SILENT, Cause.LINKS_SILENT),
        shown_by=(
            "tests/loopback/test_stops_in_wall_time.py::"
            "test_a_silent_service_freezes_the_bench_then_stops_it_and_the_others_do_without_it",
            "tests/io/test_core_on_the_wire.py::"
            "test_a_stopped_core_leaves_the_wire_silent_and_the_inverter_goes_to_its_safe_state",
            "tests/io/test_wall_bench.py::test_when_the_links_are_killed_the_core_stops_and_the_sequence_is_told",
        ),
    ),
    Fault(
        "F-57", _HOST, "screen dies, terminal hangs up", "nobody", Required.NO_EFFECT, judged=Judged.LOOPBACK,
        open="a run belongs to its terminal: SIGHUP is a controlled stop, there is no screen to attach again",
    ),
    Fault(
        "F-58", _HOST, "recorder dies or blocks", "heartbeat", Required.FREEZE, 1000.0, judged=Judged.LOOPBACK,
        causes=(Cause.RECORDER_SILENT,), open="no test kills the recorder alone",
    ),
    Fault(
        "F-59", _HOST, "disk full, write or sync fails", "error of the system", Required.CONTROLLED, 1000.0,
        ways=(("!disk_fails",),), causes=(Cause.DISK_FULL,), appears_ms=1000.0,
    ),
    Fault(
        "F-60", _HOST, "wall clock steps", "no deadline uses it", Required.NO_EFFECT, judged=Judged.LOOPBACK,
        open="no test steps the clock of the machine under a run",
    ),
    Fault(
        "F-61", _HOST, "machine suspended", "late cycle", Required.CONTROLLED, judged=Judged.LOOPBACK,
        causes=(Cause.HOST_PAUSED,),
        shown_by=("tests/io/test_core_on_the_wire.py::test_a_pause_beyond_a_second_stops_at_the_first_cycle_after_it",),
    ),
    Fault(
        "F-62", _HOST, "memory grows", "slope of the memory in use", Required.FREEZE, judged=Judged.LOOPBACK,
        open="nobody watches the memory of a run yet",
    ),
    Fault(
        "F-63", "files", "database, plan or rig changed during the run", "own copies, hashes", Required.NO_EFFECT,
        judged=Judged.LOOPBACK, open="a run uses what it has read; no test changes the files under it",
    ),
    Fault(
        "F-64", "network", "port scan, garbage, flood of connections", "limits", Required.NO_EFFECT,
        judged=Judged.LOOPBACK,
        open="the bench listens nowhere unasked; strangers at benchwire's doorbell are tested, the rest is not",
    ),
)  # fmt: skip
