"""``bench queue run``."""

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bench.base.errors import InputError, Problem
from bench.cli.operator import OPERATOR
from bench.cli.options import JsonOption, WorldName
from bench.cli.queue_options import DEFAULT, QueueOption
from bench.cli.terminal import note, say_json

_WARM_S = 300.0
"""An analyzer that was in use so many seconds ago is warm still."""

if TYPE_CHECKING:
    from bench.io.bench_command import BenchCommand
    from bench.service.queue.outbox import Message, Sender
    from bench.service.queue.runner import Carrier, Running
    from bench.service.queue.state import Entry


def command(
    queue: QueueOption = DEFAULT,
    stay: Annotated[bool, typer.Option("--stay", help="Wait for more orders when the queue is empty.")] = False,
    attended: Annotated[
        bool, typer.Option("--attended", help="Somebody is there: the rig's presence policy is not asked.")
    ] = False,
    notify: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Apprise configuration: where messages go. [the terminal]")
    ] = None,
    json: JsonOption = False,
) -> int:
    """Run what is ordered, one plan after the other; after kill -9 or a power cut go on where it was."""
    from bench.io.folder_lock import Taken, locked
    from bench.io.service_manager import ServiceManager
    from bench.service.queue.outbox import Outbox
    from bench.service.queue.runner import QueueRunner, Surroundings
    from bench.service.queue.work_queue import WorkQueue

    sender, orders, manager = _sender(notify), WorkQueue(queue), ServiceManager()
    orders.state()
    try:
        with locked(queue / "journal" / "runner"), ThreadPoolExecutor(1, "messages") as pool:
            OPERATOR.hold()
            outbox = Outbox(orders.outbox(), sender, pool.submit)
            sleep = lambda pause_ns: time.sleep(pause_ns * 1e-9)  # noqa: E731
            around = Surroundings(time.time_ns, sleep, lambda: OPERATOR.asked, manager.alive)
            manager.ready()
            code = QueueRunner(orders, outbox, _carrier(attended), around).run(stay)
            manager.stopping()
            outbox.close()
    except Taken:
        told = "another 'bench queue run' is at work here; stop that one, or leave it alone"
        raise InputError([Problem(str(queue), 0, 0, told)]) from None
    if json:
        say_json({"exit": code, "unsent": outbox.unsent})
    return code


def _sender(config: Path | None) -> "Sender":
    if config is None:
        return _on_terminal
    from bench.io.apprise_sender import AppriseSender

    return AppriseSender(config)


def _on_terminal(message: "Message") -> None:
    note(f"{time.strftime('%H:%M:%S')} {': '.join(filter(None, (message.title, message.text)))}")


def _carrier(attended: bool) -> "Carrier":
    from bench.io.bench_command import BenchCommand

    last: tuple[BenchCommand, str] | None = None

    def carry(entry: "Entry", place: Path, resumes: Path | None, hold: int) -> "Running":
        nonlocal last
        arguments = _arguments(entry, place.resolve(), resumes, attended)
        bench = entry.order.rig or entry.order.plan  # a plan without a rig has always the same
        if last is not None and last[1] == bench and _just_ended(last[0]):
            arguments.append("--warm")  # that run has waited for it, and the analyzer was in use ever since
        command = BenchCommand(arguments, place, entry.attempts, hold)
        last = command, bench
        return command

    return carry


def _just_ended(command: "BenchCommand") -> bool:
    """Whether it has come to its end, with a verdict, not long ago."""
    ended_s = command.ended_s
    return command.poll() in (0, 1) and ended_s is not None and time.monotonic() - ended_s < _WARM_S


def _arguments(entry: "Entry", place: Path, resumes: Path | None, attended: bool) -> list[str]:
    """Nobody is there, and what moves energy asks the rig whether that may be."""
    order = entry.order
    alone = ["--unattended"] if order.world == WorldName.HARDWARE and not attended else []
    if resumes is not None:
        return ["resume", str(resumes.resolve()), "--out", str(place), *alone]
    files = [word for name in ("rig", "dut") if getattr(order, name) for word in (f"--{name}", getattr(order, name))]
    files += [word for setting in order.settings for word in ("--set", setting)]
    where = ["--world", order.world, "--seed", str(order.seed), "--out", str(place)]
    return ["run", order.plan, *files, *where, *alone]
