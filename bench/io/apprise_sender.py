"""Messages by apprise (mail, chat, telephones, ...); a package that only who sends needs (extra ``notify``)."""

from pathlib import Path
from typing import Any

from bench.base.errors import InputError, Problem

_KINDS = {"low": "info", "normal": "info", "high": "warning"}


class AppriseSender:
    """Sends to all services of an apprise configuration file. Raises ``InputError`` where there is none to be used."""

    def __init__(self, config: Path) -> None:
        self._services = _services(config)
        self._has_taken: dict[str, set[int]] = {}

    def __call__(self, message: Any) -> None:
        """Send it to every service that has not taken it yet, or raise. Its key stands below the text: by it a double
        is known."""
        body, kind = f"{message.text}\n\n[{message.key}]", _KINDS.get(message.priority, "info")
        taken = self._has_taken.setdefault(message.key, set())
        for number, service in enumerate(self._services):
            if number not in taken and service.notify(title=message.title, body=body, notify_type=kind):
                taken.add(number)
        if len(taken) < len(self._services):
            raise ConnectionError(f"{len(taken)} of {len(self._services)} services have taken the message")
        del self._has_taken[message.key]


def _services(config: Path) -> list[Any]:
    """Each by itself, so that one that is out does not double what the others have taken."""
    try:
        import apprise
    except ImportError:
        remedy = "install it: pip install 'edu-bench[notify]'"
        raise InputError([Problem("--notify", 0, 0, f"apprise is not installed; {remedy}")]) from None
    if not config.is_file():
        raise InputError([Problem(str(config), 0, 0, "is no file; give an apprise configuration (one URL a line)")])
    named = apprise.AppriseConfig()
    named.add(str(config))
    together, found = apprise.Apprise(), []
    together.add(named)
    for service in together:  # those that the configuration names
        found.append(apprise.Apprise())
        found[-1].add(service)
    if not found:
        raise InputError([Problem(str(config), 0, 0, "names no service that apprise knows; write one URL a line")])
    return found
