"""What systemd hears of a service, at a real socket; and silence where nobody listens."""

import socket
from pathlib import Path

import pytest

from bench.io.folder_lock import Taken, is_taken, locked
from bench.io.service_manager import ServiceManager


def test_the_service_manager_hears_that_the_service_is_ready_alive_and_leaving(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = str(tmp_path / "s")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ear:
        ear.bind(place)
        ear.settimeout(5.0)
        monkeypatch.setenv("NOTIFY_SOCKET", place)
        monkeypatch.setenv("WATCHDOG_USEC", "60000000")
        manager = ServiceManager()
        manager.ready()
        manager.alive("entry 1:\nsmoke")
        manager.stopping()
        heard = [ear.recv(1000) for _ in range(3)]
    assert heard == [b"READY=1", b"WATCHDOG=1\nSTATUS=entry 1: smoke", b"STOPPING=1"]
    assert manager.watchdog_s == 60.0


def test_without_a_service_manager_nothing_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    monkeypatch.setenv("WATCHDOG_USEC", "soon")
    manager = ServiceManager()
    manager.ready()
    assert manager.watchdog_s == 0.0
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "nobody"))
    ServiceManager().alive("unheard")


def test_a_lock_belongs_to_one_at_a_time(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "lock"
    with locked(path):
        assert is_taken(path)
        with pytest.raises(Taken), locked(path, 0.05):
            pass
    assert not is_taken(path)
