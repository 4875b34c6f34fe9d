"""The catalogue is whole, honest about what is open, and every line of it can be carried out."""

import json
import re
from pathlib import Path

import pytest

from bench.base.errors import InputError
from bench.campaign.acts import ACTS
from bench.campaign.catalogue import FAULTS, find_fault
from bench.campaign.fault import Judged
from bench.campaign.listing import listed
from bench.campaign.states import STATES
from bench.config.rig import load_rig
from bench.config.search import find
from bench.service.fault_lines import read_faults

ROOT = Path(__file__).parents[2]


def test_all_faults_of_the_catalogue_are_there_and_those_that_it_carries_beside() -> None:
    names = [fault.id for fault in FAULTS]
    assert sorted(names) == [f"F-{n:02}" for n in range(1, 65)] + [f"X-{n:02}" for n in range(1, 8)]
    assert len(STATES) == 10


def test_each_has_a_way_a_test_or_says_what_is_missing() -> None:
    for fault in FAULTS:
        if fault.judged is Judged.LOOPBACK:
            assert fault.shown_by or fault.open, fault.id
        else:
            assert bool(fault.ways) != bool(fault.open), fault.id


def test_every_script_line_and_act_can_be_carried_out() -> None:
    rig = load_rig(find("rig", "e_axle_demo")).value
    steps = [step for fault in FAULTS for way in fault.ways for step in way]
    assert {step[1:] for step in steps if step.startswith("!")} <= ACTS.keys()
    for line in (step for step in steps if not step.startswith("!")):
        assert read_faults([line.replace("{}", "30s")], rig)


def test_the_tests_that_show_a_fault_exist() -> None:
    for test in (test for fault in FAULTS if not fault.open for test in fault.shown_by):
        path, _, name = test.partition("::")
        assert re.search(rf"^def {name}\(", (ROOT / path).read_text(), re.MULTILINE), test


def test_what_does_not_apply_or_need_not_be_noticed_has_a_reason() -> None:
    for fault in FAULTS:
        for name, cell in listed(fault)["states"].items():
            assert (cell["applies"] and cell["detection_expected"]) or cell["reason"], (fault.id, name)
    assert json.dumps([listed(fault) for fault in FAULTS])


def test_a_fault_is_found_by_its_name() -> None:
    assert find_fault("f-03").title.startswith("alive counter")
    with pytest.raises(InputError, match="no fault 'F-99'"):
        find_fault("F-99")
