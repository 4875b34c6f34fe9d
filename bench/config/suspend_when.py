"""When a plan suspends itself, and when it goes on: two conditions, so that nothing flutters between them."""

from collections.abc import Iterator

from bench.config.expression import ConditionText
from bench.config.file_model import FileModel, Finding


class SuspendWhen(FileModel):
    """``{condition: coolant.temp_in > 70 °C, clear: coolant.temp_in < 60 °C}``. A reading that nobody knows suspends,
    and never lets the plan go on."""

    condition: ConditionText
    """Suspends while the bench is at work."""
    clear: ConditionText
    """Lets it go on."""

    def rules(self) -> Iterator[Finding]:
        for name in ("condition", "clear"):
            if not getattr(self, name).channels:
                yield (name,), "looks at no channel and never changes; name one such as coolant.temp_in"
