"""Absent: the attributes of an array that a tensor does not have, and what to write instead.

Imports nothing of chainrule. Methods that change an array in place are missing on purpose: a
recorded value stays as it is.
"""

from typing import Any, NoReturn

IN_PLACE = "it would change a recorded value in place."
MEMORY = "it is about the memory of an array, and a tensor is a value."
# Attributes of an array that a tensor does not have, and what to write instead.
ABSENT = {
    "base": f"{MEMORY} x.data is an array.",
    "byteswap": f"{MEMORY} Convert x.data.",
    "choose": "it has no op. Write np.select(conditions, choices), or np.where(condition, x, y).",
    "ctypes": f"{MEMORY} x.data.ctypes has it.",
    "dump": "Write np.save(file, x.data).",
    "dumps": "Write x.data.dumps().",
    "fill": f"{IN_PLACE} Write np.full_like(x, value), or np.where(mask, value, x).",
    "flags": f"{MEMORY} x.data.flags has them.",
    "getfield": f"{MEMORY} x.data.getfield has it.",
    "itemset": f"{IN_PLACE} Write np.where(mask, value, x).",
    "newbyteorder": f"{MEMORY} Convert x.data.",
    "partition": f"{IN_PLACE} Write np.sort(x), or x[x.argpartition(kth)].",
    "put": f"{IN_PLACE} Write np.where(mask, value, x).",
    "resize": f"{IN_PLACE} Write np.reshape(x, shape), or np.pad.",
    "setfield": f"{IN_PLACE} Write np.where(mask, value, x).",
    "setflags": f"{MEMORY} A tensor is always read-only.",
    "sort": f"{IN_PLACE} Write np.sort(x).",
    "strides": f"{MEMORY} x.data.strides has them.",
    "to_device": "chainrule computes on the CPU.",
    "tobytes": "Write x.data.tobytes().",
    "tofile": "Write x.data.tofile(file).",
    "tostring": "Write x.data.tobytes().",
    "view": f"{MEMORY} Convert the numbers by x.astype(dtype); x.data.view has the bits.",
}


class _Missing:
    """In the place of an attribute that is not there: reading it says what to write instead."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __get__(self, x: Any, kind: type) -> NoReturn:
        name = self._name
        raise AttributeError(
            f"{kind.__name__!r} object has no attribute {name!r}: {ABSENT[name]}", name=name, obj=x
        )


class Absent:
    """Says what to write where NumPy's attribute is missing.

    By a descriptor for each name: a ``__getattr__`` would make every attribute of every node slow.
    """

    __slots__ = ()

    def __dir__(self) -> list[str]:
        return [name for name in super().__dir__() if name not in ABSENT]


for _name in ABSENT:
    setattr(Absent, _name, _Missing(_name))
