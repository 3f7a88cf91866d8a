"""Spreading: the native half of the threads: a kernel's units, claimed by all who are there.

Imports nothing of chainrule. The engine compiles the text; threads.py sends workers into it.

One kernel is spread at a time. ``@ticket`` holds its number (upper half) and the next unit (lower
half), so that a worker who read an older job can never claim a unit of this one: the exchange
fails. Whoever is there claims units one by one, the caller too: a worker who comes late, or not at
all, costs nothing. In the end the caller waits for the units that are in flight.
"""

import platform
import sys

SPREAD, WORKER = "chainrule_spread", "chainrule_worker"
PREPARE, DISMISS = "chainrule_prepare", "chainrule_dismiss"
FUNCTIONS = (SPREAD, WORKER, PREPARE, DISMISS)

# A worker without work looks for some this long, then sleeps. To wake one takes longer than a
# kernel of a small net: who sleeps between two of them comes too late for each, and costs a call.
SPIN_NS = 1_000_000
STALL_NS = 150_000  # the caller's patience for a unit in flight, beyond twice what a unit takes
LOST_NS = 1_000_000  # the caller lost its own core for so long, beyond three times its work
NAP_US = 40  # how long it then sleeps: the system may move the worker to this core meanwhile
CREDIT_NS = 20_000_000  # at most so much of what threads have won pays for such stalls
OFF_NS = 50_000_000  # no threads for so long when it is used up: somebody else needs a core
LONGEST_OFF_NS = 400_000_000  # doubled up to here, while they do not stay on for as long

_ALONE = """
define void @chainrule_spread(ptr %kernel, ptr %table, i64 %units, i64 %threads) nounwind {
  call void %kernel(ptr %table, i64 0, i64 %units)
  ret void
}
define void @chainrule_worker(i64 %index) nounwind { ret void }
define void @chainrule_prepare() nounwind { ret void }
define void @chainrule_dismiss(i64 %leave) nounwind { ret void }
"""

# Each on its own pair of cache lines: they are written by different cores.
_STATE = """
@ticket = internal global i64 4294967295, align 128
@finished = internal global i64 0, align 128
@job = internal global [4 x i64] zeroinitializer, align 128
@taken = internal global i64 0, align 128
@sleepers = internal global i64 0, align 128
@leave = internal global i64 0, align 128
@off = internal global [2 x i64] zeroinitializer, align 128
@credit = internal global i64 0, align 128
@mutex = internal global [128 x i8] zeroinitializer, align 128
@condition = internal global [128 x i8] zeroinitializer, align 128
declare i32 @pthread_mutex_init(ptr, ptr)
declare i32 @pthread_mutex_lock(ptr)
declare i32 @pthread_mutex_unlock(ptr)
declare i32 @pthread_cond_init(ptr, ptr)
declare i32 @pthread_cond_wait(ptr, ptr)
declare i32 @pthread_cond_broadcast(ptr)
declare i32 @clock_gettime(i32, ptr)
declare i32 @usleep(i32)

define internal i64 @now() nounwind {
  %time = alloca [2 x i64]
  %ok = call i32 @clock_gettime(i32 CLOCK, ptr %time)
  %seconds = load i64, ptr %time
  %rest.at = getelementptr i64, ptr %time, i64 1
  %rest = load i64, ptr %rest.at
  %whole = mul i64 %seconds, 1000000000
  %all = add i64 %whole, %rest
  ret i64 %all
}

; Wait a moment: about 32 pauses of the core.
define internal void @breathe() nounwind {
entry:
  br label %again
again:
  %i = phi i64 [ 0, %entry ], [ %next, %again ]
  PAUSE
  %next = add i64 %i, 1
  %more = icmp ult i64 %next, 32
  br i1 %more, label %again, label %end
end:
  ret void
}

; At the start, and in the child of a fork, where nobody else is left.
define void @chainrule_prepare() nounwind {
  %m = call i32 @pthread_mutex_init(ptr @mutex, ptr null)
  %c = call i32 @pthread_cond_init(ptr @condition, ptr null)
  store i64 4294967295, ptr @ticket
  store i64 0, ptr @taken
  store i64 0, ptr @sleepers
  store i64 0, ptr @leave
  store i64 0, ptr @off
  store i64 0, ptr @credit
  ret void
}

; Tell the workers to leave (1), or that those who come may stay (0).
define void @chainrule_dismiss(i64 %leave) nounwind {
  store atomic i64 %leave, ptr @leave seq_cst, align 8
  call void @wake()
  ret void
}

define internal void @wake() nounwind {
  %l = call i32 @pthread_mutex_lock(ptr @mutex)
  %b = call i32 @pthread_cond_broadcast(ptr @condition)
  %u = call i32 @pthread_mutex_unlock(ptr @mutex)
  ret void
}
"""

# Claim a unit and run it. Returns 1, or 0 where there is none for this one (0 is the caller).
_CLAIM = """
define internal i1 @claim(i64 %index) nounwind {
entry:
  br label %look
look:
  %now = load atomic i64, ptr @ticket acquire, align 128
  %unit = and i64 %now, 4294967295
  %kernel = load atomic ptr, ptr @job monotonic, align 128
  %table.at = getelementptr i64, ptr @job, i64 1
  %table = load atomic ptr, ptr %table.at monotonic, align 8
  %units.at = getelementptr i64, ptr @job, i64 2
  %units = load atomic i64, ptr %units.at monotonic, align 8
  %wanted.at = getelementptr i64, ptr @job, i64 3
  %wanted = load atomic i64, ptr %wanted.at monotonic, align 8
  %left = icmp ult i64 %unit, %units
  %welcome = icmp ult i64 %index, %wanted
  %may = and i1 %left, %welcome
  br i1 %may, label %try, label %none
try:
  %after = add i64 %now, 1
  %pair = cmpxchg ptr @ticket, i64 %now, i64 %after acq_rel monotonic, align 128
  %mine = extractvalue { i64, i1 } %pair, 1
  br i1 %mine, label %run, label %look
run:
  %end = add i64 %unit, 1
  call void %kernel(ptr %table, i64 %unit, i64 %end)
  %before = atomicrmw add ptr @finished, i64 1 release, align 128
  ret i1 true
none:
  ret i1 false
}
"""

_WORKER = """
define void @chainrule_worker(i64 %index) nounwind {
entry:
  br label %search
search:
  %began = call i64 @now()
  br label %look
look:
  %leave = load atomic i64, ptr @leave acquire, align 128
  %leaves = icmp ne i64 %leave, 0
  br i1 %leaves, label %end, label %stay
stay:
  %seen = load atomic i64, ptr @ticket acquire, align 128
  %ran = call i1 @claim(i64 %index)
  br i1 %ran, label %search, label %idle
idle:
  call void @breathe()
  %now = call i64 @now()
  %waited = sub i64 %now, %began
  %tired = icmp sgt i64 %waited, SPIN_NS
  br i1 %tired, label %lie.down, label %look
lie.down:
  %l = call i32 @pthread_mutex_lock(ptr @mutex)
  %s = atomicrmw add ptr @sleepers, i64 1 seq_cst, align 128
  br label %asleep
asleep:
  ; The caller changes the ticket, then looks for sleepers: one of the two sees the other.
  %ticket = load atomic i64, ptr @ticket seq_cst, align 128
  %same = icmp eq i64 %ticket, %seen
  %told = load atomic i64, ptr @leave seq_cst, align 128
  %quiet = icmp eq i64 %told, 0
  %still = and i1 %same, %quiet
  br i1 %still, label %sleep, label %get.up
sleep:
  %w = call i32 @pthread_cond_wait(ptr @condition, ptr @mutex)
  br label %asleep
get.up:
  %g = atomicrmw sub ptr @sleepers, i64 1 seq_cst, align 128
  %u = call i32 @pthread_mutex_unlock(ptr @mutex)
  br label %search
end:
  ret void
}
"""

_SPREAD = """
define void @chainrule_spread(ptr %kernel, ptr %table, i64 %units, i64 %threads) nounwind {
entry:
  %several = icmp sgt i64 %threads, 1
  br i1 %several, label %clock, label %alone
clock:
  %start = call i64 @now()
  %off = load atomic i64, ptr @off monotonic, align 128
  %on = icmp sge i64 %start, %off
  br i1 %on, label %take, label %alone
take:
  %pair = cmpxchg ptr @taken, i64 0, i64 1 acquire monotonic, align 128
  %free = extractvalue { i64, i1 } %pair, 1
  br i1 %free, label %publish, label %alone
alone:
  call void %kernel(ptr %table, i64 0, i64 %units)
  ret void
publish:
  ; Close the old job under a new number before the job's words change, then open the new one.
  %old = load atomic i64, ptr @ticket monotonic, align 128
  %number = and i64 %old, -4294967296
  %open = add i64 %number, 4294967296
  %closed = or i64 %open, 4294967295
  store atomic i64 %closed, ptr @ticket seq_cst, align 128
  fence seq_cst
  store atomic i64 0, ptr @finished monotonic, align 128
  store atomic ptr %kernel, ptr @job monotonic, align 128
  %table.at = getelementptr i64, ptr @job, i64 1
  store atomic ptr %table, ptr %table.at monotonic, align 8
  %units.at = getelementptr i64, ptr @job, i64 2
  store atomic i64 %units, ptr %units.at monotonic, align 8
  %wanted.at = getelementptr i64, ptr @job, i64 3
  store atomic i64 %threads, ptr %wanted.at monotonic, align 8
  store atomic i64 %open, ptr @ticket seq_cst, align 128
  %sleepers = load atomic i64, ptr @sleepers seq_cst, align 128
  %asleep = icmp ne i64 %sleepers, 0
  br i1 %asleep, label %call, label %work
call:
  call void @wake()
  br label %work
work:
  %own = phi i64 [ 0, %publish ], [ 0, %call ], [ %own.next, %worked ]
  %least = phi i64 [ -1, %publish ], [ -1, %call ], [ %least.next, %worked ]
  %before = phi i64 [ %start, %publish ], [ %start, %call ], [ %after, %worked ]
  %ran = call i1 @claim(i64 0)
  br i1 %ran, label %worked, label %wait
worked:
  %after = call i64 @now()
  %took = sub i64 %after, %before
  %least.next = call i64 @llvm.umin.i64(i64 %least, i64 %took)
  %own.next = add i64 %own, 1
  br label %work
wait:
  ; What a unit takes where nobody interrupts is the shortest time of one.
  %since = call i64 @now()
  %busy = sub i64 %since, %start
  %each = call i64 @llvm.umin.i64(i64 %least, i64 %busy)
  %twice = mul i64 %each, 2
  %limit = add i64 %twice, STALL_NS
  %ideal = mul i64 %each, %own
  %triple = mul i64 %ideal, 3
  %most = add i64 %triple, LOST_NS
  %lost = icmp sgt i64 %busy, %most
  br i1 %lost, label %nap, label %patience
patience:
  %done = load atomic i64, ptr @finished acquire, align 128
  %all = icmp eq i64 %done, %units
  br i1 %all, label %won, label %spin
spin:
  PAUSE
  %spun = load atomic i64, ptr @finished acquire, align 128
  %ready = icmp eq i64 %spun, %units
  br i1 %ready, label %won, label %watch
watch:
  %clock.now = call i64 @now()
  %waited = sub i64 %clock.now, %since
  %stalled = icmp sgt i64 %waited, %limit
  br i1 %stalled, label %look.again, label %spin
look.again:
  ; It may have been the caller that had to wait for its core.
  %late = load atomic i64, ptr @finished acquire, align 128
  %there = icmp eq i64 %late, %units
  br i1 %there, label %won, label %nap
nap:
  %n = call i32 @usleep(i32 NAP_US)
  %slept = load atomic i64, ptr @finished acquire, align 128
  %over = icmp eq i64 %slept, %units
  br i1 %over, label %charge, label %nap
charge:
  ; One unit was in flight anyway; all the rest would have been time to work alone.
  %end = call i64 @now()
  %whole = sub i64 %end, %start
  %fair = add i64 %ideal, %each
  %loss = sub i64 %whole, %fair
  %had = load i64, ptr @credit, align 128
  %left = sub i64 %had, %loss
  %keeps = call i64 @llvm.smax.i64(i64 %left, i64 0)
  store i64 %keeps, ptr @credit, align 128
  %broke = icmp slt i64 %left, 0
  br i1 %broke, label %switch.off, label %free.it
switch.off:
  ; Twice as long as last time, if threads were not on for as long since then.
  %for.at = getelementptr i64, ptr @off, i64 1
  %for = load i64, ptr %for.at
  %ago = sub i64 %start, %off
  %again = icmp slt i64 %ago, %for
  %double = mul i64 %for, 2
  %longer = call i64 @llvm.umin.i64(i64 %double, i64 LONGEST_OFF_NS)
  %rest = select i1 %again, i64 %longer, i64 OFF_NS
  store i64 %rest, ptr %for.at
  %until = add i64 %end, %rest
  store atomic i64 %until, ptr @off monotonic, align 128
  br label %free.it
won:
  %others = sub i64 %units, %own
  %gain = mul i64 %others, %each
  %saved = load i64, ptr @credit, align 128
  %sum = add i64 %saved, %gain
  %held = call i64 @llvm.umin.i64(i64 %sum, i64 CREDIT_NS)
  store i64 %held, ptr @credit, align 128
  br label %free.it
free.it:
  store atomic i64 0, ptr @taken release, align 128
  ret void
}
declare i64 @llvm.umin.i64(i64, i64)
declare i64 @llvm.smax.i64(i64, i64)
"""


_X86 = "call void @llvm.x86.sse2.pause()"
_ARM = "call void @llvm.aarch64.hint(i32 1)"  # yield
_PAUSES = {"x86_64": _X86, "AMD64": _X86, "aarch64": _ARM, "arm64": _ARM}


def text() -> str:
    """The functions above for this system."""
    if sys.platform == "win32":  # no pthreads there
        return _ALONE
    pause = _PAUSES.get(platform.machine(), "fence acquire")
    words = {
        "LONGEST_OFF_NS": LONGEST_OFF_NS,
        "OFF_NS": OFF_NS,
        "SPIN_NS": SPIN_NS,
        "STALL_NS": STALL_NS,
        "LOST_NS": LOST_NS,
        "NAP_US": NAP_US,
        "CREDIT_NS": CREDIT_NS,
        "CLOCK": 6 if sys.platform == "darwin" else 1,  # CLOCK_MONOTONIC
        "PAUSE": pause,
    }
    found = _STATE + _CLAIM + _WORKER + _SPREAD
    for word, value in words.items():
        found = found.replace(word, str(value))
    return found
