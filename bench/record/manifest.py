"""The manifest of a run: hashes of all inputs and results, the core's program, versions, identities, the seed.

It is written when the run begins (unsealed), and sealed at the end with the SHA-256 of every other file. The seal is
the hash of the manifest itself, so that no byte of a run can change unseen (a guard against accidents, no signature).
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any, Self

from bench.record.journal import plain
from bench.record.storage import Storage

NAME = "manifest.json"
FORMAT = 1


def file_hash(storage: Storage, name: str) -> dict[str, Any]:
    """SHA-256 and size of one file of the run."""
    digest, size = hashlib.sha256(), 0
    for chunk in storage.chunks(name):
        digest.update(chunk)
        size += len(chunk)
    return {"sha256": digest.hexdigest(), "bytes": size}


def text_of(content: Mapping[str, Any]) -> bytes:
    """The one way a manifest is written: sorted, indented, for people too."""
    return (json.dumps(plain(content), sort_keys=True, indent=2, ensure_ascii=False) + "\n").encode()


def seal_of(content: Mapping[str, Any]) -> str:
    """The hash of everything in the manifest but the seal."""
    return hashlib.sha256(text_of({key: value for key, value in content.items() if key != "seal"})).hexdigest()


class Manifest:
    """Collects what a run was made of. ``content`` is plain data for the report."""

    def __init__(
        self,
        storage: Storage,
        *,
        plan: str,
        dut: str,
        rig: str,
        world: str,
        seed: int | None,
        program: str,
        versions: Mapping[str, str],
        inputs: Iterable[str],
        more: Mapping[str, Any] | None = None,
    ) -> None:
        """``inputs``: names of the copied input files, already in ``storage``; ``program``: the core program's hash."""
        self._storage = storage
        self.content: dict[str, Any] = {
            "format": FORMAT,
            "plan": plan,
            "dut": dut,
            "rig": rig,
            "world": world,
            "seed": seed,
            "program": program,
            "versions": dict(versions),
            "inputs": {name: file_hash(storage, name) for name in sorted(inputs)},
            "identities": {},
            "sealed": False,
            **(more or {}),
        }
        self._write()

    @classmethod
    def reopen(cls, storage: Storage) -> Self:
        """The manifest that another process has begun. Raises ``StorageError`` where there is none."""
        manifest = cls.__new__(cls)
        manifest._storage, manifest.content = storage, json.loads(storage.read(NAME))
        return manifest

    def identify(self, part: str, identity: Mapping[str, Any]) -> None:
        """Note who answered as ``part``; durable with the seal (the journal has it before)."""
        self.content["identities"][part] = dict(identity)

    def seal(self, **more: Any) -> None:
        """Hash every file of the run; ``more`` (verdict, counts) is added first. The last thing a run does."""
        self.content.update(more, sealed=True)
        names = [name for name in self._storage.names() if name != NAME]
        self.content["files"] = {name: file_hash(self._storage, name) for name in names}
        self._write()

    def _write(self) -> None:
        self.content["seal"] = seal_of(self.content)
        self._storage.write(NAME, text_of(self.content))


def reseal(storage: Storage, names: Iterable[str]) -> None:
    """Take new hashes of derived files (a report drawn again) into a sealed manifest; all others stay as sealed."""
    content = json.loads(storage.read(NAME))
    for name in names:
        content["files"][name] = file_hash(storage, name)
    content["seal"] = seal_of(content)
    storage.write(NAME, text_of(content))
