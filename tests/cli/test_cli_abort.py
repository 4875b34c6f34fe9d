"""An abort before anything runs is an abort, whatever a library makes of it on its way."""

import json
import os
import signal
from collections.abc import Iterator
from typing import Any

import pytest

from bench.cli import guard
from bench.cli.operator import Aborted, Operator


@pytest.fixture
def operator(monkeypatch: pytest.MonkeyPatch) -> Iterator[Operator]:
    """One of the test's own; its signals are put back afterwards."""
    made = Operator()
    monkeypatch.setattr(guard, "OPERATOR", made)
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    yield made
    for number, handler in before.items():
        signal.signal(number, handler)


def says(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], command: Any) -> dict[str, Any]:
    monkeypatch.setattr(guard, "app", lambda **_: command())
    code = guard.run_command(["run", "--json"])
    told: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert told["exit"] == code
    return told


def test_an_abort_that_a_library_takes_for_an_error_of_its_own_is_an_abort(
    operator: Operator, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """pydantic's compiled part turns any exception while it builds a schema into its own."""

    def command() -> None:
        operator.install()
        try:
            os.kill(os.getpid(), signal.SIGTERM)
        except Aborted as aborted:
            raise ValueError("Error building validator: Aborted") from aborted

    told = says(monkeypatch, capsys, command)
    assert told["exit"] == 4 and "aborted by the operator" in told["problems"][0]["message"]


def test_an_error_in_a_run_that_has_begun_stays_an_error(
    operator: Operator, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def command() -> None:
        operator.hold()
        operator.asked = True
        raise ValueError("something of our own")

    assert says(monkeypatch, capsys, command)["exit"] == 5
