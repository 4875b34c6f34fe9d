"""Exit codes of ``bench``: what a script can rely on."""

PASSED = 0
"""Done, and the verdict is passed."""
FAILED = 1
"""The verdict is failed, or ``verify`` found a change."""
BAD_INPUT = 2
"""A file or an argument is wrong; nothing was energised, no folder was made."""
STOPPED = 3
"""A limit or a fault stopped the run."""
ABORTED = 4
"""The operator stopped it."""
INTERNAL = 5
"""Our own mistake; ``--debug`` shows where."""
