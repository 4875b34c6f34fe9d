"""The set-point of a seated instrument that may move: its tables for the compiled loop."""

from bench.emulators import polled_writes as step
from bench.emulators.device import Obeying, Preparing
from bench.emulators.instruments.answers import Fixed, Obeyed, pieces
from bench.emulators.polls import Polls
from bench.links.standing import Standing
from drivers.usual import Number, Write, form


class SeatOfWrites:
    """Beside ``Seat``."""

    def __init__(self, polls: Polls, number: int) -> None:
        self._polls, self._number = polls, number
        self._row = polls.writes[number]
        self._sits: tuple[Write, Obeyed, int] | None = None
        self._device: Preparing | None = None
        self._obeying: Obeying | None = None

    def sit(self, device: Preparing, standing: Standing) -> None:
        """Write the set-point of ``standing`` from now on, if there is one and the device obeys it."""
        self._row["on"] = 0
        if device is not self._device:
            self._device, self._obeying = device, device if isinstance(device, Obeying) else None
        write = standing.round.write
        if write is None or self._obeying is None or not standing.write_ns:
            return
        obeyed = self._obeying.obeys(write)
        if obeyed is None or obeyed.place >= len(self._polls.inputs):
            return
        wanted = write, obeyed, standing.write_ns
        if self._sits == wanted or self._set(*wanted):
            self._sits = wanted
            self._row["on"] = 1

    def in_force(self) -> float | None:
        """The set-point that was written last since the seat was taken, as the instrument has it; or ``None``."""
        return float(self._row["in_force"]) if self._row["wrote"] else None

    def _set(self, write: Write, obeyed: Obeyed, write_ns: int) -> bool:
        shown, (told_before, told_after) = Fixed(0, write.decimals), write.told
        tables = {
            step.COMMAND: pieces(write.before, shown, write.after),
            step.HEARD: form(write.before, Number(0), write.after),
            step.DONE: pieces(write.done),
            step.ACKNOWLEDGED: form(write.done),
            step.TOLD: pieces(told_before, shown, told_after),
            step.READ_BACK: form(told_before, Number(0), told_after),
        }
        if any(len(rows) > step.STEP_PIECES for rows in tables.values()):
            return False
        for which, rows in tables.items():
            self._polls.writing[self._number, which, : len(rows)] = rows
            self._row["lengths"][which] = len(rows)
        row = self._row
        row["setpoint"], row["period_ns"], row["factor"] = write.setpoint, write_ns, write.factor
        row["most"], row["tolerance"] = min(write.most, obeyed.most), write.tolerance
        row["place"], row["gain"] = obeyed.place, obeyed.factor
        return True
