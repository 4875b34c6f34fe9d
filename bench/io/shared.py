"""Arrays and rings that several processes see: one mapped file of a private folder for each tree of arrays.

A *tree* is a numpy array or a NamedTuple of trees (``State``, ``Ring``, ``Rings``). The file holds the arrays one
after the other, aligned to cache lines, behind a header with a hash of the layout. Whoever attaches brings a tree of
the same shape (made by the same function from the same program), so types never travel and a different program is
refused.

Files instead of ``multiprocessing.shared_memory``: until Python 3.13 its resource tracker removes the memory when the
first process that attached to it ends, which is the moment when the others must finish a stop.
"""

import hashlib
import mmap
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Generic, TypeVar, cast

import numpy as np

from bench.base.errors import InternalError
from bench.io.folders import checked_name, private_folder

T = TypeVar("T")

_ALIGNMENT = 64
_HEADER_BYTES = 64


class SharedTree(Generic[T]):
    """A tree of arrays in shared memory; ``tree`` has the type of the tree it was made from."""

    def __init__(self, tree: T, path: Path, memory: mmap.mmap) -> None:
        self.tree = tree
        self.path = path
        self._memory = memory

    def offset(self, array: np.ndarray) -> int:
        """Where in the file ``array`` (one of the tree's) begins, in bytes."""
        whole = np.frombuffer(self._memory, np.uint8)
        return int(array.ctypes.data - whole.ctypes.data)

    def unlink(self) -> None:
        """Remove the name. Processes that are attached keep their view; nobody new can attach."""
        self.path.unlink(missing_ok=True)


def create(name: str, tree: T, folder: Path | None = None) -> SharedTree[T]:
    """Put a copy of ``tree`` into shared memory under ``name``, which must be free."""
    path = _path(name, folder)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    try:
        size = _size(tree)
        os.ftruncate(descriptor, size)
        memory = mmap.mmap(descriptor, size)
    finally:
        os.close(descriptor)
    shared = SharedTree(_mapped(tree, memory), path, memory)
    for target, source in zip(_arrays(shared.tree), _arrays(tree), strict=True):
        target[...] = source
    # The hash comes last: a tree is complete, or nobody can attach to it.
    memory[:32] = _layout_hash(tree)
    return shared


def attach(name: str, like: T, folder: Path | None = None) -> SharedTree[T]:
    """The tree that ``create`` put under ``name``; ``like`` gives its shape.

    Raises ``FileNotFoundError``, or ``InternalError`` when it was made from other tables.
    """
    path = _path(name, folder)
    descriptor = os.open(path, os.O_RDWR | os.O_NOFOLLOW)
    try:
        size = os.fstat(descriptor).st_size
        memory = mmap.mmap(descriptor, size)
    finally:
        os.close(descriptor)
    if size != _size(like) or memory[:32] != _layout_hash(like):
        raise InternalError(
            f"shared memory {path} was made from other tables; start all processes from one rig and DUT"
        )
    return SharedTree(_mapped(like, memory), path, memory)


def _path(name: str, folder: Path | None) -> Path:
    return (folder if folder is not None else private_folder("memory")) / checked_name(name)


def _arrays(tree: Any) -> Iterator[np.ndarray]:
    if isinstance(tree, np.ndarray):
        yield tree
        return
    if not isinstance(tree, tuple):
        raise InternalError(f"only arrays and NamedTuples of them can be shared, not {type(tree).__name__}")
    for member in tree:
        yield from _arrays(member)


def _aligned(offset: int) -> int:
    return -(-offset // _ALIGNMENT) * _ALIGNMENT


def _size(tree: Any) -> int:
    size = _HEADER_BYTES
    for array in _arrays(tree):
        size = _aligned(size) + array.nbytes
    return size


def _layout_hash(tree: Any) -> bytes:
    layout = [(array.shape, repr(array.dtype)) for array in _arrays(tree)]
    return hashlib.sha256(repr(layout).encode()).digest()


def _mapped(tree: T, memory: mmap.mmap) -> T:
    offset = _HEADER_BYTES

    def place(node: Any) -> Any:
        nonlocal offset
        if isinstance(node, np.ndarray):
            offset = _aligned(offset)
            array = np.ndarray(node.shape, node.dtype, memory, offset)
            offset += node.nbytes
            return array
        members = [place(member) for member in node]
        return type(node)(*members) if hasattr(node, "_fields") else tuple(members)

    return cast("T", place(tree))
