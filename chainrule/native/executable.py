"""Executable: machine code of a plan, and the tables of addresses with which it runs.

Imports the plan, whole_plan, feeds and threads; not LLVM. The engine makes executables; compiled
functions and the training program run them.
"""

import ctypes
import weakref
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from chainrule.native.arrays import Array, address_of, aligned, check
from chainrule.native.feeding import REPEAT
from chainrule.native.feeds import Copied, Feed, Rounds
from chainrule.native.kernel_calls import RUN
from chainrule.native.kinds import record
from chainrule.native.runtime import Runtime
from chainrule.native.threads import Pool
from chainrule.native.whole_plan import Places, Program
from chainrule.plan.numpy_memory import Memory
from chainrule.plan.plan import Plan
from chainrule.spec import Spec

_POINTER, _INTEGER = ctypes.c_void_p, ctypes.c_int64
_RUN = ctypes.CFUNCTYPE(_INTEGER, _POINTER, _INTEGER)
_REPEAT = ctypes.CFUNCTYPE(
    _INTEGER, _POINTER, _INTEGER, _POINTER, _INTEGER, _POINTER, _INTEGER, _INTEGER
)
_CALLBACK = ctypes.CFUNCTYPE(None, _INTEGER)


class Executable:
    """Machine code of a plan. It holds no data, and may be used by several threads at once.

    Attributes
    ----------
    plan : Plan
    address : int
        Where the calls of its kernels stand; plans of the same content share them.
    spreads : bool
        Whether a kernel is large enough for several threads.
    """

    def __init__(self, plan: Plan, program: Program, runtime: Runtime, pool: Pool) -> None:
        self.plan, self.program = plan, program
        self.address: int = program.calls.ctypes.data
        self.function = _RUN(runtime.addresses[RUN])
        self.repeat = _REPEAT(runtime.addresses[REPEAT])
        self.spreads = program.spreads
        self.threads: Callable[[], int] = pool.threads if self.spreads else _one
        self.places = program.places
        self.inputs = self._places("input", len(plan.inputs))
        self.outputs = self._places("output", len(plan.outputs))
        self.loop = runtime.loop() if program.inner else 0
        self.inner = {
            number: (word, Executable(plan.kernels[number].runs, each, runtime, pool))
            for number, (word, each) in program.inner.items()
        }
        self._alive = program, runtime

    def _places(self, place: str, count: int) -> list[Places]:
        return [self.places.get((place, number), []) for number in range(count)]

    def ready(self) -> None:
        """Wait until the machine code is there."""
        self.program.ready()

    def run_object(self) -> "Runner":
        """An arena and a table of pointers: what one thread needs to run the plan."""
        return Runner(self)


class Runner:
    """A plan with the memory it works in, and the arrays it is bound to.

    To be used by one thread at a time. Bound arrays are kept alive.
    """

    def __init__(self, executable: Executable) -> None:
        plan = executable.plan
        self.plan, self._executable = plan, executable
        self._table = (ctypes.c_uint64 * len(executable.program.words))()
        self._arena, self._status = aligned(plan.arena_bytes), np.zeros(4, np.int64)
        self._bound: dict[int, Array] = {}  # inputs by their numbers, outputs by -1, -2, ...
        self._staging: dict[int, Array] = {}
        self._seen: dict[int, tuple[int, Array]] = {}  # what Python was shown, and where it lay
        self._error: BaseException | None = None
        self._told: tuple[Any, ...] = ()  # what the native loop was told last
        self._kept: tuple[Any, ...] = ()  # the arrays it was told of
        self._rounds = Rounds(0, 0)
        self._function: Callable[[int, int], int] = executable.function
        if not executable.program.is_ready:
            self._function = _first(weakref.ref(self))
        self._threads = executable.threads
        self._address = ctypes.addressof(self._table)
        self._fill(executable)
        self._constants = [np.ascontiguousarray(each) for each in plan.constants]
        for i, constant in enumerate(self._constants):
            self._point(executable.places.get(("constant", i), []), constant)
        self._inner = {
            number: self._begin(number, word, each.run_object())
            for number, (word, each) in executable.inner.items()
        }

    def _begin(self, number: int, word: int, inner: "Runner") -> tuple["Runner", Array]:
        """Let a kernel run the steps of its plan; what they are told of is kept alive."""
        kernel, function = self.plan.forms[number].kernel, self._executable.loop
        told = record(kernel, inner.places, inner.address, function)
        self._table[word] = told.ctypes.data
        return inner, told

    @property
    def address(self) -> int:
        """Of its table."""
        return self._address

    @property
    def places(self) -> Mapping[tuple[str, int], Places]:
        """Where in its table the addresses of inputs and outputs stand."""
        return self._executable.places

    def _fill(self, executable: Executable) -> None:
        """Everything in the table but the arrays that will be bound."""
        callback = 0
        if any(kernel.by_python for kernel in self.plan.kernels):
            self._callback = _CALLBACK(_caller(weakref.ref(self)))
            callback = ctypes.cast(self._callback, _POINTER).value or 0
        arena, status = self._arena.ctypes.data, self._status.ctypes.data
        bases = np.array([0, arena, status, callback, executable.address], np.int64)
        program = executable.program
        self._words = np.frombuffer(memoryview(self._table), np.int64)
        self._words[:] = program.words + bases[program.kinds]

    def __call__(self, inputs: Sequence[Array] = (), outputs: Sequence[Array] = ()) -> None:
        """Run the plan; arrays that are given are bound first.

        Raises
        ------
        IndexRangeError
            If an index or label lies outside its axis.
        """
        for i, array in enumerate(inputs):
            self.bind_input(i, array)
        for i, array in enumerate(outputs):
            self.bind_output(i, array)
        if self._function(self._address, self._threads()):
            raise self.failure()

    def ready(self) -> None:
        """Wait until the machine code is there."""
        self._executable.ready()
        self._function = self._executable.function

    def run_first(self, address: int, threads: int) -> int:
        """A run of code that may still be on its way."""
        self.ready()
        return self._function(address, threads)

    def bind_input(self, number: int, array: Array) -> None:
        """Let an input be read from this array, from now on."""
        check("input", number, array, self.plan.inputs[number])
        self._bound[number] = array
        self._point(self._executable.inputs[number], array)

    def bind_output(self, number: int, array: Array) -> None:
        """Let an output be written to this array; one that updates an input needs none."""
        if number not in self.plan.updates:
            check("output", number, array, self.plan.outputs[number])
            self._bound[~number] = array
            self._point(self._executable.outputs[number], array)

    def bindings(self, numbers: Sequence[tuple[str, int]]) -> list[tuple[int, int]]:
        """What inputs and outputs are bound to just now, for ``rebind``."""
        places = self._executable.places
        return [(word, self._table[word]) for each in numbers for word, _ in places.get(each, [])]

    def rebind(self, bindings: Sequence[tuple[int, int]]) -> None:
        """Bind the same arrays once more; whoever asks for it keeps them alive."""
        table = self._table
        for word, address in bindings:
            table[word] = address

    def repeat(
        self,
        count: int,
        feeds: Sequence[Feed],
        order: Array | None = None,
        first: int = 0,
        copied: Sequence[Copied] = (),
    ) -> int:
        """Run rounds first, first + 1, ..., first + count - 1 in one native call.

        Parameters
        ----------
        feeds : sequence of Feed
            What changes from round to round; everything else stays as it is bound.
        order : ndarray of int64, optional
            Round k takes the rows order[k * rows : (k + 1) * rows] of feeds made by Feed.rows.
        copied : sequence of Copied, default ()
            What is copied before one of the rounds.

        Returns
        -------
        int
            How many rounds were completed. Where that is less than count, ``failure()`` says why.
        """
        rounds = Rounds(first, count, order)
        found = [record for feed in feeds for record in self._records(feed, rounds)]
        records = np.array([*(each.record() for each in copied), *found], np.int64)
        places = None if order is None else order.ctypes.data
        self._told = count, records.ctypes.data, len(records), places, first
        self._kept, self._rounds = (feeds, records, copied), rounds
        return self.again()

    def again(self, order: Array | None = None) -> int:
        """The rounds of the last ``repeat`` once more, on the same arrays; in another order."""
        if order is not None:
            self._rounds = self._rounds.reordered(order)
            count, records, length, _, first = self._told
            self._told = count, records, length, order.ctypes.data, first
        executable = self._executable
        self.ready()
        self._status[0] = 0  # where nobody asked why the last one ended
        return executable.repeat(self._address, *self._told, self._threads())

    def failure(self) -> BaseException:
        """Why the last run ended early; after this the next one can begin."""
        number, place, value = map(int, self._status[:3])
        self._status[:] = 0
        error, self._error = self._error, None
        if number - 1 in self._inner:
            return self._inner[number - 1][0].failure()
        error = error or self.plan.kernels[number - 1].failure(place, value)
        return error or AssertionError(f"kernel {number - 1} leaves no status")

    def _point(self, places: Places, array: Array) -> None:
        """Let these words of the table lead to an array."""
        address, table = address_of(array), self._table
        if isinstance(places, list):
            for word, shift in places:
                table[word] = address + shift
        else:
            self._words[places[:, 0]] = places[:, 1] + address

    def _records(self, feed: Feed, rounds: Rounds) -> list[tuple[int, ...]]:
        """What the native loop is told of a feed; the array is kept alive."""
        reads, number = feed.place == "input", feed.number
        executable, plan = self._executable, self.plan
        places = (executable.inputs if reads else executable.outputs)[number]
        spec = (plan.inputs if reads else plan.outputs)[number]
        self._bound[number if reads else ~number] = feed.array
        return rounds.records(feed, places, spec, self._staged)

    def _staged(self, number: int, spec: Spec) -> int:
        """Where the rows of a batch of an input are put side by side."""
        if number not in self._staging:
            self._staging[number] = aligned(spec.nbytes)
        return self._staging[number].ctypes.data

    def run_opaque(self, number: int) -> None:
        """Called back by machine code: no exception may leave this function."""
        try:
            self.plan.kernels[number].run(Memory(self._array))
        except BaseException as error:  # Ctrl-C too: it is raised again outside
            self._error = error
            self._status[0] = number + 1

    def _array(self, buffer: int) -> Array:
        """A buffer as it stands at this moment, without a copy."""
        b = self.plan.buffers[buffer]
        if b.place == "arena":
            address = self._arena.ctypes.data + b.number
        else:
            word, shift = self._executable.places[b.place, b.number][0]
            address = self._table[word] - shift
        where, array = self._seen.get(buffer, (0, None))
        if array is None or where != address:
            memory = memoryview((ctypes.c_char * b.nbytes).from_address(address))
            array = np.frombuffer(memory, b.dtype) if b.nbytes else np.empty(0, b.dtype)
            self._seen[buffer] = address, array
        return array


def _one() -> int:
    """Threads of a plan without a large kernel."""
    return 1


def _first(run: "weakref.ref[Runner]") -> Callable[[int, int], int]:
    """The first run of code that is still being compiled."""

    def call(address: int, threads: int) -> int:
        found = run()
        assert found is not None, "a run that is running is there"
        return found.run_first(address, threads)

    return call


def _caller(run: "weakref.ref[Runner]") -> Callable[[int], None]:
    """What machine code calls: a callback that held the run would keep it alive for ever."""

    def call(number: int) -> None:
        found = run()
        if found is not None:
            found.run_opaque(number)

    return call
