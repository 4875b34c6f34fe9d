"""The beginning of every process of a wall-time bench: ``python -m bench.io.process_main ARGS.json FD``.

The file names the function to run (``"main": "bench.assembly:core_main"``) and its arguments; FD is the control pipe.
Ctrl-C belongs to the service alone. A request to terminate counts as the service's end, so that the core and the links
finish the stop first.
"""

import importlib
import json
import signal
import socket
import sys
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, cast

from bench.io.control import Control

Main = Callable[[Control, Mapping[str, Any]], None]


def main(arguments_path: str, descriptor: str) -> int:
    """Run what the file names; a failure is told over the pipe."""
    control = Control(socket.socket(fileno=int(descriptor)))
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda _signal, _frame: control.leave())
    try:
        content = json.loads(Path(arguments_path).read_text(encoding="utf-8"))
        for place in reversed(content.get("search", [])):
            sys.path.insert(0, place)
        _function(content["main"])(control, content["arguments"])
    except Exception as error:  # the service must hear of it, whatever it is
        traceback.print_exc()
        control.send({"failed": f"{type(error).__name__}: {error}"})
        return 1
    control.send({"ended": True})
    return 0


def _function(name: str) -> Main:
    module, _, attribute = name.partition(":")
    return cast("Main", getattr(importlib.import_module(module), attribute))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2]))
