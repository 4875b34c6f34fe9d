"""Messages by apprise (mail, chat, telephones, ...); a package that only who sends needs (extra ``notify``)."""

from pathlib import Path
from typing import Any

from bench.base.errors import InputError, Problem

_KINDS = {"low": "info", "normal": "info", "high": "warning"}


class AppriseSender:
    """Sends to all services of an apprise configuration file. Raises ``InputError`` where there is none to be used."""

    def __init__(self, config: Path) -> None:
        self._target = _target(config)

    def __call__(self, message: Any) -> None:
        """Send it, or raise. Its key stands below the text: by it a double is known."""
        body = f"{message.text}\n\n[{message.key}]"
        if not self._target.notify(title=message.title, body=body, notify_type=_KINDS.get(message.priority, "info")):
            raise ConnectionError("not every service has taken the message")


def _target(config: Path) -> Any:
    try:
        import apprise
    except ImportError:
        remedy = "install it: pip install 'edu-bench[notify]'"
        raise InputError([Problem("--notify", 0, 0, f"apprise is not installed; {remedy}")]) from None
    if not config.is_file():
        raise InputError([Problem(str(config), 0, 0, "is no file; give an apprise configuration (one URL a line)")])
    services = apprise.AppriseConfig()
    services.add(str(config))
    target = apprise.Apprise()
    target.add(services)
    if not len(target):
        raise InputError([Problem(str(config), 0, 0, "names no service that apprise knows; write one URL a line")])
    return target
