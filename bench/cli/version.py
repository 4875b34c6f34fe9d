"""``bench version``."""

from bench.cli.options import JsonOption
from bench.cli.terminal import say, say_json


def command(json: JsonOption = False) -> int:
    """Versions of the bench and of everything that decides about results."""
    from bench.service.run_folder import versions

    found = versions()
    if json:
        say_json(found)
    else:
        for name, text in found.items():
            say(f"{name:12} {text}")
    return 0
