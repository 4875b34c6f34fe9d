"""Golden messages: what is said about broken files, with place, unit expected, did-you-mean and remedy."""

from pathlib import Path

import pytest

from bench.base.errors import InputError, Problem
from bench.config.dut import Dut
from bench.config.located import load
from bench.config.plan import parse_plan
from bench.config.rig import Rig

ROOT = Path(__file__).parents[2]
RIG = (ROOT / "bench/rigs/e_axle_demo.yaml").read_text(encoding="utf-8")

PLAN_CASES = [
    (
        "title: A plan\n",
        "",
        [
            "1:1: missing key 'title'; add it",
        ],
    ),
    (
        "allowance",
        "alowance",
        [
            "5:1: unknown key 'alowance'; did you mean 'allowance'?",
        ],
    ),
    (
        "title: A plan",
        "title: 3",
        [
            "2:8: expected a text, found 3",
        ],
    ),
    (
        "title: A plan",
        "title: [a, b]",
        [
            "2:8: expected a text, found a list",
        ],
    ),
    (
        "plan: demo",
        "plan: ../demo",
        [
            "1:7: '../demo' is not allowed here; write 1 to 64 of A-Z a-z 0-9 . _ -, not starting with a dot",
        ],
    ),
    (
        "plan: demo",
        'plan: ".."',
        [
            "1:7: '..' is not allowed here; write 1 to 64 of A-Z a-z 0-9 . _ -, not starting with a dot",
        ],
    ),
    (
        "plan: demo",
        'plan: "a/b"',
        [
            "1:7: 'a/b' is not allowed here; write 1 to 64 of A-Z a-z 0-9 . _ -, not starting with a dot",
        ],
    ),
    (
        "5 %",
        "5",
        [
            "5:12: '5' has no unit; expected %, pp",
        ],
    ),
    (
        "5 %",
        "-5 %",
        [
            "5:12: '-5 %' is out of range; it must be at least 0 %",
        ],
    ),
    (
        "5 %",
        "5 km",
        [
            "5:12: unit 'km' is not known; expected %, pp",
        ],
    ),
    (
        "5 %",
        ".nan",
        [
            "5:12: '.nan' is no quantity; expected %, pp",
        ],
    ),
    (
        "65 °C",
        "65",
        [
            "8:16: '65' has no unit; expected degC, °C, C",
        ],
    ),
    (
        "65 °C",
        "65 K",
        [
            "8:16: 'K' is no unit of this quantity; expected degC, °C, C",
        ],
    ),
    (
        "65 °C",
        "warm",
        [
            "8:16: 'warm' is no quantity; expected degC, °C, C",
        ],
    ),
    (
        "65 °C",
        "[65]",
        [
            "8:16: [65] is no quantity; expected degC, °C, C",
        ],
    ),
    (
        "65 °C",
        "1e999 °C",
        [
            "8:16: '1e999 °C' is not finite; expected degC, °C, C",
        ],
    ),
    (
        "65 °C",
        "{value: 65 °C}",
        [
            "8:16: a quantity with its source is written {value: <number and unit>, source: <where it comes from>}",
        ],
    ),
    (
        "65 °C",
        "4_5 °C",
        [
            "8:16: unit '_5 °C' is not known; expected degC, °C, C",
        ],
    ),
    (
        "  - soak:",
        "  - soack:",
        [
            "7:5: unknown key 'soack': no kind of step has this name; did you mean 'soak'?",
        ],
    ),
    (
        "  - soak:",
        "  - unlike:",
        [
            "7:5: unknown key 'unlike': no kind of step has this name; known: grid, soak",
        ],
    ),
    (
        "  - soak:\n",
        "  - soak: 5\n  - soak:\n",
        [
            "7:11: expected a mapping (key: value), found 5",
        ],
    ),
    (
        "  - grid:",
        "  - grid: {}\n    soak:",
        [
            "11:5: a step is one kind with its parameters; write '- soak: {...}'",
        ],
    ),
    (
        "dut.winding_temp",
        "dut.winding_tmp",
        [
            "9:25: channel 'dut.winding_tmp' is not known; did you mean 'dut.winding_temp'?",
        ],
    ),
    (
        "range: 1 K, window: 60 s",
        "window: 60 s",
        [
            "9:15: missing key 'range'; add it with a quantity in K",
        ],
    ),
    (
        "range: 1 K",
        "range: 0 K",
        [
            "9:50: '0 K' is out of range; it must be above 0 K",
        ],
    ),
    (
        "window: 60 s",
        "windw: 60 s",
        [
            "9:15: missing key 'window'; add it with a quantity in s, ms, min, h",
            "9:55: unknown key 'windw'; did you mean 'window'?",
        ],
    ),
    (
        "to: 13000 rpm",
        "to: 130 rpm",
        [
            "12:35: must lie above 'from' 500 rpm; exchange or correct them",
        ],
    ),
    (
        "to: 13000 rpm",
        "to: 13000 Nm",
        [
            "12:35: 'Nm' is no unit of this quantity; expected rpm, 1/min, krpm, rad/s",
        ],
    ),
    (
        "count: 15",
        "count: 1.5",
        [
            "12:53: expected a whole number, found 1.5",
        ],
    ),
    (
        "count: 15",
        "count: 1000000000",
        [
            "12:53: 1000000000 is out of range; it must be at most 200",
        ],
    ),
    (
        "count: 15",
        "count: fifteen",
        [
            "12:53: expected a whole number, found 'fifteen'",
        ],
    ),
    (
        "count: 15",
        "cnt: 15",
        [
            "12:15: missing key 'count'; add it",
            "12:46: unknown key 'cnt'; did you mean 'count'?",
        ],
    ),
    (
        "{from: 500 rpm, to: 13000 rpm, count: 15}",
        "[500 rpm, fast, 12]",
        [
            "12:25: 'fast' is no quantity; expected rpm, 1/min, krpm, rad/s",
            "12:31: '12' has no unit; expected rpm, 1/min, krpm, rad/s",
        ],
    ),
    (
        "{from: 500 rpm, to: 13000 rpm, count: 15}",
        "[]",
        [
            "12:15: a list is too short or too long; write at least 1 entries",
        ],
    ),
    (
        "[1.0, 0.5, -0.5]",
        "[1.0, 1.5, 0.5 Nm]",
        [
            "13:24: 1.5 is out of range; it must be at most 1",
            "13:29: 'Nm' is no unit of this quantity; expected a plain number",
        ],
    ),
    (
        "[1.0, 0.5, -0.5]",
        "1.0",
        [
            "13:18: expected a list, found 1.0",
        ],
    ),
    (
        "20..140 °C",
        "140..20 °C",
        [
            "14:16: the range '140..20 °C' is empty; write the smaller number first; expected degC, °C, C",
        ],
    ),
    (
        "20..140 °C",
        "20 °C",
        [
            "14:16: '20 °C' is no range; write '<low>..<high> <unit>'; expected degC, °C, C",
        ],
    ),
    (
        "20..140 °C",
        "20..140",
        [
            "14:16: '140' has no unit; expected degC, °C, C",
        ],
    ),
    (
        "20..140 °C\n",
        "20..140 °C\n      order: snaky\n",
        [
            "15:14: 'snaky' is not one of snake, as_listed; did you mean 'snake'?",
        ],
    ),
    (
        "20..140 °C\n",
        "20..140 °C\n      points: [{speed: 3 krpm, torqe: 1 Nm}]\n",
        [
            "15:16: missing key 'torque'; add it with a quantity in Nm, N m, kNm, mNm",
            "15:32: unknown key 'torqe'; did you mean 'torque'?",
        ],
    ),
    (
        "title: A plan",
        "title: A plan\ntitle: B",
        [
            "3:1: key 'title' is given twice (first in line 2); remove one",
        ],
    ),
    (
        "title: A plan",
        "title: &a plan",
        [
            "2:8: anchors and aliases (&a) are not allowed; write the value out",
        ],
    ),
    (
        "title: A plan",
        "title: *a",
        [
            "2:8: anchors and aliases (*a) are not allowed; write the value out",
        ],
    ),
    (
        "title: A plan",
        'title: !!python/object/apply:os.system ["id"]',
        [
            "2:8: tags (tag:yaml.org,2002:python/object/apply:os.system) are not allowed in plain data; remove it",
        ],
    ),
    (
        "title: A plan",
        'title: "open',
        [
            "15:1: no valid YAML: while scanning a quoted scalar: found unexpected end of stream",
        ],
    ),
    (
        "title: A plan",
        "title: A: plan",
        [
            "2:9: no valid YAML: mapping values are not allowed here",
        ],
    ),
    (
        "title: A plan",
        "\ttitle: A plan",
        [
            "2:1: no valid YAML: while scanning for the next token: found character '\\t' that cannot start any token",
        ],
    ),
    (
        "title: A plan",
        "title: A\x07plan",
        [
            "2:9: character U+0007 is not allowed in YAML; remove it",
        ],
    ),
    (
        "steps:",
        "---\nsteps:",
        [
            "6:1: a second document starts here; a file holds one, so remove the '---'",
        ],
    ),
    (
        "title: A plan",
        "? [a]\n: b",
        [
            "1:1: missing key 'title'; add it",
            "2:3: a key must be a short text (at most 100 characters)",
        ],
    ),
    (
        "steps:",
        '"":\nsteps:',
        [
            "6:1: unknown key ''; known: allowance, cleanup, clear_dtcs, deadline, description, dut, identity, limits, "
            "on_fail, parameters, plan, rig and 3 more",
        ],
    ),
    (
        "steps:",
        "1: 2\nsteps:",
        [
            "6:1: unknown key '1'; known: allowance, cleanup, clear_dtcs, deadline, description, dut, identity, "
            "limits, on_fail, parameters, plan, rig and 3 more",
        ],
    ),
]

# places are relative to the line of the edit, since the rig file may grow
RIG_CASES = [
    (
        "torque_band: 30 Nm",
        "torque_band: 20 Nm",
        [
            (
                0,
                "42: one flange that is mounted the other way round is 20 Nm wrong in the sign check; allow more than"
                " that, or lower sign_check.torque",
            ),
        ],
    ),
    (
        "layout: e_axle",
        "layout: e_axel",
        [
            (0, "9: 'e_axel' is not one of e_axle, motor; did you mean 'e_axle'?"),
        ],
    ),
    (
        "dyno_r:",
        "dyno_x:",
        [
            (-22, "1: 'dyno_r' is missing; layout e_axle needs dyno_l, dyno_r"),
            (0, "3: layout e_axle has no 'dyno_x'; it has dyno_l, dyno_r"),
        ],
    ),
    (
        "TCPIP::192.168.10.21::5025::SOCKET",
        "192.168.10.21",
        [
            (
                0,
                "13: '192.168.10.21' is no resource of an instrument; write TCPIP::<host>::<port>::SOCKET, "
                "TCPIP::<host>::hislip0::INSTR or TCPIP::<host>::INSTR (VXI-11)",
            ),
        ],
    ),
    (
        "TCPIP::192.168.10.22::10001::SOCKET",
        "TCPIP::192.168.10.21::5025::SOCKET",
        [
            (0, "13: 'TCPIP::192.168.10.21::5025::SOCKET' belongs to supply already; correct it"),
        ],
    ),
    (
        "timeout: 300 ms",
        "timeout: 500 ms",
        [
            (0, "14: one lost answer would trip the drive; lower it below the watchdog's 0.5 s"),
        ],
    ),
    (
        "sign: 1\n",
        "sign: 1\n    mnemonics: {hold: HOLD}\n    channel: 7\n",
        [
            (1, "23: 'HOLD' is not allowed here; write four of the characters A-Z 0-9, the first S, A or E"),
            (2, "14: expected a text, found 7"),
        ],
    ),
    (
        "frequency_span: 30 kHz",
        "frequency_span: 20 kHz",
        [
            (
                -1,
                "23: a T40B has an output of 10 kHz +- 5 kHz, 60 kHz +- 30 kHz, 240 kHz +- 120 kHz; correct centre and"
                " span",
            ),
        ],
    ),
    (
        "frequency_span: 30 kHz\n",
        "frequency_span: 30 kHz\n    k_factor: {clockwise: 30.5 kHz, counterclockwise: 29.9 kHz}\n",
        [
            (
                1,
                "27: 30500 Hz is more than 1 % away from frequency_span 30000 Hz; look into the certificate",
            ),
        ],
    ),
    (
        "shunt: {torque: 1003.4 Nm}",
        "shunt: {torque: 2003.4 Nm}",
        [(0, "21: must not be larger than 'nominal_torque'; see the type plate")],
    ),
    (
        "basis: assumed",
        "basis: certificate",
        [
            (0, "14: says 'certificate' but the analyzer has none; add 'certificate' to it or write 'assumed'"),
        ],
    ),
    (
        "motor_input: 2",
        "motor_input: 1",
        [
            (0, "18: motor input 1 is used by 'flange_l' already; correct one"),
        ],
    ),
    (
        "voltage: 400 V",
        "voltage: 600 V",
        [
            (0, "12: 600 V exceeds the supply's rating 500 V; lower it"),
            (5, "30: must lie above the voltage 600 V; raise it"),
        ],
    ),
    (
        "inputs: [5]",
        "inputs: [4]",
        [
            (0, "15: input 4 is used by 'ac' already; give each input to one element"),
        ],
    ),
    (
        "bus: 1",
        "bus: 0",
        [
            (0, "19: 0 belongs to 'dut' already; give each bus its own"),
        ],
    ),
    (
        "role: bench_io",
        "role: dut",
        [
            (-2, "1: no bus has the role 'bench_io'; add one"),
            (0, "28: 'dut' belongs to 'dut' already; give each bus its own"),
        ],
    ),
    (
        ", dbc: bench_io",
        "",
        [
            (0, "13: a bus of role 'bench_io' needs 'dbc'; add it, such as 'dbc: bench_io'"),
        ],
    ),
    (
        "[20 A, 50 A, 100 A",
        "[20 A, 100 A, 50 A",
        [
            (0, "23: ranges must be positive and rise; sort them, smallest first"),
        ],
    ),
    (
        "low: 4 l/min",
        "low: 4 bar",
        [
            (0, "34: 'bar' is no unit of this quantity; expected l/min, L/min"),
        ],
    ),
    (
        "{channel: coolant.flow",
        "{channel: coolant.flw",
        [
            (0, "15: channel 'coolant.flw' is not known; did you mean 'coolant.flow'?"),
        ],
    ),
    (
        "channel: coolant.flow, low: 4 l/min",
        "channel: coolant.flow",
        [
            (0, "5: a limit needs 'low', 'high' or both; add one"),
        ],
    ),
    (
        "low: 0.2 bar, high: 3 bar",
        "low: 3 bar, high: 0.2 bar",
        [
            (0, "38: 3 must lie below high 0.2; exchange or correct them"),
        ],
    ),
    (
        "trip: 50 kohm",
        "trip: 500 kohm",
        [
            (0, "36: must lie below 'warn'; correct it"),
        ],
    ),
    (
        '{value: 240 kW, source: "type designation, 8 in parallel"}',
        '{value: 240 kW, source: ""}',
        [
            (0, "14: a quantity with its source is written {value: <number and unit>, source: <where it comes from>}"),
        ],
    ),
    (
        "watchdog: 2 s",
        "watchdog: 200 ms",
        [
            (70, "15: must be shorter than the supply's, which has to sink while the dyno acts; lower it below 0.2 s"),
            (91, "15: must be shorter than the supply's, which has to sink while the dyno acts; lower it below 0.2 s"),
        ],
    ),
    (
        "temperature: 65 °C",
        "temperature: 95 °C",
        [
            (0, "18: lies outside 'temperatures' 15..90 degC; correct one of them"),
        ],
    ),
    (
        'due: "2099-12-31"',
        "due: soon",
        [
            (0, "44: 'soon' is not allowed here; write a day as year-month-day, such as 2031-12-31"),
        ],
    ),
    (
        "kind: supply_ramp",
        "kind: resistor",
        [
            (0, "21: 'resistor' is not one of supply_ramp; write supply_ramp"),
        ],
    ),
    (
        "channel: dyno_l.speed",
        "channel: dyno_m.speed",
        [
            (0, "15: layout e_axle has no channel 'dyno_m.speed'; did you mean 'dyno_r.speed'?"),
        ],
    ),
]


MODBUS_RIG = (ROOT / "bench/rigs/e_axle_modbus.yaml").read_text(encoding="utf-8")

MODBUS_CASES = [
    (
        "  kind: modbus\n  driver: bench_io_modbus",
        "  kind: can\n  driver: bench_io_modbus",
        [
            (n, f"{len(name) + 5}: what is on CAN has no {name!r}: its frames are in the database; take it out")
            for n, name in enumerate(
                ("driver", "resource", "maker", "model", "serial", "poll", "timeout", "watchdog"), start=1
            )
        ],
    ),
    (
        "  resource: TCPIP::192.168.10.25::502::SOCKET\n",
        "",
        [(-3, "1: 'resource' is missing; add it, or write 'kind: can'")],
    ),
    (
        "TCPIP::192.168.10.26::502::SOCKET",
        "TCPIP::192.168.10.25::502::SOCKET",
        [(0, "13: 'TCPIP::192.168.10.25::502::SOCKET' belongs to bench_io already; correct it")],
    ),
    (
        "192.168.10.26::502::SOCKET",
        "192.168.10.26::INSTR",
        [(0, "13: 'TCPIP::192.168.10.26::INSTR' is no socket resource; write TCPIP::<host>::<port>::SOCKET")],
    ),
    (
        "  watchdog: 300 ms # of the relay",
        "  # of the relay",
        [
            (
                -9,
                "1: 'watchdog' is missing: without it a dead bench keeps the chain closed; add it, such as"
                " 'watchdog: 300 ms'",
            )
        ],
    ),
    (
        "watchdog: 300 ms # of",
        "watchdog: 200 ms # of",
        [(0, "13: must be longer than one retry on a fresh connection may take; raise it above 0.24 s")],
    ),
    ("poll: 20 ms\n", "poll: 80 ms\n", [(0, "9: '80 ms' is out of range; it must be at most 0.05 s")]),
    (
        "timeout: 250 ms\n",
        "timeout: 250 ms\n  watchdog: 2 s\n",
        [(1, "13: a conditioner goes on when nobody speaks to it: a hot unit must be cooled; take it out")],
    ),
    (
        "contactor_timeout: 500 ms",
        "contactor_timeout: 120 ms",
        [(0, "22: leaves the link to the bench I/O no time to open and look; raise it above 0.14 s")],
    ),
]

DUT = (ROOT / "bench/duts/gen5_bev.yaml").read_text(encoding="utf-8")

DUT_CASES = [
    (
        "ratio: {",
        "ratoi: {",
        [(-6, "1: missing key 'ratio'; add it"), (0, "1: unknown key 'ratoi'; did you mean 'ratio'?")],
    ),
    (
        "speed_max: {value: 14000 rpm",
        "speed_max: {value: 14000 Nm",
        [(0, "22: 'Nm' is no unit of this quantity; expected rpm, 1/min, krpm, rad/s")],
    ),
    ("machine: eesm", "machine: esm", [(0, "10: 'esm' is not one of eesm, pmsm; did you mean 'eesm'?")]),
    ("- [5013 rpm, 400 Nm]", "- [5013 rpm, 400]", [(0, "20: '400' has no unit; expected Nm, N m, kNm, mNm")]),
]


def _refused(text: str, kinds: dict) -> tuple[Problem, ...]:
    with pytest.raises(InputError) as refused:
        parse_plan(text, kinds, "plan.yaml")
    return refused.value.problems


@pytest.mark.parametrize(("old", "new", "messages"), PLAN_CASES)
def test_a_broken_plan_is_told_with_place_and_remedy(old, new, messages, plan_text, kinds):
    assert old in plan_text
    problems = _refused(plan_text.replace(old, new, 1), kinds)
    assert [str(problem) for problem in problems] == [f"plan.yaml:{message}" for message in messages]


@pytest.mark.parametrize(("old", "new", "messages"), RIG_CASES)
def test_a_broken_rig_is_told_with_place_and_remedy(old, new, messages):
    line = RIG[: RIG.index(old)].count("\n") + 1
    with pytest.raises(InputError) as refused:
        load(RIG.replace(old, new, 1), Rig, "rig.yaml")
    told = [(p.line - line, f"{p.column}: {p.message}") for p in refused.value.problems]
    assert told == messages


@pytest.mark.parametrize(("old", "new", "messages"), MODBUS_CASES)
def test_broken_periphery_is_told_with_place_and_remedy(old, new, messages):
    line = MODBUS_RIG[: MODBUS_RIG.index(old)].count("\n") + 1
    with pytest.raises(InputError) as refused:
        load(MODBUS_RIG.replace(old, new, 1), Rig, "rig.yaml")
    told = [(p.line - line, f"{p.column}: {p.message}") for p in refused.value.problems]
    assert told == messages


@pytest.mark.parametrize(("old", "new", "messages"), DUT_CASES)
def test_a_broken_dut_is_told_with_place_and_remedy(old, new, messages):
    line = DUT[: DUT.index(old)].count("\n") + 1
    with pytest.raises(InputError) as refused:
        load(DUT.replace(old, new, 1), Dut, "dut.yaml")
    assert [(p.line - line, f"{p.column}: {p.message}") for p in refused.value.problems] == messages


def test_all_problems_come_in_one_pass_in_the_order_of_the_file(plan_text, kinds):
    text = plan_text
    for old, new in [("demo", "a/b"), ("allowance", "alowance"), ("1 K", "1 kg"), ("- grid", "- gird")]:
        text = text.replace(old, new, 1)
    assert [problem.line for problem in _refused(text, kinds)] == [1, 5, 9, 11]


def test_all_mistakes_of_one_step_are_told(plan_text, kinds):
    text = plan_text.replace("to: 13000 rpm", "to: 13000").replace("count: 15", "count: x").replace("1.0, 0.5", "7, x")
    places = [(problem.line, problem.column) for problem in _refused(text, kinds)]
    assert places == [(12, 35), (12, 49), (13, 19), (13, 22)]


def test_an_empty_file_and_a_text_are_no_plan(kinds):
    assert str(_refused("", kinds)[0]) == "plan.yaml:1:1: is empty; it must hold a mapping (key: value)"
    assert str(_refused("hello", kinds)[0]) == "plan.yaml:1:1: expected a mapping (key: value), found 'hello'"
    assert str(_refused("- 1", kinds)[0]) == "plan.yaml:1:1: expected a mapping (key: value), found a list"
