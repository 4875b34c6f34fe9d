"""Sessions: what poisons, what does not, and the only way out."""

import pytest
from dialogue import REOPEN, run

from bench.base.errors import DeviceError, LinkClosed, LinkError, LinkTimeout
from bench.base.ports import Identity
from bench.schedule.requests import Exchange, Operation
from drivers.grammar import GrammarError
from drivers.registry import BUILT_IN, driver_class
from drivers.session import Session

ONE, OTHER = Identity("m", "t", "1", "f"), Identity("m", "t", "2", "f")


def ask(session: Session) -> Operation[bytes]:
    with session:
        reply: bytes = yield Exchange(b"A?\n")
        return reply


@pytest.mark.parametrize("failure", [LinkTimeout, LinkClosed])
def test_no_question_after_a_failure(failure: type[LinkError]) -> None:
    session = Session("supply")
    with pytest.raises(failure):
        run(ask(session), [(b"A?\n", failure)])
    with pytest.raises(LinkError, match=f"supply: session not usable after: {failure.__name__}"):
        run(ask(session), [])


def test_a_job_that_is_dropped_between_question_and_answer_poisons_too() -> None:
    session = Session("supply")
    job = ask(session)
    next(job)
    job.close()
    assert session.poisoned


def test_a_refusal_in_good_order_does_not_poison_but_a_wrong_form_does() -> None:
    session = Session("supply")
    with pytest.raises(DeviceError), session:
        raise DeviceError("read-back differs")
    assert session.poisoned is None
    with pytest.raises(GrammarError), session:
        raise GrammarError("a number", b"?")
    assert session.poisoned


def identify(session: Session, identity: Identity) -> Operation[Identity]:
    with session:
        yield Exchange(b"*IDN?\n")
        return session.meet(identity)


def test_recovery_needs_the_same_instrument_and_its_set_up() -> None:
    session = Session("supply")
    run(identify(session, ONE), [(b"*IDN?\n", b"x\n")])
    session.poison("time-out")
    dialogue = [REOPEN, (b"*IDN?\n", b"x\n"), (b"A?\n", b"y\n")]
    run(session.recover(lambda: identify(session, ONE), lambda: ask(session)), dialogue)  # type: ignore[arg-type, return-value]
    assert session.poisoned is None
    assert session.recoveries == 1


def test_another_instrument_at_the_same_address_keeps_it_poisoned() -> None:
    session = Session("supply")
    run(identify(session, ONE), [(b"*IDN?\n", b"x\n")])
    session.poison("time-out")
    with pytest.raises(DeviceError, match="check the address"):
        run(session.recover(lambda: identify(session, OTHER), lambda: ask(session)), [REOPEN, (b"*IDN?\n", b"x\n")])  # type: ignore[arg-type, return-value]
    assert session.poisoned


@pytest.mark.parametrize("name", sorted(BUILT_IN))
def test_every_built_in_driver_can_be_loaded_and_names_its_sources(name: str) -> None:
    found = driver_class(name)
    assert found.tested_on_hardware is False
    assert all(command.text and command.purpose and command.source for command in found.commands)


def test_an_unknown_driver_gets_a_hint() -> None:
    with pytest.raises(KeyError, match="did you mean 'ea_psb'"):
        driver_class("ea_pbs")
