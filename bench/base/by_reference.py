"""Groups of arrays that compiled code takes by reference: one pointer, however many arrays.

Numba hands a NamedTuple over as all its members, seven words an array. The tables of core and world are hundreds of
arrays: to pass those on cost more than the work itself, in each call and again in the compiler. Here a group is the
address of a small block of words, per array its data's address and its shape, and each member is read where it is
used. What is C-contiguous needs no more, and nothing in the block ever changes, which the compiler is told.
"""

import hashlib
from functools import cached_property
from typing import Any, TypeVar, cast

import numba
import numpy as np
from llvmlite import ir
from numba.core import extending, types
from numba.core.datamodel import models
from numba.core.typing.templates import AttributeTemplate
from numba.np import arrayobj
from numpy.typing import NDArray

from bench.base.errors import InternalError

T = TypeVar("T", bound=type)

_numba, _extending, _arrays = cast("Any", numba), cast("Any", extending), cast("Any", arrayobj)  # hardly typed

_WORD_BYTES = 8
_WORD = ir.IntType(64)


def by_reference(group: T) -> T:
    """Make a NamedTuple of arrays, numbers (int) and other such groups one that compiled code takes by reference.

    In Python it stays what it is. Compiled code can read its members, and cannot make or return one. Whoever calls
    compiled code keeps the group alive until it returns.
    """
    body = {"__module__": group.__module__, "__qualname__": group.__qualname__, "__doc__": group.__doc__}
    made = type(group.__name__, (_Referenced, group), body)
    _extending.typeof_impl.register(made, lambda value, _context: value.numba_type)
    return cast("T", made)


class _Referenced:
    """What such a group has beside its members."""

    @cached_property
    def numba_type(self) -> "Group":
        """Its class and the types of its members."""
        fields = cast("Any", self)._fields
        return Group(type(self).__name__, tuple((name, _type(getattr(self, name))) for name in fields))

    @cached_property
    def address(self) -> int:
        """Of the block of words in memory."""
        return int(self._block.ctypes.data)

    @cached_property
    def _block(self) -> NDArray[np.int64]:
        return np.array([word for member in cast("Any", self) for word in _words(member)], np.int64)


def _type(member: Any) -> types.Type:
    if isinstance(member, int):
        return types.int64
    found = _numba.typeof(member)
    if isinstance(found, Group) or (isinstance(found, types.Array) and found.layout == "C"):
        return found
    raise InternalError(f"only C-contiguous arrays, integers and groups can be handed by reference, not {found}")


def _words(member: Any) -> tuple[int, ...]:
    if isinstance(member, int):
        return (member,)
    return (member.ctypes.data, *member.shape) if isinstance(member, np.ndarray) else (member.address,)


class Group(types.Type):
    """The type of a group: its name and the types of its members, in order."""

    def __init__(self, title: str, members: tuple[tuple[str, types.Type], ...]) -> None:
        self.members = dict(members)
        self.places: dict[str, int] = {}
        place = 0
        for name, member in members:
            self.places[name] = place
            place += _WORD_BYTES * (1 + getattr(member, "ndim", 0))
        told = "".join(f"{name}: {member}\n" for name, member in members)
        super().__init__(f"{title}_{hashlib.sha256(told.encode()).hexdigest()[:16]}")


_extending.register_model(Group)(models.OpaqueModel)


@_extending.infer_getattr
class _Members(AttributeTemplate):
    key = Group

    def generic_resolve(self, group: Any, name: Any) -> Any:  # type: ignore[override]
        return group.members.get(name)


@_extending.unbox(Group)  # type: ignore[untyped-decorator]
def _unbox(_group: Group, instance: Any, context: Any) -> Any:
    address = context.pyapi.object_getattr_string(instance, "address")
    pointer = context.pyapi.long_as_voidptr(address)
    context.pyapi.decref(address)
    return _extending.NativeValue(pointer, is_error=context.pyapi.c_api_error())


@_extending.lower_getattr_generic(Group)  # type: ignore[untyped-decorator]
def _member(context: Any, builder: Any, group: Group, block: Any, name: str) -> Any:
    member, place = group.members[name], group.places[name]
    if isinstance(member, types.Array):
        return _array(context, builder, member, block, place)
    return _read(builder, block, place, context.get_value_type(member))


def _array(context: Any, builder: Any, member: types.Array, block: Any, place: int) -> Any:
    made = _arrays.make_array(member)(context, builder)
    data = _read(builder, block, place, made.data.type)
    shape = [_read(builder, block, place + _WORD_BYTES * (1 + axis), _WORD) for axis in range(member.ndim)]
    itemsize = _WORD(context.get_abi_sizeof(context.get_data_type(member.dtype)))
    strides = [itemsize]
    for length in reversed(shape[1:]):
        strides.insert(0, builder.mul(strides[0], length, flags=["nsw"]))
    _arrays.populate_array(made, data, shape, strides, itemsize, meminfo=None)
    return made._getvalue()


def _read(builder: Any, block: Any, place: int, kind: Any) -> Any:
    pointer = builder.bitcast(builder.gep(block, [_WORD(place)]), kind.as_pointer())
    word = builder.load(pointer)
    word.set_metadata("invariant.load", builder.module.add_metadata([]))
    return word
