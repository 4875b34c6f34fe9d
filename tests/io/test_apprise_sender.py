"""Messages through apprise, in whose place a double of its face stands: no network, no package."""

import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from bench.base.errors import InputError
from bench.io.apprise_sender import AppriseSender
from bench.service.queue.outbox import Message

OUT: set[str] = set()
GOT: list[tuple[str, str, str, str]] = []


class Config:
    def add(self, path: str) -> None:
        self._urls = [line for line in Path(path).read_text().split() if "://" in line]

    def __iter__(self) -> Iterator[str]:
        return iter(self._urls)


class Apprise:
    """Services, or all those of a configuration, as one."""

    def add(self, what: str | Config) -> None:
        self._servers = [what] if isinstance(what, str) else list(what)

    def __iter__(self) -> Iterator[str]:
        return iter(self._servers)

    def notify(self, *, title: str, body: str, notify_type: str) -> bool:
        (server,) = self._servers
        if server in OUT:
            return False
        GOT.append((server, title, body, notify_type))
        return True


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file with two services."""
    module: Any = ModuleType("apprise")
    module.AppriseConfig, module.Apprise = Config, Apprise
    monkeypatch.setitem(sys.modules, "apprise", module)
    OUT.clear()
    GOT.clear()
    path = tmp_path / "notify.conf"
    path.write_text("json://one\njson://two\n")
    return path


def test_every_service_gets_the_message_with_its_key(config: Path) -> None:
    AppriseSender(config)(Message("0001/run:3", "waits", "is it on?", "high"))
    assert [(f"json://{name}", "waits", "is it on?\n\n[0001/run:3]", "warning") for name in ("one", "two")] == GOT


def test_a_service_that_is_out_doubles_nothing_for_the_other(config: Path) -> None:
    sender, message = AppriseSender(config), Message("k", "title", "text")
    OUT.add("json://two")
    for _ in range(3):
        with pytest.raises(ConnectionError, match="1 of 2 services have taken the message"):
            sender(message)
    OUT.clear()
    sender(message)
    assert [server for server, *_ in GOT] == ["json://one", "json://two"]


@pytest.mark.parametrize(("text", "told"), [("nonsense", "names no service"), (None, "is no file")])
def test_a_file_without_services_is_refused(config: Path, text: str | None, told: str) -> None:
    if text is None:
        config.unlink()
    else:
        config.write_text(text)
    with pytest.raises(InputError, match=told):
        AppriseSender(config)


def test_without_apprise_the_remedy_is_told(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "apprise", None)
    with pytest.raises(InputError, match=r"pip install 'edu-bench\[notify\]'"):
        AppriseSender(config)
