"""Looking: arrays copied to another place and searched for NaN and infinity, in one native call.

Imports arrays. The engine compiles the text; the training step looks over its parameters after
every step, where two calls of NumPy would take a quarter of the time of a small net's step.

A record is four int64: how (COPY, or the bytes of a float), the address of an array, the address
that it is copied to (0: nowhere), and its bytes.
"""

import ctypes
from collections.abc import Sequence

import numpy as np

from chainrule.native.arrays import Array, address_of

COPY = 0
KINDS = {"float32": 4, "float64": 8}
LOOK = "chainrule_look"
FUNCTIONS = (LOOK,)

_FUNCTION = ctypes.CFUNCTYPE(ctypes.c_int64, ctypes.c_void_p, ctypes.c_int64)
_LANES = {"i32": 16, "i64": 8}
# The exponent's bits: all are set in NaN and infinity, and in nothing else.
_EXPONENT = {"i32": 0x7F800000, "i64": 0x7FF0000000000000}

# i64 chainrule_look(records, count): not 0 where a number that was looked at is not finite.
_LOOK = """
define i64 @chainrule_look(ptr %records, i64 %count) nounwind {
entry:
  br label %head
head:
  %r = phi i64 [ 0, %entry ], [ %r.next, %next ]
  %wrong = phi i64 [ 0, %entry ], [ %wrong.next, %next ]
  %more = icmp slt i64 %r, %count
  br i1 %more, label %record, label %end
record:
  %word = mul i64 %r, 4
  %how.at = getelementptr i64, ptr %records, i64 %word
  %how = load i64, ptr %how.at
  %from.at = getelementptr i64, ptr %how.at, i64 1
  %from = load ptr, ptr %from.at
  %to.at = getelementptr i64, ptr %how.at, i64 2
  %to = load ptr, ptr %to.at
  %bytes.at = getelementptr i64, ptr %how.at, i64 3
  %bytes = load i64, ptr %bytes.at
  %copies = icmp ne ptr %to, null
  br i1 %copies, label %copy, label %look
copy:
  call void @look.copy(ptr %to, ptr %from, i64 %bytes)
  br label %look
look:
  switch i64 %how, label %next [
    i64 4, label %four
    i64 8, label %eight
  ]
four:
  %four.wrong = call i64 @look.i32(ptr %from, i64 %bytes)
  br label %next
eight:
  %eight.wrong = call i64 @look.i64(ptr %from, i64 %bytes)
  br label %next
next:
  %found = phi i64 [ 0, %look ], [ %four.wrong, %four ], [ %eight.wrong, %eight ]
  %wrong.next = or i64 %wrong, %found
  %r.next = add i64 %r, 1
  br label %head
end:
  ret i64 %wrong
}
"""

_COPY = """
define internal void @look.copy(ptr %to, ptr %from, i64 %bytes) nounwind {
entry:
  %whole = and i64 %bytes, -64
  br label %head
head:
  %i = phi i64 [ 0, %entry ], [ %i.next, %body ]
  %more = icmp slt i64 %i, %whole
  br i1 %more, label %body, label %rest
body:
  %source = getelementptr i8, ptr %from, i64 %i
  %place = getelementptr i8, ptr %to, i64 %i
  %value = load <64 x i8>, ptr %source, align 1
  store <64 x i8> %value, ptr %place, align 1
  %i.next = add i64 %i, 64
  br label %head
rest:
  %j = phi i64 [ %whole, %head ], [ %j.next, %single ]
  %some = icmp slt i64 %j, %bytes
  br i1 %some, label %single, label %end
single:
  %j.source = getelementptr i8, ptr %from, i64 %j
  %j.place = getelementptr i8, ptr %to, i64 %j
  %j.value = load i8, ptr %j.source
  store i8 %j.value, ptr %j.place
  %j.next = add i64 %j, 1
  br label %rest
end:
  ret void
}
"""

_SEARCH = """
declare <LANES x KIND> @llvm.umax.vLANESKIND(<LANES x KIND>, <LANES x KIND>)
declare KIND @llvm.umax.KIND(KIND, KIND)
declare KIND @llvm.vector.reduce.umax.vLANESKIND(<LANES x KIND>)
define internal i64 @look.KIND(ptr %from, i64 %bytes) nounwind {
entry:
  %count = udiv i64 %bytes, SIZE
  %whole = and i64 %count, -LANES
  br label %head
head:
  %i = phi i64 [ 0, %entry ], [ %i.next, %body ]
  %most = phi <LANES x KIND> [ zeroinitializer, %entry ], [ %most.next, %body ]
  %more = icmp slt i64 %i, %whole
  br i1 %more, label %body, label %folded
body:
  %place = getelementptr KIND, ptr %from, i64 %i
  %value = load <LANES x KIND>, ptr %place, align SIZE
  %exponents = and <LANES x KIND> %value, <SPREAD>
  %most.next = call <LANES x KIND> @llvm.umax.vLANESKIND(<LANES x KIND> %most,
                                                         <LANES x KIND> %exponents)
  %i.next = add i64 %i, LANES
  br label %head
folded:
  %first = call KIND @llvm.vector.reduce.umax.vLANESKIND(<LANES x KIND> %most)
  br label %rest
rest:
  %j = phi i64 [ %whole, %folded ], [ %j.next, %single ]
  %top = phi KIND [ %first, %folded ], [ %top.next, %single ]
  %some = icmp slt i64 %j, %count
  br i1 %some, label %single, label %end
single:
  %j.place = getelementptr KIND, ptr %from, i64 %j
  %j.value = load KIND, ptr %j.place, align SIZE
  %exponent = and KIND %j.value, MASK
  %top.next = call KIND @llvm.umax.KIND(KIND %top, KIND %exponent)
  %j.next = add i64 %j, 1
  br label %rest
end:
  %wrong = icmp eq KIND %top, MASK
  %number = zext i1 %wrong to i64
  ret i64 %number
}
"""


def _search(kind: str) -> str:
    lanes, mask = _LANES[kind], str(_EXPONENT[kind])
    text = _SEARCH.replace("SPREAD", ", ".join([f"{kind} {mask}"] * lanes))
    text = text.replace("LANES", str(lanes)).replace("MASK", mask)
    return text.replace("SIZE", str(int(kind[1:]) // 8)).replace("KIND", kind)


TEXT = "".join([_LOOK, _COPY, *map(_search, _LANES)])


class Look:
    """A native call on the same arrays every time.

    Parameters
    ----------
    address : int
        Of the function in machine code.
    arrays, copies : sequence of ndarray
        C-contiguous; each array is copied to the one of the same place, if there are copies.
    looked : int, default 0
        So many of the first arrays are searched for NaN and infinity.
    """

    def __init__(
        self, address: int, arrays: Sequence[Array], copies: Sequence[Array], looked: int = 0
    ) -> None:
        kinds = [KINDS[x.dtype.name] if i < looked else COPY for i, x in enumerate(arrays)]
        places = [address_of(x) for x in copies] or [0] * len(arrays)
        records = [
            (kind, address_of(x), place, x.nbytes)
            for kind, x, place in zip(kinds, arrays, places, strict=True)
        ]
        self._records = np.array(records, np.int64).reshape(-1, 4)
        self._alive = arrays, copies
        self._function = _FUNCTION(address)
        self._told = self._records.ctypes.data, len(records)

    def __call__(self) -> bool:
        """Copy and search; whether all numbers searched are finite."""
        return not self._function(*self._told)
