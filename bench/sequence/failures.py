"""Why the sequence itself gives up; the controlled stop follows."""

from bench.base.errors import BenchError


class SequenceFailed(BenchError):
    """The sequence cannot go on. ``cause_code`` is a code of ``bench.core.causes``."""

    def __init__(self, cause_code: int, reasons: tuple[str, ...]) -> None:
        self.cause_code = cause_code
        self.reasons = reasons
        super().__init__("; ".join(reasons))
