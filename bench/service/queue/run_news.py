"""What of a run's journal people are told, while it is being written."""

import json
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO

from bench.record.recorder import JOURNAL
from bench.service.queue.attempt import runs_in
from bench.service.queue.outbox import Message


class RunNews:
    """News of the run that is made in ``place``, beside those ``before``. Keys are those of the journal's records: told
    twice is told once."""

    def __init__(self, place: Path, before: Collection[Path] = ()) -> None:
        self._place = place
        self._before = frozenset(before)
        self._file: BinaryIO | None = None
        self._run = ""
        self._rest = b""

    def messages(self) -> Iterator[Message]:
        """Those that have come since the last look."""
        if self._file is None and not self._open():
            return
        assert self._file is not None
        *lines, self._rest = (self._rest + self._file.read()).split(b"\n")
        for line in lines:
            record = json.loads(line)
            made = _message(record["event"], record["data"])
            if made is not None and "of_run" not in record["data"]:
                title, text, priority = made
                yield Message(
                    f"{self._place.name}/{self._run}:{record['seq']}", f"{self._run}: {title}", text, priority
                )

    def close(self) -> None:
        """Let go of the file."""
        if self._file is not None:
            self._file.close()

    def _open(self) -> bool:
        for run in runs_in(self._place):
            if run not in self._before and (run / JOURNAL).exists():
                self._file, self._run = (run / JOURNAL).open("rb"), run.name
                return True
        return False


def _message(event: str, data: Mapping[str, Any]) -> tuple[str, str, str] | None:
    """Title, text and priority of a record that people are told."""
    match event:
        case "notification":
            return data["title"], data["text"], data["priority"]
        case "prompt":
            choices = f" [{' / '.join(data['answers'])}]" if data.get("answers") else ""
            return "waits for an answer", f"{data['text']}{choices}", "high"
        case "core_stop" if data.get("happened") != "the plan has ended":
            return "stopped", str(data.get("happened", "")), "high"
    return None
