"""A rig file chooses for each dyno and flange how it is reached; what belongs to the other way is refused."""

from pathlib import Path

import pytest

from bench.base.errors import InputError
from bench.config.rig import load_rig
from bench.config.search import find

DEMO, FAST = find("rig", "e_axle_demo").read_text(), find("rig", "e_axle_fast").read_text()
RESOURCE = "    resource: TCPIP::192.168.10.23::7700::SOCKET\n"


def problems(tmp_path: Path, text: str) -> str:
    path = tmp_path / "rig.yaml"
    path.write_text(text)
    with pytest.raises(InputError) as caught:
        load_rig(path)
    return "\n".join(problem.message for problem in caught.value.problems)


def test_the_two_rigs_differ_in_how_their_parts_are_reached() -> None:
    demo, fast = load_rig(find("rig", "e_axle_demo")).value, load_rig(find("rig", "e_axle_fast")).value
    assert demo.on_can == () and set(demo.linked_dynos) == set(demo.dynos)
    assert set(fast.on_can) == {"dyno_l", "dyno_r", "flange_l", "flange_r"}
    assert fast.linked_dynos == {} and fast.analyzer_flanges == {}


def test_each_part_may_choose_for_itself(tmp_path: Path) -> None:
    path = tmp_path / "rig.yaml"
    path.write_text(DEMO.replace("    motor_input: 1\n", "    kind: can\n", 1).replace(
        "    frequency_centre: 60 kHz\n    frequency_span: 30 kHz\n    pulses_per_rev: 1024\n", "", 1))  # fmt: skip
    rig = load_rig(path).value
    assert rig.on_can == ("flange_l",) and set(rig.analyzer_flanges) == {"flange_r"}


@pytest.mark.parametrize(("text", "old", "new", "told"), [
    (DEMO, RESOURCE, "", "'resource' is missing; add it, or write 'kind: can'"),
    (FAST, "    kind: can\n", "    kind: can\n" + RESOURCE, "a dyno of kind 'can' has no 'resource'"),
    (DEMO, "    motor_input: 1\n", "", "'motor_input' is missing; add it, or write 'kind: can'"),
    (FAST, "    model: T40B 2 kNm\n", "    model: T40B 2 kNm\n    motor_input: 1\n", "kind 'can' has no 'motor_input'"),
    (FAST, "watchdog: 100 ms", "watchdog: 3 s", "must be shorter than the supply's"),
])  # fmt: skip
def test_what_belongs_to_the_other_kind_is_refused(tmp_path: Path, text: str, old: str, new: str, told: str) -> None:
    assert old in text
    assert told in problems(tmp_path, text.replace(old, new, 1))
