"""Order between what compiled code writes, for whoever looks at shared memory, and for who finds it after a kill."""

from typing import Any, cast

from numba.core import extending, types


def _fence(_context: Any) -> Any:
    def emit(_target: Any, builder: Any, _signature: Any, _arguments: Any) -> Any:
        builder.fence("acq_rel")
        return _target.get_dummy_value()

    return types.void(), emit


fence = cast("Any", extending).intrinsic(_fence)
"""All that stands before it is written before anything behind it.

The compiler may otherwise change the order, or leave out a mark that is set and taken back in one go. On x86 this costs
no instruction. It is no barrier for a read after a write.
"""
