"""The links are tested against the emulated instruments, on the emulators' small bench."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "emulators"))
