"""Engine: kernels become machine code, once; the only file that imports LLVM.

Imports whole_plan, loaded_code, cache, threads and executable. Compiled functions and the training
program call ``compile_plan``. LLVM is loaded when the first plan is compiled.
"""

import contextlib
import functools
import os
import threading
import weakref
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import inf
from pathlib import Path
from types import MappingProxyType
from typing import Any

from chainrule.native import looking
from chainrule.native.arrays import Array
from chainrule.native.cache import Cache, Entry, digest
from chainrule.native.code_files import written
from chainrule.native.executable import Executable
from chainrule.native.host import detect, used
from chainrule.native.ir import Module
from chainrule.native.letters import resolve
from chainrule.native.linking import in_process, is_laid, laid, linked
from chainrule.native.loaded_code import LOCK as _LOCK
from chainrule.native.loaded_code import Code
from chainrule.native.runtime import Parts
from chainrule.native.target import Target
from chainrule.native.threads import Pool
from chainrule.native.tiers import SPEED, TIERS, Ledger, Tier
from chainrule.native.whole_plan import Program, assemble, plan_content, program
from chainrule.plan.alike import Form
from chainrule.plan.kernel import Kernel
from chainrule.plan.plan import Plan

LIBRARIES = 32  # in one linker, which keeps 10 KB of each unloaded one until it goes itself
_KNOWING = threading.RLock()  # around what is known of plans; to be taken before the other one


def _before_fork() -> None:
    """A child would have a lock that nobody opens again: a fork waits for both."""
    _KNOWING.acquire()
    _LOCK.acquire()


def _after_fork() -> None:
    _LOCK.release()
    _KNOWING.release()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(
        before=_before_fork, after_in_parent=_after_fork, after_in_child=_after_fork
    )


def compile_plan(
    plan: Plan, speed: int = SPEED, *, beside: bool = False, runs: float = inf
) -> Executable:
    """The plan as machine code; kernels that are alike share it, in this plan and in others.

    Parameters
    ----------
    speed : int, default 2
        LLVM's level. 0 takes a third of the time to compile: for code that is run once, in tests.
    beside : bool, default False
        Let LLVM work in another thread, while the next plan is recorded. The first run waits.
    runs : float, default inf
        How often it will be run, where that is known. A kernel whose work takes less time than
        LLVM takes for fast code becomes short code, with the same bits: see tiers.py.
    """
    with _KNOWING:
        engine = _started()
        program, loops = engine.program(plan, speed, beside, runs)
        executable = Executable(plan, program, engine.parts.runtime(loops), engine.pool)
    if not beside:
        executable.ready()
    return executable


def load() -> tuple[Any, str]:
    """LLVM, and its version.

    It takes as long to import as NumPy, and many a process never compiles anything.
    """
    import llvmlite  # noqa: PLC0415
    from llvmlite import binding  # noqa: PLC0415

    llvm: Any = binding
    return llvm, f"{llvmlite.__version__} {llvm.llvm_version_info}"


def look_over(
    arrays: Sequence[Array], copies: Sequence[Array] = (), looked: int = 0
) -> looking.Look:
    """A native call that copies arrays and searches the first ones for NaN; see Look."""
    with _KNOWING:
        return looking.Look(_started().parts.look(), arrays, copies, looked)


def target() -> Target:
    """The CPU that this process runs on."""
    with _KNOWING:
        return _started().target


def cache_state() -> Cache:
    """Where compiled kernels are kept on disk, how often that helped, and why not, if not."""
    with _KNOWING:
        return _started().cache


@dataclass(frozen=True)
class _Asked:
    """The keys of a plan's kernels, by those of their forms, and what its calls depend on."""

    keys: Mapping[str, bytes]
    content: str


class _Engine:
    """LLVM, made ready for this CPU."""

    def __init__(self) -> None:
        self._llvm, versions = load()
        self._triple: str = self._llvm.get_process_triple()
        cpu: str = self._llvm.get_host_cpu_name()
        found = used(self._llvm.get_host_cpu_features())
        features = ",".join(f"{'+' if has else '-'}{name}" for name, has in sorted(found.items()))
        self.target = detect(self._triple.split("-")[0], {name for name in found if found[name]})
        self._cpu = {"cpu": cpu, "features": features}
        self._machines: dict[int, Any] = {}
        self._linker: Any = None
        self._libraries = 0
        self._unused: deque[Any] = deque()
        self._ledger = Ledger()
        self._codes: weakref.WeakValueDictionary[str, Code] = weakref.WeakValueDictionary()
        self._programs: weakref.WeakValueDictionary[str, Program] = weakref.WeakValueDictionary()
        self._plans = weakref.WeakKeyDictionary[Plan, dict[int, _Asked]]()
        sources = written(str(Path(__file__).parent))
        self.cache = Cache("" if sources else "it is not known what the compiler's source was")
        self._maker = digest(versions, self._triple, cpu, features, repr(self.target), sources)
        self.parts = Parts(self._made)
        self.pool = Pool(self.parts.base)

    def program(self, plan: Plan, speed: int, beside: bool, runs: float) -> tuple[Program, int]:
        """The calls of a plan's kernels, each of which is in memory, on disk, or made now.

        And how much time LLVM is to take for the loop over them.
        """
        asked = self._asked(plan, speed)
        plans = {
            number: self.program(kernel.runs, speed, beside, runs * kernel.times)[0]
            for number, kernel in enumerate(plan.kernels)
            if kernel.runs is not None
        }
        content = f"{[*map(id, plans.values())]} {asked.content}"
        keys = [asked.keys[form.key] for form in plan.forms]
        found = self._programs.get(content)
        if found is not None and found.is_as_good_as([0] * len(keys)):
            return found, SPEED  # whatever is wanted
        wanted = self._ledger.tiers(plan, asked.keys, runs)
        if found is None or not found.is_as_good_as([wanted[key] for key in keys]):
            forms = dict(zip(keys, plan.forms, strict=True))
            codes = self._kernels(forms, wanted, speed, beside)
            made = [codes[key] for key in keys]
            found = self._programs[content] = program(plan, made, plans)
        return found, SPEED if 0 in wanted.values() else 0

    def _asked(self, plan: Plan, speed: int) -> "_Asked":
        """What is asked of a plan at each of its fits, found out once."""
        at = self._plans.setdefault(plan, {})
        if speed not in at:
            keys = {form.key: digest(self._maker, f"{speed} {form.key}") for form in plan.forms}
            at[speed] = _Asked(keys, f"{speed} {plan_content(plan)}")
        return at[speed]

    def _kernels(
        self, forms: Mapping[bytes, Form], wanted: Mapping[bytes, int], speed: int, beside: bool
    ) -> dict[bytes, tuple[str, Code]]:
        """The function of each kernel. Those of a tier that are new are compiled together."""
        found, new = dict[bytes, tuple[str, Code]](), dict[Tier, dict[bytes, bytes]]()
        for key in forms:
            for tier in TIERS[: 1 + wanted[key]]:  # better code that is there serves, too
                own = digest(key, repr(tier))
                code = self._codes.get(_named(own)) or self._kept(own, TIERS.index(tier))
                if code is not None:
                    found[key] = _named(own), code
                    break
            else:
                new.setdefault(TIERS[wanted[key]], {})[key] = digest(key, repr(TIERS[wanted[key]]))
        for tier, keys in new.items():
            kernels = {own: forms[key].kernel for key, own in keys.items()}
            code = self._compiled(kernels, tier, speed)
            found |= {key: (_named(own), code) for key, own in keys.items()}
            if beside:
                code.finish_beside()
        return found

    def _kept(self, key: bytes, tier: int) -> Code | None:
        """The code on disk with a kernel in it, and what was compiled together with it."""
        entry = self.cache.get(key)
        if entry is None or _named(key) not in dict(entry.functions):
            return None
        functions = dict(entry.functions)
        code = Code(lambda: self._load(entry, [*functions]), self._unused, functions, tier)
        with contextlib.suppress(RuntimeError):  # LLVM refuses it: compile it anew
            code.finish()
            return self._known(code)
        return None

    def _compiled(self, kernels: Mapping[bytes, Kernel], tier: Tier, speed: int) -> Code:
        """Kernels that are neither in memory nor on disk, as one library; LLVM has yet to work."""
        named = {_named(key): kernel for key, kernel in kernels.items()}
        module, units = assemble(named, replace(self.target, brief=tier.brief))
        speed = min(speed, tier.speed)

        def make() -> tuple[Mapping[str, int], Any]:
            image = self._object(str(module), speed)
            entry = Entry(image, _imports(module), tuple(units.items()))
            loaded = self._load(entry, [*units])
            first, *more = kernels
            self.cache.put(first, replace(entry, image=laid(image)), *more)
            return loaded

        return self._known(Code(make, self._unused, units, TIERS.index(tier)))

    def _known(self, code: Code) -> Code:
        """Code whose kernels other plans will find."""
        self._codes.update(dict.fromkeys(code.units, code))
        return code

    def _made(
        self,
        content: str,
        exports: Sequence[str],
        module: Module,
        known: Mapping[str, int],
        speed: int,
    ) -> tuple[Mapping[str, int], Any]:
        """Functions by which plans run, from the disk or from their text."""
        key = digest(self._maker, content)
        with _LOCK:
            kept = self.cache.get(key)
            if kept is not None:
                with contextlib.suppress(RuntimeError):  # LLVM refuses it: compile it anew
                    return self._load(kept, exports, known)
            entry = Entry(self._object(str(module), speed), _imports(module))
            loaded = self._load(entry, exports, known)
            self.cache.put(key, replace(entry, image=laid(entry.image)))
            return loaded

    def _make_llvm_ready(self) -> None:
        """For this CPU; who finds all code on the disk does not wait for it."""
        self._llvm.initialize_native_target()
        self._llvm.initialize_native_asmprinter()

    def _object(self, text: str, speed: int) -> bytes:
        """LLVM's text as an object file."""
        self._make_llvm_ready()
        module = self._llvm.parse_assembly(text)
        module.triple = self._triple
        return self._machine(speed).emit_object(module)

    def _machine(self, speed: int) -> Any:
        """LLVM's writer of machine code, made for this CPU.

        Code of the small model: constants are read relative to the instruction. The linker lays
        a library in one piece, and reaches far functions through a table.
        """
        if speed not in self._machines:
            target = self._llvm.Target.from_triple(self._triple)
            self._machines[speed] = target.create_target_machine(
                **self._cpu, opt=speed, reloc="pic", codemodel="small", jit=True
            )
        return self._machines[speed]

    def _load(
        self,
        entry: Entry,
        exports: Sequence[str],
        known: Mapping[str, int] = MappingProxyType({}),
    ) -> tuple[Mapping[str, int], Any]:
        """Code into memory, linked with what it calls: its functions, and a library.

        Raises
        ------
        RuntimeError
            Where neither this module nor LLVM can: what was kept has to be compiled anew.
        """
        found = linked(
            entry.image, exports, lambda name: known.get(name) or resolve(name) or in_process(name)
        )
        if found is None and is_laid(entry.image):
            raise RuntimeError("the system has no place for these pages")
        return self._linked_by_llvm(entry, exports, known) if found is None else found

    def _linked_by_llvm(
        self, entry: Entry, exports: Sequence[str], known: Mapping[str, int]
    ) -> tuple[Mapping[str, int], Any]:
        """The same where the file is not a plain one, or this machine is of another kind."""
        self._make_llvm_ready()
        builder = self._llvm.JITLibraryBuilder().add_object_img(entry.image)
        builder.add_current_process()  # for functions of libc: malloc
        for name in entry.imports:
            address = known.get(name) or resolve(name)
            if address is not None:
                builder.import_symbol(name, address)
        for name in exports:
            builder.export_symbol(name)
        if self._libraries % LIBRARIES == 0:
            self._linker = self._llvm.create_lljit_compiler(
                use_jit_link=True, suppress_errors=True
            )  # the last one stays as long as one of its libraries does
        self._libraries += 1
        tracker = builder.link(self._linker, f"chainrule{self._libraries}")
        return {name: tracker[name] for name in exports}, tracker


def _imports(module: Module) -> tuple[str, ...]:
    return tuple(name for name in module.declarations if not name.startswith("llvm."))


def _named(key: bytes) -> str:
    """What the function of a kernel is called."""
    return f"kernel_{key.hex()}"


@functools.cache
def _started() -> _Engine:
    return _Engine()
