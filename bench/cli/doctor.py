"""``bench doctor``."""

from dataclasses import asdict

from bench.cli.options import JsonOption
from bench.cli.terminal import say, say_json


def command(json: JsonOption = False) -> int:
    """Tell what this machine can do: cores, memory, scheduling rights, VISA backends, CAN interfaces."""
    from bench.cli.machine import findings

    found = list(findings())
    if json:
        say_json({"findings": [asdict(finding) for finding in found], "exit": 0})
        return 0
    for finding in found:
        say(f"{'ok  ' if finding.good else 'look'} {finding.what:22} {finding.value}")
        if not finding.good:
            say(f"     {'':22} {finding.remedy}")
    return 0
