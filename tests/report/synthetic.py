"""A journal as a run of the default map would write it, from a loss model on the back of an envelope."""

from typing import Any

import numpy as np

from bench.record.journal import Journal, JournalRecord, read_journal
from bench.record.storage import MemoryStorage

FRACTIONS = [1.0, 0.8, 0.6, 0.4, 0.2, 0.1, -0.1, -0.2, -0.4, -0.6, -0.8, -1.0]
SPEEDS = np.linspace(500, 13000, 15)
S = 1_000_000_000
RUNGS = ["torque to zero", "speed down", "inverter off", "DC output off", "contactors open", "discharge"]


def torque_max_nm(speed_rpm: float) -> float:
    return float(min(400.0, 210e3 / (speed_rpm * np.pi / 30)))


def losses_w(speed_rpm: float, torque_nm: float) -> tuple[float, float]:
    power_electronics = 180 + 0.012 * abs(torque_nm) ** 2 + 3.2 * abs(torque_nm) + 0.02 * speed_rpm
    motor = 60 + 0.045 * torque_nm**2 + 0.09 * speed_rpm + 6.5e-6 * speed_rpm**2 + 0.0012 * abs(torque_nm) * speed_rpm
    return power_electronics, motor


def point_record(number: int, speed: float, fraction: float, rng: np.random.Generator) -> dict[str, Any]:
    torque = fraction * torque_max_nm(speed)
    loss_pe, loss_mt = losses_w(speed, torque)
    shaft = torque * speed * np.pi / 30
    dc, ac, out = shaft + loss_pe + loss_mt * 0.6, shaft + loss_mt * 0.6, shaft - loss_mt * 0.4
    etas = (out / dc, ac / dc, out / ac) if torque > 0 else (dc / out, dc / ac, ac / out)
    u = 0.001 + 0.0006 / abs(fraction)
    flagged = number in (37, 140)
    return {
        "point": number,
        "speed_rpm": float(speed),
        "torque_nm": torque,
        "fraction": fraction,
        "zone": "short_time" if abs(fraction) > 0.7 else "continuous",
        "verdict": "flagged" if flagged else "accepted",
        "reason": "derated: winding temperature 151.2 °C" if flagged else "",
        "start_ns": number * 75 * S + 40 * S,
        "end_ns": number * 75 * S + 44 * S,
        "quadrant": "Q1" if torque > 0 else "Q4",
        "dc_power_mean": dc,
        "dc_power_std": abs(dc) * 2e-4,
        "ac_power_mean": ac,
        "p_out_w": out,
        "dc_voltage_mean": 398.0 + rng.normal(0, 0.2),
        "dc_current_mean": dc / 398.0,
        "dut_winding_temp_mean": 70 + 55 * abs(fraction) + rng.normal(0, 1.5),
        "dut_rotor_temp_mean": 82 + rng.normal(0, 1.5),
        "dut_oil_temp_mean": 71 + rng.normal(0, 0.6),
        "coolant_temp_in_mean": 65 + rng.normal(0, 0.1),
        "flange_l_torque_mean": torque * 4.3,
        "flange_r_torque_mean": torque * 4.3,
        **dict(zip(("eta_edu", "eta_pe", "eta_motor_transmission"), map(float, etas), strict=True)),
        "u_eta_edu": u,
        "u_eta_pe": u * 0.6,
        "u_eta_motor_transmission": u * 1.2,
        "u_basis": "assumed",
        "loss_w": loss_pe + loss_mt,
        "loss_pe_w": loss_pe,
        "loss_mt_w": loss_mt,
        "ripple_pp": 0.04,
        "range_dc_current": 200.0,
        "range_dc_voltage": 600.0,
    }


def write_run(storage: MemoryStorage, fractions: list[float] = FRACTIONS, speeds: Any = SPEEDS) -> None:
    """Journal a whole map run into ``storage``."""
    rng = np.random.default_rng(7)
    journal = Journal(storage.open("journal.jsonl"))
    curve = np.linspace(0, 14000, 57)
    peak = [torque_max_nm(max(speed, 1.0)) for speed in curve]
    started = {
        "plan": "efficiency_map",
        "title": "Efficiency map, four quadrants of torque",
        "dut": "gen5_bev",
        "rig": "e_axle_demo",
        "world": "virtual",
        "seed": 1,
        "planned": len(fractions) * len(speeds),
        "envelope": {
            "speed_rpm": curve,
            "torque_max_nm": peak,
            "torque_min_nm": [-value for value in peak],
            "continuous_nm": [0.55 * value for value in peak],
        },
    }
    journal.append(0, "run_started", started)
    journal.append(8 * S, "armed", {"supply": "EA PSB 10500-420, 123456", "analyzer": "YOKOGAWA WT5000, C1RB01234"})
    journal.append(15 * S, "sign_check", {"passed": True, "torque_nm": 20.0, "speed_rpm": 200.0, "reasons": []})
    journal.append(16 * S, "step_started", {"step": 1, "kind": "soak"})
    journal.append(900 * S, "step_finished", {"step": 1, "kind": "soak", "verdict": "passed", "reasons": []})
    t = 1000 * S
    grid = [(speed, fraction) for speed in speeds for fraction in fractions]
    for number, (speed, fraction) in enumerate(grid, start=1):
        if number % 25 == 1:
            journal.append(t, "reference", {"eta_edu": 0.934 + rng.normal(0, 2e-4), "limit_pp": 0.3})
        journal.append(t, "point_started", {"point": number, "speed_rpm": speed})
        if abs(fraction) < 0.7:
            settle = 22 + 10 * abs(fraction) + rng.exponential(4)
            seen = {
                "point": number,
                "zone": "continuous",
                "satisfied": True,
                "start_ns": t,
                "end_ns": t + int(settle * S),
            }
            journal.append(t + int(settle * S), "settled", seen)
        t += 75 * S
        journal.append(t, "point", point_record(number, speed, fraction, rng))
    journal.append(t, "step_finished", {"step": 2, "kind": "efficiency_map", "verdict": "passed", "reasons": []})
    journal.append(t + S, "stop_requested", {"cause": "end of plan", "stop_class": 1})
    rungs = [{"rung": name, "outcome": "confirmed"} for name in RUNGS]
    journal.append(t + 9 * S, "stopped", {"confirmed": True, "rungs": rungs})
    points = len(grid)
    verdict = {"verdict": "passed", "outcome": "finished", "reasons": [], "points": points, "planned": points}
    journal.append(t + 9 * S, "run_finished", {**verdict, "flagged": 2, "stop_confirmed": True})


def records(**kwargs: Any) -> list[JournalRecord]:
    storage = MemoryStorage()
    write_run(storage, **kwargs)
    return read_journal(storage.read("journal.jsonl"))[0]
