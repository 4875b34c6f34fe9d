"""One instrument's seat among the polls of the compiled loop: who sits there is read without Python."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from bench.base.compiled import direct
from bench.emulators import polls as table
from bench.emulators.device import Preparing
from bench.emulators.instruments.answers import Guard, Prepared
from bench.emulators.polls import Polls
from bench.emulators.seat_of_writes import SeatOfWrites
from bench.links.standing import Standing
from drivers.usual import Usual


class Returned(NamedTuple):
    """How a seat was left: why, the place in the round of questions, when the last answer came and the last question
    went out, how many there were, the bytes that are not as usual; the set-points obeyed, from when on to write others,
    and the last one written."""

    why: int
    place: int
    read_ns: int
    heard_ns: int
    asked: int
    reply: bytes
    obeyed: tuple[float, ...]
    write_from_ns: int
    in_force: float | None


class Seat:
    """Instrument ``number`` among ``polls``; its means are row ``number`` of the sensors. ``watched``: places of its
    set-points in the image; ``closely``: whether somebody wants to see each answer being made."""

    def __init__(
        self, polls: Polls, number: int, watched: Sequence[int], closely: Callable[[], bool] | None = None
    ) -> None:
        self._polls, self._number, self._closely = polls, number, closely or (lambda: False)
        self._row = polls.polls[number]
        self._row["watched_closely"] = closely is not None
        self._fits = len(watched) <= table.WATCHED
        if self._fits:
            self._row["truth"], self._row["watched"] = number, len(watched)
            self._row["channels"][: len(watched)] = watched
        self._sits: tuple[tuple[Usual, Prepared], ...] = ()
        self._writes = SeatOfWrites(polls, number)
        self._back = polls.polls["back"]
        self._take = direct(table.take_seat, polls, number, 0, 0, 0, 0, np.zeros(1, np.uint64), np.zeros(0))

    def sit(self, device: Preparing, standing: Standing, due_ns: int) -> bool:
        """Read ``device`` from ``due_ns`` on; whether that can be done here."""
        if self._closely() or not self._fits:
            return False
        pairs = []
        for usual in standing.round.questions:
            prepared = device.prepared(usual.question.data)
            if prepared is None or prepared.delay_ns > usual.question.timeout_ns:
                return False
            pairs.append((usual, prepared))
        if not (self._is_set(pairs) or self._set(tuple(pairs), standing)):
            return False
        self._writes.sit(device, standing)
        times = standing.round.asked, due_ns, standing.read_ns, standing.write_from_ns
        self._take(self._polls, self._number, *times, pairs[0][1].answer.noise, np.array(standing.obeyed, np.float64))
        return True

    def stop(self) -> None:
        """Leave the seat where the next question would be due."""
        self._row["stop"] = 1

    def heard_ns(self) -> int:
        """When the instrument was asked last; -1: not yet since it sits here."""
        return int(self._row["heard_ns"])

    def left(self) -> Returned | None:
        """Once, how the seat was left; ``None`` while it is taken."""
        why = self._back.item(self._number)
        if not why:
            return None
        row, self._back[self._number] = self._row, 0
        self._polls.header[table.BACK] -= 1
        self._sits[0][1].answer.noise[:] = self._polls.noise[self._number]
        reply = self._polls.bytes[self._number, : self._polls.lengths[self._number]].tobytes()
        place, read_ns, heard_ns, asked = (int(row[name]) for name in ("place", "read_ns", "heard_ns", "asked"))
        obeyed = tuple(row["seen"][: row["watched"]].tolist())
        return Returned(
            why, place, read_ns, heard_ns, asked, reply, obeyed, int(row["write_from_ns"]), self._writes.in_force()
        )

    def _guard(self, guard: Guard) -> None:
        row = self._row
        row["guard_v"], row["guard_a"] = guard.volts, guard.amperes
        row["trip_v"], row["trip_a"], row["trip_w"] = guard.trip_v, guard.trip_a, guard.trip_w

    def _is_set(self, pairs: Sequence[tuple[Usual, Prepared]]) -> bool:
        """Whether the compiled loop has the tables of just these questions and answers."""
        return len(pairs) == len(self._sits) and all(
            usual is was and prepared.answer is had.answer and prepared[1:] == had[1:]
            for (usual, prepared), (was, had) in zip(pairs, self._sits, strict=True)
        )

    def _set(self, pairs: tuple[tuple[Usual, Prepared], ...], standing: Standing) -> bool:
        """Copy what the compiled loop works on; whether it has room."""
        self._sits, prepared = (), pairs[0][1]
        rows, row = prepared.answer.rows, self._row
        if len(pairs) > table.QUESTIONS or len(rows) > table.QUANTITIES:
            return False
        if any(rows["source"][rows["of_inputs"] != 0] >= len(self._polls.inputs)):
            return False
        if not all(self._question(kind, usual, answer) for kind, (usual, answer) in enumerate(pairs)):
            return False
        self._polls.quantities[self._number, : len(rows)] = rows
        row["quantities"], row["questions"] = len(rows), len(pairs)
        row["round"] = sum(usual.times for usual, _ in pairs)
        row["period_ns"], row["phase_ns"], row["delay_ns"] = standing.period_ns, standing.phase_ns, prepared.delay_ns
        row["guarded"], row["update_ns"] = prepared.guard is not None, 0
        if prepared.guard is not None:
            self._guard(prepared.guard)
        if prepared.update is not None:
            row["update_ns"], row["latency_ns"], line = prepared.update
            row["line_place"], row["line_low"], row["line_below"] = line
        self._sits = pairs
        return True

    def _question(self, kind: int, usual: Usual, prepared: Prepared) -> bool:
        polls, number = self._polls, self._number
        tables = (polls.answers, prepared.answer.parts), (polls.forms, usual.form), (polls.records, usual.records)
        if any(len(own) > whole.shape[2] for whole, own in tables):
            return False
        for whole, own in tables:
            whole[number, kind, : len(own)] = own
        lengths = len(prepared.answer.parts), len(usual.form), len(usual.records), usual.age_ns
        polls.questions[number, kind] = lengths
        return True
