"""Groups of arrays in compiled code: everything is read and written where it is, and nothing else is accepted."""

import gc
from typing import Any, NamedTuple

import numpy as np
import pytest

from bench.base.by_reference import by_reference
from bench.base.compiled import compiled, direct
from bench.base.errors import InternalError

ROW = np.dtype([("t_ns", "i8"), ("value", "f8"), ("data", "u1", (64,))], align=True)


@by_reference
class Inner(NamedTuple):
    """Two shapes."""

    row: np.ndarray
    cube: np.ndarray


@by_reference
class Outer(NamedTuple):
    """A number, records, a group."""

    number: int
    rows: np.ndarray
    inner: Inner


def outer(number: int = 7, rows: int = 3) -> Outer:
    return Outer(number, np.zeros(rows, ROW), Inner(np.arange(5.0), np.arange(24, dtype=np.int32).reshape(2, 3, 4)))


@compiled
def read(group: Any, place: int) -> float:
    """Something of everything."""
    inner = group.inner
    return float(group.number + inner.row[place] + inner.cube[1, 2, 3] + inner.cube.shape[1] + group.rows.shape[0])


@compiled
def write(group: Any) -> None:
    """Through two functions: into a record, a field of bytes and a cube."""
    group.rows[1].value = 2.5
    group.rows[2].data[63] = 9
    fill(group.inner)


@compiled
def fill(inner: Any) -> None:
    """The last plane."""
    for i in range(inner.cube.shape[1]):
        for k in range(inner.cube.shape[2]):
            inner.cube[1, i, k] = 10 * i + k


@compiled
def first(group: Any) -> float:
    """Read, write elsewhere, read again."""
    before = group.inner.row[0]
    group.rows[0].value = before + 1.0
    group.inner.row[0] = group.rows[0].value
    return float(group.inner.row[0])


def test_compiled_code_reads_and_writes_the_arrays_themselves() -> None:
    group = outer()
    assert read(group, 4) == 7 + 4 + 23 + 3 + 3
    write(group)
    assert group.rows["value"].tolist() == [0, 2.5, 0] and group.rows["data"][2, 63] == 9
    assert group.inner.cube[1].tolist() == [[0, 1, 2, 3], [10, 11, 12, 13], [20, 21, 22, 23]]
    assert group.inner.cube[0].tolist() == np.arange(12).reshape(3, 4).tolist()
    assert [first(group) for _ in range(3)] == [1, 2, 3]


def test_groups_of_one_type_share_their_code_and_mix_nothing_up() -> None:
    groups = [outer(number, rows) for number, rows in ((1, 3), (2, 900), (3, 4))]
    gc.collect()
    call = direct(read, groups[0], 0)
    assert [call(group, 0) for group in groups] == [1 + 23 + 3 + 3, 2 + 23 + 3 + 900, 3 + 23 + 3 + 4]
    assert len({group.numba_type for group in groups}) == 1  # type: ignore[attr-defined]


def test_in_python_it_is_a_named_tuple_and_a_changed_copy_has_its_own_arrays() -> None:
    group = outer()
    assert read(group, 0) == 36
    other = group._replace(number=8, rows=np.zeros(1, ROW))
    assert (other.number, *map(len, (other.rows, other)), other._fields) == (8, 1, 3, ("number", "rows", "inner"))
    assert (read(other, 0), read(group, 0)) == (8 + 23 + 3 + 1, 36)


def test_other_types_of_arrays_are_another_type() -> None:
    short = Inner(np.arange(5, dtype=np.float32), np.zeros((2, 3, 4), np.int32))
    wide = Outer(0, np.zeros(1, ROW), short)
    assert wide.numba_type != outer().numba_type  # type: ignore[attr-defined]
    assert read(wide, 4) == 4 + 3 + 1


@pytest.mark.parametrize("member", [np.zeros((4, 4))[:, 1], np.asfortranarray(np.zeros((2, 3))), 1.5, "text", None])
def test_what_cannot_be_handed_over_is_refused(member: Any) -> None:
    with pytest.raises((InternalError, ValueError), match=r"only C-contiguous|Cannot determine"):
        read(Outer(0, member, outer().inner), 0)
