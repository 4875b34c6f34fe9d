"""What a DUT file may ask of its unit, and what it asks in vain, each with its place."""

import pytest

from bench.assembly import draw_core, inverter_of, load_inputs
from bench.canbus.database import Database
from bench.config.dut import Dut
from bench.config.located import Located, load_located
from bench.config.search import find
from bench.layout.unit_questions import diagnostic_routes, required_parameters, unit_problems

CM, GEN5 = find("dut", "ipace_cm").read_text(), find("dut", "gen5_bev").read_text()
DATABASE = Database.load(find("dbc", "cascadia_cm"))
MORE = "  parameters: {94: {value: -7, source: my list}}\n  torque_step:"
UDS = "diagnostics: {request: 0x7E0, response: 0x7E8, identity: {serial: {did: 0xF18C}}}\nplant:"


def dut(text: str = CM, old: str = "", new: str = "") -> Located[Dut]:
    assert old in text
    return load_located(text.replace(old, new, 1), Dut, "unit.yaml")


def test_the_command_timeout_and_the_listed_parameters_are_required() -> None:
    located = dut(CM, "  torque_step:", MORE)
    inverter = inverter_of(located.value)
    assert required_parameters(located.value, inverter) == {94: -7, 172: 20}
    assert list(unit_problems(located, inverter, DATABASE)) == []
    plain = dut(GEN5)
    assert required_parameters(plain.value, inverter_of(plain.value)) == {}


IN_GEN5 = {
    "old": "inverter: {dbc: edu_gen5, driver: gen5}",
    "new": "inverter: {dbc: edu_gen5, driver: gen5, parameters: {94: {value: 7, source: mine}}}",
}


@pytest.mark.parametrize(("located", "place", "words"), [
    (dut(CM, "value: 60 ms", "value: 61 ms"), "command_timeout", "61 ms is no multiple of 3 ms"),
    (dut(CM, "  torque_step:", MORE.replace("94", "172")), "172", "another time-out than 'command_timeout: 60 ms'"),
    (dut(CM, "plant:", UDS), "diagnostics", "either by UDS or by parameter messages; take out this section"),
    (dut(GEN5, **IN_GEN5), "parameters", "gen5 has no parameter messages"),
])  # fmt: skip
def test_what_is_asked_in_vain_is_told_with_its_place(located: Located[Dut], place: str, words: str) -> None:
    (problem,) = unit_problems(located, inverter_of(located.value), DATABASE)
    assert words in problem.message and problem.line > 0
    assert place in located.text.splitlines()[problem.line - 1]


def test_a_database_without_the_messages_is_told() -> None:
    located = dut()
    bare = Database("bare.dbc", [m for m in DATABASE.messages if not m.name.startswith("M19")], ())
    problems = list(unit_problems(located, inverter_of(located.value), bare))
    assert [problem.message.split(" by which")[0] for problem in problems] == [
        f"the database has no message {name}," for name in ("M193_PARAMETER_REQUEST", "M194_PARAMETER_ANSWER")
    ]


def test_the_messages_pass_by_the_gate_alone_and_nothing_else_of_the_bench_has_their_identifiers() -> None:
    inputs = load_inputs("smoke", dut="ipace_cm")
    rig, unit = inputs.rig.value, inputs.dut.value
    (route,) = diagnostic_routes(rig, unit, inverter_of(unit), inputs.databases["dut"])
    assert (route.request, route.response, route.parameters) == (0x0C1, 0x0C2, True)
    core = draw_core(rig, unit, inputs.databases)
    assert {0x0C1, 0x0C2}.isdisjoint(core.can.tables.messages["id"].tolist())
    assert core.design.diagnostics == (route,)
