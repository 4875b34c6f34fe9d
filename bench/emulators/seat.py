"""One instrument's seat among the polls of the compiled loop: who sits there is read without Python."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from bench.emulators import polls as table
from bench.emulators.device import Preparing
from bench.emulators.instruments.answers import Guard, Prepared
from bench.emulators.polls import Polls
from bench.links.standing import Standing
from drivers.usual import Usual


class Returned(NamedTuple):
    """How a seat was left: why, the place in the round of questions, when the last answer came and the last question
    went out, how many there were, and the bytes that are not as usual."""

    why: int
    place: int
    read_ns: int
    heard_ns: int
    asked: int
    reply: bytes


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

    def sit(self, device: Preparing, standing: Standing, due_ns: int) -> bool:
        """Read ``device`` from ``due_ns`` on; whether that can be done here."""
        if self._closely():
            return False
        pairs = []
        for usual in standing.round.questions:
            prepared = device.prepared(usual.question.data)
            if prepared is None or prepared.delay_ns > usual.question.timeout_ns:
                return False
            pairs.append((usual, prepared))
        if not (self._fits and self._tables(tuple(pairs))):
            return False
        self._begin(standing, pairs[0][1], due_ns)
        return True

    def stop(self) -> None:
        """Leave the seat where the next question would be due."""
        self._row["stop"] = 1

    def heard_ns(self) -> int:
        """When the instrument was asked last; -1: not yet since it sits here."""
        return int(self._row["heard_ns"])

    def left(self) -> Returned | None:
        """Once, how the seat was left; ``None`` while it is taken."""
        row = self._row
        if not row["back"]:
            return None
        why, row["back"] = int(row["back"]), 0
        self._polls.header[table.BACK] -= 1
        self._sits[0][1].answer.noise[:] = self._polls.noise[self._number]
        reply = self._polls.bytes[self._number, : self._polls.lengths[self._number]].tobytes()
        place, read_ns, heard_ns, asked = (int(row[name]) for name in ("place", "read_ns", "heard_ns", "asked"))
        return Returned(why, place, read_ns, heard_ns, asked, reply)

    def _begin(self, standing: Standing, prepared: Prepared, due_ns: int) -> None:
        row, polls = self._row, self._polls
        polls.noise[self._number] = prepared.answer.noise
        row["seen"][: len(standing.obeyed)] = standing.obeyed
        row["period_ns"], row["phase_ns"], row["delay_ns"] = standing.period_ns, standing.phase_ns, prepared.delay_ns
        row["place"] = standing.round.asked
        row["answering"] = row["stop"] = row["asked"] = 0
        row["heard_ns"] = -1
        row["guarded"], row["update_ns"] = prepared.guard is not None, 0
        if prepared.guard is not None:
            self._guard(prepared.guard)
        if prepared.update is not None:
            row["update_ns"], row["latency_ns"], line = prepared.update
            row["line_place"], row["line_low"], row["line_below"] = line
        row["due_ns"] = due_ns
        polls.header[table.DUE] = min(int(polls.header[table.DUE]), due_ns)

    def _guard(self, guard: Guard) -> None:
        row = self._row
        row["guard_v"], row["guard_a"] = guard.volts, guard.amperes
        row["trip_v"], row["trip_a"], row["trip_w"] = guard.trip_v, guard.trip_a, guard.trip_w

    def _tables(self, pairs: tuple[tuple[Usual, Prepared], ...]) -> bool:
        """Copy what the compiled loop works on, unless it is there already; whether it has room."""
        if len(pairs) == len(self._sits) and all(
            new[0] is old[0] and new[1].answer is old[1].answer for new, old in zip(pairs, self._sits, strict=True)
        ):
            return True
        rows = pairs[0][1].answer.rows
        if len(pairs) > table.QUESTIONS or len(rows) > table.QUANTITIES:
            return False
        for kind, (usual, prepared) in enumerate(pairs):
            if not self._question(kind, usual, prepared):
                return False
        self._polls.quantities[self._number, : len(rows)] = rows
        self._row["quantities"], self._row["questions"] = len(rows), len(pairs)
        self._row["round"] = sum(usual.times for usual, _ in pairs)
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
