"""Proofs go on where they were interrupted; the proof of answers finds the mistakes that it is there for."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bench.emulators.instruments.echo import EchoDriver
from bench.emulators.instruments.faults import Fault, FaultScript
from bench.service.perf.row import PerfRow
from bench.service.proofs import cycles, endurance, kills, plans
from bench.service.proofs.answers import ANSWERS, in_virtual_time, over_sockets, run
from bench.service.proofs.proof import Figures, Ledger, Proof, carry_out
from drivers.session import Session

MS = 1_000_000


class Counted:
    """A proof of numbers; ``ran`` are the cases that ran."""

    def __init__(self) -> None:
        self.ran: list[int] = []
        self.proof = Proof("counted", "sums", 4, (0,), self.run, lambda sums: [PerfRow("sum", sums["sum"], "1")])

    def run(self, case: int) -> Figures:
        self.ran.append(case)
        return {"sum": float(case)}


def test_a_proof_goes_on_where_it_was(tmp_path: Path) -> None:
    file, counted = tmp_path / "new" / "counted.jsonl", Counted()
    assert carry_out(counted.proof, Ledger(file, "counted"), [0, 1])[0].value == 1.0
    assert carry_out(counted.proof, Ledger(file, "counted"), range(4))[0].value == 6.0
    assert counted.ran == [0, 1, 2, 3]


@pytest.mark.parametrize("torn", ['{"proof": "counted", "ca', '{"case": 1}\n', "null\n", "\n\n"])
def test_a_torn_line_is_a_case_that_runs_again_and_spoils_no_other(tmp_path: Path, torn: str) -> None:
    file, counted = tmp_path / "counted.jsonl", Counted()
    carry_out(counted.proof, Ledger(file, "counted"), [0])
    with file.open("a") as lines:
        lines.write(torn)
    assert carry_out(counted.proof, Ledger(file, "counted"), [0, 1])[0].value == 1.0
    assert Ledger(file, "counted").done == {0: {"sum": 0.0}, 1: {"sum": 1.0}}
    assert counted.ran == [0, 1]


def test_what_another_program_has_proven_does_not_count(tmp_path: Path) -> None:
    file, counted = tmp_path / "counted.jsonl", Counted()
    carry_out(counted.proof, Ledger(file, "counted"), [0])
    told = json.loads(file.read_text())
    file.write_text(json.dumps({**told, "program": "of yesterday"}) + "\n")
    assert Ledger(file, "counted").done == {} == Ledger(tmp_path / "none.jsonl", "counted").done


def test_every_answer_in_virtual_time_is_the_one_asked_for_and_every_loss_is_told() -> None:
    figures = in_virtual_time(3, queries=3000)
    assert figures["asked"] >= 3000 and figures["wrong"] == 0
    assert figures["answered"] > 2000 and figures["lost"] > 50


@pytest.mark.parametrize("seed", [12, 42])
def test_nothing_is_read_over_a_connection_on_which_a_question_has_failed_twice(seed: int) -> None:
    """The whole proof found that reading went on over it, and took a late answer for its own."""
    assert in_virtual_time(seed)["wrong"] == 0


@pytest.mark.slow
def test_every_answer_over_sockets_is_the_one_asked_for_and_every_loss_is_told() -> None:
    figures = over_sockets(101)
    assert figures["asked"] == 1000 == figures["answered"] + figures["lost"]
    assert figures["wrong"] == 0 and figures["lost"] > 0


def just_too_late() -> FaultScript:
    """Answers that come when the next question is under way."""
    return FaultScript([Fault("late", 0, 1 << 62, delay_ns=19 * MS // 2, share=0.02)], 3, "echo")


def test_without_a_fresh_connection_and_a_question_who_is_there_the_proof_finds_wrong_answers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert in_virtual_time(3, 2000, just_too_late())["wrong"] == 0

    def goes_on(session: Session, timeout_ns: int = 0) -> Iterator[Any]:
        session._cause = None
        yield from ()

    def asks_nobody(driver: EchoDriver) -> Iterator[Any]:
        yield from ()
        return {}

    monkeypatch.setattr(Session, "reopen", goes_on)
    monkeypatch.setattr(EchoDriver, "identify", asks_nobody)
    monkeypatch.setattr(EchoDriver, "verify", asks_nobody)
    assert in_virtual_time(3, 2000, just_too_late())["wrong"] > 0


def test_the_rows_say_what_contradicts() -> None:
    sums = {f"{kind}_{name}": 1.0 for kind in ("virtual", "socket") for name in ("asked", "answered", "lost", "wrong")}
    met = {row.what: row.met for row in ANSWERS.judge(sums)}
    assert [what for what, good in met.items() if good is False] == [
        "virtual time: answers taken for another's",
        "real sockets: answers taken for another's",
    ]
    assert all(row.met is not False for row in ANSWERS.judge(run(0)))
    assert ANSWERS.judge({}) == [] and set(ANSWERS.short) < set(range(ANSWERS.cases))


@pytest.mark.slow
def test_a_chain_of_killed_runs_loses_and_doubles_nothing() -> None:
    figures = kills.run(4)
    assert figures["kills"] >= 1
    assert all(row.met is not False for row in kills.judge(figures)), figures


def test_a_lost_point_is_a_contradiction() -> None:
    met = [row.met for row in kills.judge({"kills": 3.0, "lost": 1.0})]
    assert met == [None, None, False, True, True, True, True, True]


@pytest.mark.slow
def test_a_shipped_plan_passes_and_verifies() -> None:
    (smoke,) = plans.PLANS_PROOF.short
    rows = plans.judge(plans.run(smoke))
    assert [row.what for row in rows if row.met] == ["smoke, runs that did not pass", "folders that do not verify"]
    assert rows[0].value > 0.0


def test_a_plan_that_fails_is_a_contradiction() -> None:
    told = {"smoke: failed": 1.0, "smoke: virtual hours": 0.0, "spoilt": 1.0}
    assert [row.met for row in plans.judge(told)] == [None, False, False]


@pytest.mark.slow
def test_a_chain_of_killed_cycles_counts_each_once(tmp_path: Path) -> None:
    chain = cycles.Chain(tmp_path / "chain", cycles._Size(80, 2))
    killed = [chain.kill_at(case) for case in (0, 1)]
    assert killed == [1, 1] and chain.kill_at(0) == 0, "a chain that is farther already is left alone"
    again = cycles.Chain(tmp_path / "chain", cycles._Size(80, 2))
    again.end()
    figures = {**again.found(), "kills": 2, "seconds": 1.0}
    assert figures["cycles"] == 80
    assert all(row.met is not False for row in cycles.judge(figures)), figures


def test_a_lost_or_doubled_cycle_is_a_contradiction() -> None:
    told = {"kills": 3.0, "cycles": 80.0, "seconds": 1.0, "lost": 1.0, "doubled": 2.0}
    assert [row.what for row in cycles.judge(told) if row.met is False] == [
        "cycles that are in no journal",
        "cycles that were driven again although they were journalled",
    ]


@pytest.mark.slow
def test_stretches_of_a_long_run_are_held_against_each_other() -> None:
    figures = endurance.run(endurance.SHORT)
    rows = {row.what: row for row in endurance.judge(figures)}
    assert figures["stretches"] >= 6 and rows["runs that did not pass"].met
    assert rows["memory at the end, over that at the beginning"].met


def test_a_run_that_grows_is_a_contradiction() -> None:
    told = {"first_s": 5.0, "last_s": 5.4, "first_mb": 300.0, "last_mb": 316.0, "virtual_h": 400.0, "wall_h": 1.0}
    met = [row.met for row in endurance.judge({**told, "not_passed": 0.0})]
    assert met == [None, False, False, True] and endurance.judge({}) == []
