"""Campaigns go on where they were, on any executor, and run again what a lost worker had not ended."""

from collections.abc import Callable
from concurrent.futures import BrokenExecutor, Executor, Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from bench.base.errors import InputError
from bench.campaign import campaign
from bench.campaign.campaign import Ledger, WorkersLost, carry_out, cases_of, pairs_of, replay, run_case, table
from bench.campaign.case import Case, Outcome
from bench.campaign.catalogue import find_fault
from bench.campaign.pools import dask

CASES = cases_of([find_fault("F-01"), find_fault("F-02")], ["idle", "regen"], [1, 2])


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch) -> list[Case]:
    """What was run, instead of benches."""
    done: list[Case] = []

    def run(case: Case) -> Outcome:
        done.append(case)
        return Outcome(case.fault, case.state, case.seed, True, True, True, True, case.seed == 1, 1.0, 50.0, "late")

    monkeypatch.setattr(campaign, "run_case", run)
    return done


class Breaking(Executor):
    """Its workers die after ``most`` cases."""

    def __init__(self, most: int) -> None:
        self._most = most

    def submit(self, function: Callable[..., Any], /, *arguments: Any, **_named: Any) -> Future[Any]:
        future: Future[Any] = Future()
        self._most -= 1
        if self._most < 0:
            future.set_exception(BrokenExecutor("killed"))
        else:
            future.set_result(function(*arguments))
        return future


def test_cases_are_faults_by_states_by_seeds() -> None:
    assert len(CASES) == 8 and CASES[0] == Case("F-01", "idle", 1)
    assert not cases_of([find_fault("F-56")], ["idle"], [1])


def test_pairs_are_every_two_that_can_be_brought_about_each_in_one_state() -> None:
    faults = [find_fault(name) for name in ("F-01", "F-03", "F-21", "F-27", "F-35", "F-54")]
    pairs = pairs_of(faults, ["regen", "idle"], 1)
    assert len({case.fault for case in pairs}) == len(pairs) == 6
    assert [case.state for case in pairs] == ["regen"] * 3 + ["idle"] * 3


@pytest.mark.parametrize(
    ("pair", "state"),
    [
        ("F-01+F-32", "regen"),
        (
            "F-26+F-36",
            "motoring",
        ),  # the gear box blocks while the stop slows down, and comes free before the dynos let go
    ],
)
def test_a_pair_ends_safe(pair: str, state: str) -> None:
    outcome = run_case(Case(pair, state, 1))
    assert outcome.met and outcome.safe and outcome.fault == pair, outcome.why


def test_an_interrupted_campaign_goes_on(tmp_path: Path, ran: list[Case]) -> None:
    file = tmp_path / "new" / "faults.jsonl"
    carry_out(CASES[:3], lambda: ThreadPoolExecutor(1), Ledger(file), lambda _outcome: None)
    with file.open("a") as lines:
        lines.write('{"torn')
    told: list[Outcome] = []
    outcomes = carry_out(CASES, lambda: ThreadPoolExecutor(1), Ledger(file), told.append)
    assert sorted(map(str, ran)) == sorted(map(str, CASES)) and len(told) == 5
    assert [campaign.case_of(outcome) for outcome in outcomes] == CASES


def test_what_a_killed_worker_had_is_run_once_more_and_no_third_time(tmp_path: Path, ran: list[Case]) -> None:
    pools = iter([Breaking(3), Breaking(100)])
    outcomes = carry_out(CASES, lambda: next(pools), Ledger(tmp_path / "a.jsonl"), lambda _outcome: None)
    assert len(outcomes) == len(ran) == len(CASES)
    pools = iter([Breaking(3), Breaking(2)])
    with pytest.raises(WorkersLost, match="died twice"):
        carry_out(CASES, lambda: next(pools), Ledger(tmp_path / "b.jsonl"), lambda _outcome: None)
    assert len(Ledger(tmp_path / "b.jsonl").done) == 5


def test_a_case_that_is_not_met_says_how_to_run_it_again(tmp_path: Path, ran: list[Case]) -> None:
    outcomes = carry_out(CASES, lambda: ThreadPoolExecutor(1), Ledger(tmp_path / "a.jsonl"), lambda _outcome: None)
    missed = [outcome for outcome in outcomes if not outcome.met]
    assert replay(missed[0]) == 'bench faults run --fault F-01 --state "idle" --seed 2'
    cells = table(outcomes)
    assert cells["F-01"]["regen"] == "NOT MET 1/2"
    assert (cells["F-21"]["idle"], cells["F-61"]["idle"], cells["F-03"]["idle"]) == ("open", "loopback", "?")


def test_dask_is_asked_for_by_its_address_and_its_absence_told() -> None:
    with pytest.raises(InputError, match="--scheduler"):
        dask(None)
    with pytest.raises(InputError, match="not installed"):
        dask("tcp://127.0.0.1:1")
