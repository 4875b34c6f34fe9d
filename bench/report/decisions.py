"""The log of a run in words: what was decided, and what the core told, without the points and their waiting."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bench.base.time import seconds
from bench.record.journal import JournalRecord

_LINES_MAX = 400


@dataclass(frozen=True, slots=True)
class Decision:
    """One line: run time in s, what kind of event, in words; ``grave`` for stops, misses and failures."""

    t_s: float
    event: str
    text: str
    grave: bool = False


def _plain(data: Mapping[str, Any]) -> str:
    """The plain values of a record, in one line; tables are left to the journal."""
    parts = []
    for key, value in data.items():
        if isinstance(value, bool | int):
            parts.append(f"{key} {str(value).lower()}")
        elif isinstance(value, float):
            parts.append(f"{key} {value:.5g}")
        elif isinstance(value, str) and value:
            parts.append(f"{key} {value}")
        elif isinstance(value, list) and value and all(isinstance(item, str) for item in value):
            parts.append(f"{key}: {'; '.join(value)}")
    return " · ".join(parts)


def _armed(data: Mapping[str, Any]) -> str:
    parts = []
    for part, told in data.get("parts", {}).items():
        identity = told.get("identity", {}) if isinstance(told, Mapping) else {}
        parts.append(
            f"{part}: {' '.join(str(identity[key]) for key in ('maker', 'model', 'serial') if key in identity)}"
        )
    return " · ".join(parts) or _plain(data)


def _sign_check(data: Mapping[str, Any]) -> str:
    if data.get("passed"):
        return f"±{data['torque_nm']:g} Nm at {data['speed_rpm']:g} rpm: flanges, speeds, DC power and CAN agree"
    return "; ".join(map(str, data.get("reasons", ()))) or _plain(data)


def _latency(data: Mapping[str, Any]) -> str:
    if data.get("found_s") is None:
        return "the ramps show no latency of the analyzer"
    return f"the analyzer's latency is {1e3 * data['found_s']:.1f} ms, the rig file says {1e3 * data['of_rig_s']:g} ms"


def _zero_check(data: Mapping[str, Any]) -> str:
    if data.get("reason"):
        return str(data["reason"])
    return f"{data['flange']} reads {data['zero_nm']:+.2f} Nm at standstill, ±{data['limit_nm']:.2f} Nm are allowed"


def _shunt_check(data: Mapping[str, Any]) -> str:
    if not data.get("passed"):
        return "; ".join(map(str, data.get("reasons", ()))) or _plain(data)
    shown = (f"{name} {told['shown_nm']:.5g} of {told['expected_nm']:.5g} Nm" for name, told in data["flanges"].items())
    return f"shunt signals read back: {', '.join(shown)}"


def _peak_repetition(data: Mapping[str, Any]) -> str:
    powers = [data.get(f"{name}_w") for name in ("peak", "sustained")]
    peak, sustained = ("unknown" if watts is None else f"{1e-3 * watts:.2f} kW" for watts in powers)
    derated = "the inverter derated" if data.get("derated") else ""
    told = f"{data['repetition']}: peak {peak}, sustained {sustained}"
    return "; ".join(filter(None, (told, derated, data.get("reason"))))


def _peak_power(data: Mapping[str, Any]) -> str:
    if data.get("reason"):
        return str(data["reason"])
    powers = f"peak {1e-3 * data['peak_w']:.2f} kW, sustained {1e-3 * data['sustained_w']:.2f} kW"
    return f"{powers}; means of repetitions {data['counting']}"


def _thirty_minute_power(data: Mapping[str, Any]) -> str:
    if data.get("reason"):
        return str(data["reason"])
    held = f"{1e-3 * data['power_w']:.2f} kW over {data['held_s'] / 60.0:g} min"
    return f"{held}, moved by {data['moved_percent']:+.2f} %"


def _loss_check(data: Mapping[str, Any]) -> str:
    if data.get("reason"):
        return str(data["reason"])
    return f"point {data['point']}: {data['interpolated_w']:.0f} W interpolated, {data['loss_w']:.0f} W measured"


def _net_power_curve(data: Mapping[str, Any]) -> str:
    if data.get("reason") or data.get("power_w") is None:
        return str(data.get("reason") or "no point of the curve counts")
    return f"{1e-3 * data['power_w']:.2f} kW at {data['speed_rpm']:g} rpm, the curve in {data['curve_s']:.0f} s"


def _set_points(data: Mapping[str, Any]) -> str:
    rates = data.get("rates", {})
    parts = (
        f"{name} {value:g}" + (f" at {rates[name]:g}/s" if name in rates else "") for name, value in data["to"].items()
    )
    return ", ".join(parts)


def _measurement(data: Mapping[str, Any]) -> str:
    eta = f", efficiency {data['eta_edu']:.3%}" if data.get("eta_edu") is not None else ""
    told = f"{data['name']}: {len(data['values'])} channels over {data['duration_s']:.2f} s{eta}"
    return "; ".join(filter(None, (told, data.get("reason"))))


def _waited(data: Mapping[str, Any]) -> str:
    seconds_waited = (data["end_ns"] - data["start_ns"]) / 1e9
    return str(data.get("reason") or f"{data['condition']}: true after {seconds_waited:.1f} s")


def _reference(data: Mapping[str, Any]) -> str:
    eta, drift = data.get("eta_edu"), data.get("drift_pp")
    if eta is None:
        return f"reference {data.get('reference', '')}: {data.get('reason') or 'no efficiency'}"
    moved = f", drift {drift:+.3f} pp (limit {data.get('limit_pp', 0):g} pp)" if drift is not None else ""
    return f"reference {data.get('reference', '')}: {100 * eta:.3f} %{moved}"


def _reference_check(data: Mapping[str, Any]) -> str:
    where = f"{data['name']} {data['check']}"
    if data.get("reason") or data.get("eta_edu") is None:
        return f"{where}: {data.get('reason') or 'no efficiency'}"
    found = f", drift of {data['shift_pp']:+.3f} pp found at check {data['found_at']}" if data["found_at"] else ""
    return f"{where}: {100 * data['eta_edu']:.3f} %, {data['apart_pp']:+.4f} pp from the baseline{found}"


def _endurance_started(data: Mapping[str, Any]) -> str:
    asked = f"{data['asked_cycles']} cycles" if data.get("asked_cycles") else f"{data['asked_s']:g} s"
    begun = f", {data['begins_after']} done already" if data.get("begins_after") else ""
    return f"{data['kind']}, {asked}{begun}; after {data['clause']}; assumed: {data['assumed']}"


def _endurance(data: Mapping[str, Any]) -> str:
    counted = f"{data['kind']}: {data['cycles']} cycles in band, {data['out_of_band']} out of band"
    return "; ".join(filter(None, (f"{counted}, {data['load_s'] / 3600.0:.2f} h at load", data.get("reason"))))


def _check_point(data: Mapping[str, Any]) -> str:
    eta = data.get("eta_edu")
    shown = "no efficiency" if eta is None else f"{100 * eta:.3f} %"
    return "; ".join(filter(None, (f"round {data['round']}, point {data['number']}: {shown}", data.get("reason"))))


def _cycle_started(data: Mapping[str, Any]) -> str:
    times = f"{data.get('repetitions')} times " if data.get("repetitions") != 1 else ""
    limited = data.get("limited") or ()
    more = f", torque limited to the unit's envelope at {len(limited)} seconds" if limited else ""
    return f"{data.get('cycle')} {times}{data.get('seconds')} s{more}"


def _cycle_phase(data: Mapping[str, Any]) -> str:
    taken, where = (
        data.get("consumption_kwh_100km"),
        f"{data.get('cycle')} {data.get('repetition')}, {data.get('phase')}",
    )
    energy = f"{taken:.2f} kWh/100 km" if taken is not None else f"{data.get('dc_net_wh') or 0.0:.1f} Wh"
    return "; ".join(filter(None, (f"{where}: {energy}", data.get("reason"))))


def _limit(data: Mapping[str, Any]) -> str:
    value = data.get("value")
    return f"{data.get('limit')}: {data.get('level')} at {'no valid value' if value is None else f'{value:.5g}'}"


def _diagnosed(data: Mapping[str, Any]) -> str:
    if "dtcs" not in data:
        return f"{data.get('when')}: {data.get('skipped') or data.get('problem')}"
    codes = [f"{dtc['code']} {dtc['text']}".strip() for dtc in data["dtcs"]]
    return f"{data.get('when')}: {'; '.join(codes) or 'no trouble codes'}"


def _at(data: Mapping[str, Any]) -> str:
    """The place in the tree of the plan; a step of a flat plan needs none."""
    return "" if isinstance(data.get("step"), int) else f"{data.get('step')}: "


def _node(data: Mapping[str, Any]) -> str:
    return f"{_at(data)}{data.get('name') or data.get('kind')}"


def _pass(data: Mapping[str, Any]) -> str:
    of = f" of {data['of']}" if data.get("of") else ""
    values = ", ".join(f"{name} = {value}" for name, value in (data.get("values") or {}).items())
    return f"{data.get('step')}: pass {data.get('pass')}{of}{f', {values}' if values else ''}"


def _reasons(data: Mapping[str, Any], what: str) -> str:
    return f"{data.get('step')} {what}: {'; '.join(map(str, data.get('reasons', ())))}"


def _set_up(data: Mapping[str, Any]) -> str:
    """Parameters as they were read back; what differs with what was required."""
    found = data.get("parameters", {})
    told = []
    for address, wanted in data.get("required", {}).items():
        value = found.get(address, "not told")
        told.append(f"{address} = {value}" if value == wanted else f"{address} = {value} instead of {wanted}")
    return f"parameters {', '.join(told)}"


_WORDS: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
    "run_started": lambda data: str(data.get("title") or data.get("plan", "")),
    "armed": _armed,
    "calibration_overridden": lambda data: f"{data['name']}: {data['certificate']} was good until {data['due']}",
    "diagnostics": _diagnosed,
    "inverter_set_up": _set_up,
    "dtcs_cleared": lambda data: ", ".join(map(str, data.get("codes") or ["there were none"])),
    "shunt_check": _shunt_check,
    "sign_check": _sign_check,
    "step_started": lambda data: _node(data),
    "group_started": lambda data: _node(data),
    "group_finished": lambda data: _node(data),
    "pass_started": _pass,
    "decided": lambda data: f"{_at(data)}{data.get('condition')}: {'yes' if data.get('holds') else 'no'}",
    "left_out": lambda data: _reasons(data, "left out"),
    "retried": lambda data: _reasons(data, "begun anew"),
    "cleanup_failed": lambda data: _reasons(data, "cleanup failed"),
    "resumed": lambda data: f"goes on from {data.get('run')}: {data.get('points')} points are taken over",
    "step_skipped": lambda data: f"{_node(data)}: finished in {data.get('of_run')}",
    "step_finished": lambda data: " ".join(
        [f"{_node(data)}: {data.get('verdict')}", *map(str, data.get("reasons", ()))]
    ),
    "latency": _latency,
    "zero_check": _zero_check,
    "loss_points": lambda data: str(data.get("reason") or "the losses between the seven points are interpolated"),
    "loss_check": _loss_check,
    "net_power_curve": _net_power_curve,
    "peak_repetition": _peak_repetition,
    "peak_power": _peak_power,
    "thirty_minute_power": _thirty_minute_power,
    "soaked": lambda data: "; ".join(map(str, data.get("criteria", ()))),
    "cycle_started": _cycle_started,
    "reference_check": _reference_check,
    "endurance_started": _endurance_started,
    "endurance": _endurance,
    "endurance_check": lambda data: (
        f"check {data['check_of'] + 1}, round {data['round']} after {data['cycles']} cycles"
    ),
    "check_point": _check_point,
    "cycle_phase": _cycle_phase,
    "set_points": _set_points,
    "measurement": _measurement,
    "waited": _waited,
    "warming_up": lambda data: (
        f"{data['part']}: " + ("said to be warm" if data["said_warm"] else f"{data['seconds']:g} s")
    ),
    "held": lambda data: f"by the {data.get('by')}; the load stays",
    "resumed_from_hold": lambda data: f"after {data.get('stood_s', 0.0):.1f} s, by the {data.get('by')}",
    "suspended": lambda data: f"by the {data.get('by')}; {data.get('reason') or 'to warm idle'}",
    "resumed_from_suspend": lambda data: f"after {data.get('stood_s', 0.0):.1f} s, by the {data.get('by')}",
    "prompt": lambda data: str(data["text"]),
    "prompt_answered": lambda data: f"{data['answer'] or 'no answer'} (by {data['by']})",
    "notification": lambda data: f"{data['title']}: {data['text']}",
    "reference": _reference,
    "stop_requested": lambda data: f"{data.get('cause', '')} (by {data.get('by', 'the sequence')})",
    "stopped": lambda data: "every rung confirmed" if data.get("confirmed") else "not every rung was confirmed",
    "run_finished": lambda data: "; ".join([str(data.get("verdict")), *map(str, data.get("reasons", ()))]),
    "core_limit": _limit,
    "core_stop": lambda data: f"{data.get('happened')} ({data.get('stop_class')}); {data.get('remedy')}",
    "inverter_fault": lambda data: f"{data.get('channel')}: {', '.join(data.get('faults') or ['cleared'])}",
    "core_released": lambda data: f"the freeze ended after {data.get('held_s')} s ({data.get('over')} no more)",
    "core_silent": lambda data: f"the core is silent since {data.get('cycle', 0) / 1e9:.3f} s",
    "recording_gap": lambda data: f"not recorded: {data.get('lost')} ({data.get('reason')})",
    "recording_failed": lambda data: f"{data.get('reason')}",
    "disk_low": lambda data: f"{data.get('level')}: {data.get('free_mib')} MiB of {data.get('of_mib')} MiB are free",
    "repeated": lambda data: f"done again: {data.get('reason')}",
    "core_refused": _plain,
    "core_limited": lambda data: f"{data['setpoint']}: {data['asked']:g} asked, {data['allowed']:g} allowed",
    "core_frame_bad": lambda data: f"{data.get('message')}: wrong {data.get('reason')}",
    "core_late": lambda data: f"{data.get('cycles')} cycles came late",
    "emulators_stalled": lambda data: str(data.get("means", "")),
}


_GRAVE = {
    *("core_refused", "core_silent", "core_frame_bad", "recording_gap", "recording_failed", "disk_low"),
    *("left_out", "retried", "cleanup_failed"),
}


def _grave(record: JournalRecord) -> bool:
    data = record.data
    if record.event == "core_stop":
        return data.get("happened") != "the plan has ended"
    return (
        data.get("verdict") == "failed"
        or data.get("passed") is False
        or (record.event == "waited" and not data.get("satisfied"))
        or record.event in _GRAVE
        or (record.event == "core_limit" and data.get("level") == "stop")
        or (record.event == "stopped" and not data.get("confirmed"))
        or (record.event == "reference" and data.get("within") is False)
    )


def _line(record: JournalRecord) -> Decision:
    text = _WORDS[record.event](record.data)
    return Decision(seconds(record.t_ns), record.event.replace("_", " "), text, _grave(record))


def decisions(records: Sequence[JournalRecord]) -> tuple[Decision, ...]:
    """The lines of the log, at most 400: a flood of bad frames is counted in the last one."""
    told = [record for record in records if record.event in _WORDS]
    lines = [
        Decision(
            seconds(record.t_ns), record.event.replace("_", " "), _WORDS[record.event](record.data), _grave(record)
        )
        for record in told
    ]
    if len(lines) <= _LINES_MAX:
        return tuple(lines)
    half = _LINES_MAX // 2
    gap = Decision(lines[half].t_s, "", f"{len(lines) - 2 * half} more lines are in the journal")
    return (*lines[:half], gap, *lines[-half:])
