"""A journal as a run with drive cycles would write it."""

from typing import Any

from bench.record.journal import Journal, JournalRecord, read_journal
from bench.record.storage import MemoryStorage

S = 1_000_000_000


def phase(repetition: int, name: str, seconds: int = 10, **more: Any) -> tuple[str, dict[str, Any]]:
    """One row, with round figures."""
    row = {
        "cycle": "trace", "repetition": repetition, "phase": name, "verdict": "passed", "reason": "",
        "duration_s": float(seconds), "distance_km": 0.1, "consumption_kwh_100km": 15.0,
        "u_consumption_kwh_100km": 0.2, "dc_in_wh": 20.0, "u_dc_in_wh": 0.3, "dc_out_wh": 5.0, "u_dc_out_wh": 0.1,
        "dc_net_wh": 15.0, "u_dc_net_wh": 0.4, "shaft_driving_wh": 18.0, "u_shaft_driving_wh": 0.1,
        "shaft_braking_wh": 6.0, "u_shaft_braking_wh": 0.1, "loss_wh": 3.0, "u_loss_wh": 0.4,
        "speed_rms_kmh": 0.08, "outside_share": 0.0, "outside_occasions": 0, "torque_rms_nm": 1.5, "limited_s": 1,
    }  # fmt: skip
    return "cycle_phase", {**row, **more}


def trace(repetition: int, name: str, first: int, seconds: int = 10) -> tuple[str, dict[str, Any]]:
    """Curves of one phase."""
    curve = [float(n % 7) for n in range(seconds + 1)]
    curves = dict.fromkeys(("wanted_kmh", "speed_kmh", "torque_nm", "dc_kw"), curve)
    return "cycle_trace", {"cycle": "trace", "repetition": repetition, "phase": name, "first_s": first, **curves}


STARTED = ("cycle_started", {"cycle": "trace", "repetitions": 2, "seconds": 20, "beyond": "limit",
                             "limited": [[3.0, 412.0, 400.0]]})  # fmt: skip


def journal(*told: tuple[str, dict[str, Any]]) -> list[JournalRecord]:
    """The records of these events, a second apart."""
    storage = MemoryStorage()
    writer = Journal(storage.open("journal.jsonl"))
    for n, (event, data) in enumerate(told):
        writer.append(n * S, event, data)
    writer.close()
    return read_journal(storage.read("journal.jsonl"))[0]


def two_repetitions() -> list[JournalRecord]:
    """Two repetitions of two phases; the second fails."""
    wrong = {"verdict": "failed", "reason": "torque off by 9.00 Nm"}
    return journal(
        ("run_started", {"plan": "energy", "title": "Energy", "dut": "unit", "points": 0}),
        STARTED,
        phase(1, "low"), trace(1, "low", 0), phase(1, "high"), trace(1, "high", 10), phase(1, "total", 20),
        phase(2, "low"), phase(2, "high", **wrong), trace(2, "high", 10), phase(2, "total", 20, **wrong),
        ("run_finished", {"verdict": "failed", "reasons": ["repetition 2: torque off by 9.00 Nm"], "planned": 0}),
    )  # fmt: skip
