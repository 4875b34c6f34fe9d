"""The program of the core: frozen tables, built from a readable ``Design``, hashed into the manifest."""

import hashlib
from collections.abc import Iterable
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bench.base.by_reference import by_reference
from bench.base.errors import InputError, Problem
from bench.canbus.tables import CanTables
from bench.core import tables
from bench.core.causes import Cause, latched
from bench.core.design import Action, Confirm, Design, Envelope, Limit, Rung, Setpoint
from bench.core.monitor_tables import bus_monitor_table, monitor_table, turn_ns
from bench.core.pair_tables import torque_pair_table
from bench.core.tables import NONE

Table = NDArray[Any]


@by_reference
class Program(NamedTuple):
    """What the core does, as tables (``bench.core.tables``); it never changes while the core runs."""

    settings: Table
    channels: Table
    setpoints: Table
    envelopes: Table
    envelope_points: Table
    limits: Table
    rx_rules: Table
    tx_entries: Table
    heartbeats: Table
    confirms: Table
    actions: Table
    rungs: Table
    groups: Table
    group_channels: Table
    roles: Table
    latched: Table
    diagnostics: Table
    derived: Table
    cases: Table
    case_tests: Table
    torque_pairs: Table
    words: NDArray[np.int32]
    monitors: Table
    bus_monitors: Table
    can: CanTables


def program_hash(program: Program) -> str:
    """SHA-256 over every table: name, type and values."""
    digest = hashlib.sha256()
    for name, table in _flat(program):
        digest.update(f"{name}:{table.dtype.descr}:{table.shape}\n".encode())
        digest.update(_without_gaps(table).tobytes())
    return digest.hexdigest()


def _without_gaps(table: Table) -> Table:
    """A copy whose bytes between the fields are zero: there numpy leaves whatever memory held before."""
    clean = np.zeros(table.shape, table.dtype)
    for name in table.dtype.names or ():
        clean[name] = table[name]
    return clean if table.dtype.names else np.ascontiguousarray(table)


def _flat(program: Program) -> Iterable[tuple[str, Table]]:
    for name in program._fields[:-1]:
        yield name, getattr(program, name)
    for name in program.can._fields:
        yield f"can.{name}", getattr(program.can, name)


def build_program(design: Design) -> Program:
    """The tables of ``design``.

    Raises ``InputError`` with every mistake found: unknown names, empty ranges, ladders that cannot end.
    """
    builder = _Builder(design)
    program = builder.build()
    if builder.problems:
        raise InputError(builder.problems)
    return program


class _Builder:
    """Turns names into indices and gathers what does not fit."""

    def __init__(self, design: Design) -> None:
        self.design = design
        self.problems: list[Problem] = []
        self.setpoint_index = {setpoint.channel: i for i, setpoint in enumerate(design.setpoints)}
        self.confirms: list[Confirm] = list(design.energised)
        self.actions: list[Action] = []

    def build(self) -> Program:
        rungs = self.rung_table()
        groups, group_channels = self.group_tables()
        envelopes, envelope_points = self.envelope_tables()
        derived, cases, case_tests = self.derived_tables()
        return Program(
            settings=self.settings(),
            channels=self.channel_table(),
            setpoints=self.setpoint_table(),
            envelopes=envelopes,
            envelope_points=envelope_points,
            limits=self.limit_table(),
            rx_rules=self.rx_table(),
            tx_entries=self.tx_table(),
            heartbeats=self.heartbeat_table(),
            confirms=self.confirm_table(),
            actions=self.action_table(),
            rungs=rungs,
            groups=groups,
            group_channels=group_channels,
            roles=self.role_table(),
            latched=np.array([latched(code) for code in range(tables.LATCHABLE)], np.uint8),
            diagnostics=self.diagnostic_table(),
            derived=derived,
            cases=cases,
            case_tests=case_tests,
            torque_pairs=torque_pair_table(self.design, self.channel, self.wrong),
            words=np.array([self.channel(name, "words") for name in self.design.words], np.int32),
            monitors=monitor_table(self.design, self.channel, self.wrong),
            bus_monitors=bus_monitor_table(self.design, self.channel, self.wrong),
            can=self.design.can,
        )

    # --- names --------------------------------------------------------------------------------------------------
    def wrong(self, place: str, message: str) -> None:
        self.problems.append(Problem(f"core design, {place}", 0, 0, message))

    def channel(self, name: str, place: str) -> int:
        if not name:
            return NONE
        if name not in self.design.channels:
            self.wrong(place, f"channel {name!r} does not exist; add it to the bench's channels")
            return NONE
        return self.design.channels.index(name)

    def setpoint(self, name: str, place: str) -> int:
        if not name:
            return NONE
        if name not in self.setpoint_index:
            self.wrong(place, f"set-point {name!r} does not exist; add a Setpoint for it")
            return NONE
        return self.setpoint_index[name]

    # --- tables -------------------------------------------------------------------------------------------------
    def settings(self) -> Table:
        design, table = self.design, np.zeros(1, tables.SETTINGS)
        table["cycle_ns"] = design.cycle_ns
        table["late_ns"] = design.cycle_ns * 3 // 2
        table["stall_ns"] = design.stall_ns
        table["step_max_ns"] = 10 * design.cycle_ns
        table["energised_confirms"] = len(design.energised)
        table["monitor_ns"] = turn_ns(design)
        table["watched"] = 1 + max((self.channel(name, "stale_ns") for name in design.stale_ns), default=NONE)
        table["log_full"] = design.log_full
        first = 0
        for stop_class in (2, 1, 0):
            count = len(design.ladders.get(stop_class, ()))
            table["first_rung"][0, stop_class] = first if count else NONE
            first += count
        return table

    def channel_table(self) -> Table:
        table = np.zeros(max(1, len(self.design.channels)), tables.CHANNEL)
        table["setpoint"] = NONE
        table["meter_ns"] = 1
        for name, age_ns in self.design.stale_ns.items():
            table["stale_ns"][self.channel(name, "stale_ns")] = age_ns
        for name in self.design.zero:
            table["zero"][self.channel(name, "zero")] = 1
        for i, setpoint in enumerate(self.design.setpoints):
            row = table[self.channel(setpoint.channel, f"setpoint {setpoint.channel}")]
            row["setpoint"], row["meter_ns"] = i, 10_000_000  # a set-point is renewed in each cycle
        return table

    def setpoint_table(self) -> Table:
        table = np.zeros(len(self.design.setpoints), tables.SETPOINT)
        table["envelope"] = table["speed_of"] = NONE
        for row, setpoint in zip(table, self.design.setpoints, strict=True):
            self.fill_setpoint(row, setpoint)
        for i, envelope in enumerate(self.design.envelopes):
            table["envelope"][self.setpoint(envelope.torque, f"envelope {envelope.torque}")] = i
            for name, factor in envelope.speeds.items():
                row = table[self.setpoint(name, f"envelope {envelope.torque}")]
                row["speed_of"], row["speed_factor"] = i, factor
        return table

    def fill_setpoint(self, row: np.void, setpoint: Setpoint) -> None:
        place = f"setpoint {setpoint.channel}"
        for name in ("low", "high", "rate_max", "safe_rate", "initial", "freeze_value", "derate", "toggle", "always"):
            row[name] = getattr(setpoint, name)
        row["channel"] = self.channel(setpoint.channel, place)
        if not setpoint.low <= setpoint.initial <= setpoint.high:
            self.wrong(place, f"initial value {setpoint.initial} is outside {setpoint.low} .. {setpoint.high}")
        if not (setpoint.rate_max > 0 and setpoint.safe_rate > 0):
            self.wrong(place, "rate_max and safe_rate must be above 0")

    def envelope_tables(self) -> tuple[Table, Table]:
        table = np.zeros(len(self.design.envelopes), tables.ENVELOPE)
        points: list[tuple[float, float, float]] = []
        for row, envelope in zip(table, self.design.envelopes, strict=True):
            self.check_envelope(envelope)
            row["margin_nm"], row["actual_factor"] = envelope.margin_nm, envelope.actual_factor
            row["actual_channel"] = self.channel(envelope.actual_speed, f"envelope {envelope.torque}")
            row["torque_setpoint"] = self.setpoint(envelope.torque, f"envelope {envelope.torque}")
            row["first_point"], row["points"] = len(points), len(envelope.points)
            points.extend(envelope.points)
        return table, np.array(points, tables.ENVELOPE_POINT)

    def check_envelope(self, envelope: Envelope) -> None:
        place, speeds = f"envelope {envelope.torque}", [point[0] for point in envelope.points]
        if len(speeds) < 2 or speeds[0] != 0.0 or any(b <= a for a, b in pairwise(speeds)):
            self.wrong(place, "needs two points or more, from 0 rpm on, with rising speeds")
        if any(not (low <= 0.0 <= high) for _, low, high in envelope.points):
            self.wrong(place, "0 Nm must be inside the envelope at every point")

    def limit_table(self) -> Table:
        table = np.zeros(len(self.design.limits), tables.LIMIT)
        table["other_1"] = table["other_2"] = NONE
        for row, limit in zip(table, self.design.limits, strict=True):
            self.fill_limit(row, limit)
        return table

    def fill_limit(self, row: np.void, limit: Limit) -> None:
        place = f"limit {limit.name}"
        for name in ("low", "high", "hysteresis", "debounce_ns", "cause", "level", "stop_class", "modes"):
            row[name] = getattr(limit, name)
        row["cause_lost"] = limit.cause_lost or limit.cause
        row["lost_ns"] = max(limit.lost_ns, limit.debounce_ns)
        row["stale_ns"] = limit.stale_ns or tables.FAR_NS
        row["channel"] = self.channel(limit.channel, place)
        for i, (name, factor) in enumerate(limit.minus[:2], start=1):
            row[f"other_{i}"], row[f"factor_{i}"] = self.channel(name, place), factor
        if len(limit.minus) > 2:
            self.wrong(place, "subtracts at most two channels")
        if not limit.low <= limit.high:
            self.wrong(place, f"low {limit.low} is not below high {limit.high}")
        if limit.level not in (tables.WARN, tables.DERATE, tables.STOP) or limit.stop_class not in (0, 1, 2):
            self.wrong(place, "level must be 1, 2 or 3, and the stop class 0, 1 or 2")

    def rx_table(self) -> Table:
        table = np.zeros(len(self.design.receives), tables.RX_RULE)
        for row, rule in zip(table, self.design.receives, strict=True):
            for name in ("frozen_max", "bad_max", "message", "cause_age", "stop_class", "modes"):
                row[name] = getattr(rule, name)
            row["cause_frozen"], row["cause_bad"] = Cause.COUNTER_FROZEN, Cause.FRAMES_BAD
            row["max_age_ns"] = rule.max_age_ns or 3 * rule.period_ns + 10_000_000
        return table

    def tx_table(self) -> Table:
        table = np.zeros(len(self.design.transmits), tables.TX_ENTRY)
        for row, entry in zip(table, self.design.transmits, strict=True):
            row["message"], row["period_ns"], row["offset_ns"] = entry.message, entry.period_ns, entry.offset_ns
            row["toggle_setpoint"] = self.setpoint(entry.toggle, f"transmit {entry.name}")
            if entry.period_ns < self.design.cycle_ns or entry.period_ns % self.design.cycle_ns:
                self.wrong(f"transmit {entry.name}", "the period must be a multiple of the core's cycle")
        return table

    def diagnostic_table(self) -> Table:
        """What this gate lets through must be nobody's: no torque, no contactor, no status."""
        table = np.zeros(len(self.design.diagnostics), tables.DIAGNOSTIC_ROUTE)
        taken = {(int(message["bus"]), int(message["id"])) for message in self.design.can.messages}
        for row, route in zip(table, self.design.diagnostics, strict=True):
            row["request"], row["response"], row["bus"] = route.request, route.response, route.bus
            row["prefix"], row["parameters"] = route.extended, route.parameters
            row["length_min"], row["length_max"] = 8 if route.parameters else 1 + route.extended, route.length_max
            for frame_id in (route.request, route.response):
                if (route.bus, frame_id) in taken:
                    text = f"identifier 0x{frame_id:X} belongs to a message of the bench; diagnosis needs its own"
                    self.wrong(f"diagnostics {route.name}", text)
                taken.add((route.bus, frame_id))
        return table

    def role_table(self) -> Table:
        table = np.zeros(len(self.design.can.messages), np.uint8)
        for entry in self.design.transmits:
            if entry.message != NONE:
                table[entry.message] = tables.TRANSMITTED
        return table

    def heartbeat_table(self) -> Table:
        table = np.zeros(len(self.design.heartbeats), tables.HEARTBEAT_RULE)
        for row, rule in zip(table, self.design.heartbeats, strict=True):
            for name in ("who", "max_age_ns", "cause", "stop_class", "modes"):
                row[name] = getattr(rule, name)
        return table

    def rung_table(self) -> Table:
        rungs = self.design.rungs
        table = np.zeros(len(rungs), tables.RUNG)
        for i, (row, rung) in enumerate(zip(table, rungs, strict=True)):
            self.fill_rung(row, rung)
            row["next"] = i + 1
        end = 0
        for stop_class in (2, 1, 0):
            ladder = self.design.ladders.get(stop_class, ())
            end += len(ladder)
            if ladder:
                table["next"][end - 1] = NONE
            for rung in ladder:
                if rung.escalate_class != tables.NO_STOP and rung.escalate_class >= stop_class:
                    self.wrong(f"rung {rung.name}", "may escalate to a stronger stop class only")
        return table

    def fill_rung(self, row: np.void, rung: Rung) -> None:
        for name in ("hold_ns", "min_ns", "deadline_ns", "escalate_class", "escalate_cause"):
            row[name] = getattr(rung, name)
        row["first_action"], row["actions"] = len(self.actions), len(rung.actions)
        self.actions.extend(rung.actions)
        row["first_miss"], row["misses"] = len(self.actions), len(rung.on_miss)
        self.actions.extend(rung.on_miss)
        row["first_confirm"], row["confirms"] = len(self.confirms), len(rung.confirms)
        self.confirms.extend(rung.confirms)
        if rung.deadline_ns <= max(rung.min_ns, rung.hold_ns):
            self.wrong(f"rung {rung.name}", "the deadline must lie beyond min_ns and hold_ns")

    def confirm_table(self) -> Table:
        table = np.zeros(len(self.confirms), tables.CONFIRM)
        for row, confirm in zip(table, self.confirms, strict=True):
            place = f"confirmation by {confirm.channel}"
            row["channel"] = self.channel(confirm.channel, place)
            row["other"] = self.channel(confirm.other, place)
            for name in ("operator", "threshold", "slope", "stale_ns"):
                row[name] = getattr(confirm, name)
            if confirm.operator == tables.ARRIVED:
                row["other"] = self.setpoint(confirm.channel, place)
        return table

    def action_table(self) -> Table:
        table = np.zeros(len(self.actions), tables.ACTION)
        for row, action in zip(table, self.actions, strict=True):
            place = f"action on {action.setpoint}"
            row["setpoint"] = index = self.setpoint(action.setpoint, place)
            row["target"], row["rate"] = action.target, action.rate
            if index != NONE:
                setpoint = self.design.setpoints[index]
                if not setpoint.low <= action.target <= setpoint.high:
                    self.wrong(place, f"{action.target} is outside {setpoint.low} .. {setpoint.high}")
        return table

    def derived_tables(self) -> tuple[Table, Table, Table]:
        table = np.zeros(len(self.design.derived), tables.DERIVED)
        cases: list[tuple[float, int, int]] = []
        tests: list[tuple[float, float, int, bool]] = []
        for row, derived in zip(table, self.design.derived, strict=True):
            place = f"derived channel {derived.channel}"
            row["channel"], row["otherwise"] = self.channel(derived.channel, place), derived.otherwise
            row["certain"] = derived.certain
            row["first_case"], row["cases"], row["first_test"] = len(cases), len(derived.cases), len(tests)
            if derived.channel in self.setpoint_index:
                self.wrong(place, "is a set-point; a channel has one writer")
            for case in derived.cases:
                cases.append((case.value, len(tests), len(case.when)))
                for name, low, high in case.when:
                    tests.append((low, high, self.channel(name, place), name not in self.setpoint_index))
            row["tests"] = len(tests) - row["first_test"]
        return table, np.array(cases, tables.CASE), np.array(tests, tables.TEST)

    def group_tables(self) -> tuple[Table, Table]:
        table = np.zeros(len(self.design.groups), tables.SAMPLE_GROUP)
        channels: list[int] = []
        values = rows = 0
        for row, group in zip(table, self.design.groups, strict=True):
            place = f"sample group {group.name}"
            row["slow_ns"], row["fast_ns"], row["rows"] = group.slow_ns, group.fast_ns, group.rows
            row["trigger"] = self.channel(group.trigger, place)
            row["first_channel"], row["channels"] = len(channels), len(group.channels)
            row["first_value"], row["first_row"] = values, rows
            channels.extend(self.channel(name, place) for name in group.channels)
            rows += group.rows
            values += group.rows * len(group.channels)
        return table, np.array(channels, np.int32)
