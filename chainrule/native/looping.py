"""Looping: the native loop over the steps of a plan that is run again and again inside another.

Imports nothing of chainrule. The engine compiles the text once; kinds/whole_loop.py fills records.

A loop is a record of int64: the address of chainrule_loop, the table of the inner run, the number
of steps, then how many copies, how many words that are set once, how many at every step, and how
many at the last one; then these. A copy: the slot and the bytes behind it that are read, the slot
and the bytes behind it that are written, and how many. A word: the slot that leads to it and the
bytes behind that, the bytes from step to step, and its number in the table of the inner run.
"""

LOOP = "chainrule_loop"
FUNCTIONS = (LOOP,)

# void chainrule_loop(table, loop, threads): the table is that of the kernel, see frame.py.
TEXT = """
declare void @llvm.memcpy.p0.p0.i64(ptr, ptr, i64, i1)
define internal ptr @loop.copy(ptr %table, ptr %records, i64 %count) nounwind {
entry:
  br label %head
head:
  %n = phi i64 [ 0, %entry ], [ %n.next, %copy ]
  %record = phi ptr [ %records, %entry ], [ %next, %copy ]
  %more = icmp slt i64 %n, %count
  br i1 %more, label %copy, label %end
copy:
  %slot = load i64, ptr %record
  %shift.at = getelementptr i64, ptr %record, i64 1
  %shift = load i64, ptr %shift.at
  %to.slot.at = getelementptr i64, ptr %record, i64 2
  %to.slot = load i64, ptr %to.slot.at
  %to.shift.at = getelementptr i64, ptr %record, i64 3
  %to.shift = load i64, ptr %to.shift.at
  %bytes.at = getelementptr i64, ptr %record, i64 4
  %bytes = load i64, ptr %bytes.at
  %from.at = getelementptr ptr, ptr %table, i64 %slot
  %from.base = load ptr, ptr %from.at
  %from = getelementptr i8, ptr %from.base, i64 %shift
  %to.at = getelementptr ptr, ptr %table, i64 %to.slot
  %to.base = load ptr, ptr %to.at
  %to = getelementptr i8, ptr %to.base, i64 %to.shift
  call void @llvm.memcpy.p0.p0.i64(ptr %to, ptr %from, i64 %bytes, i1 false)
  %n.next = add i64 %n, 1
  %next = getelementptr i64, ptr %record, i64 5
  br label %head
end:
  ret ptr %record
}
define internal ptr @loop.set(ptr %table, ptr %inner, ptr %records, i64 %count, i64 %t) nounwind {
entry:
  br label %head
head:
  %n = phi i64 [ 0, %entry ], [ %n.next, %set ]
  %record = phi ptr [ %records, %entry ], [ %next, %set ]
  %more = icmp slt i64 %n, %count
  br i1 %more, label %set, label %end
set:
  %slot = load i64, ptr %record
  %shift.at = getelementptr i64, ptr %record, i64 1
  %shift = load i64, ptr %shift.at
  %step.at = getelementptr i64, ptr %record, i64 2
  %step = load i64, ptr %step.at
  %word.at = getelementptr i64, ptr %record, i64 3
  %word = load i64, ptr %word.at
  %base.at = getelementptr ptr, ptr %table, i64 %slot
  %base = load ptr, ptr %base.at
  %far = mul i64 %t, %step
  %place = add i64 %shift, %far
  %address = getelementptr i8, ptr %base, i64 %place
  %entry.at = getelementptr ptr, ptr %inner, i64 %word
  store ptr %address, ptr %entry.at
  %n.next = add i64 %n, 1
  %next = getelementptr i64, ptr %record, i64 4
  br label %head
end:
  ret ptr %record
}
define void @chainrule_loop(ptr %table, ptr %loop, i64 %threads) nounwind {
entry:
  %inner.at = getelementptr ptr, ptr %loop, i64 1
  %inner = load ptr, ptr %inner.at
  %length.at = getelementptr i64, ptr %loop, i64 2
  %length = load i64, ptr %length.at
  %copies.at = getelementptr i64, ptr %loop, i64 3
  %copies = load i64, ptr %copies.at
  %once.at = getelementptr i64, ptr %loop, i64 4
  %once = load i64, ptr %once.at
  %each.at = getelementptr i64, ptr %loop, i64 5
  %each = load i64, ptr %each.at
  %last.at = getelementptr i64, ptr %loop, i64 6
  %last = load i64, ptr %last.at
  %first = getelementptr i64, ptr %loop, i64 7
  %second = call ptr @loop.copy(ptr %table, ptr %first, i64 %copies)
  %third = call ptr @loop.set(ptr %table, ptr %inner, ptr %second, i64 %once, i64 0)
  ; Where nobody asked why the last run ended, its status still stands there.
  %inner.status.at = getelementptr ptr, ptr %inner, i64 1
  %inner.status = load ptr, ptr %inner.status.at
  store i64 0, ptr %inner.status
  br label %head
head:
  %t = phi i64 [ 0, %entry ], [ %t.next, %run ]
  %more = icmp slt i64 %t, %length
  br i1 %more, label %step, label %end
step:
  %fourth = call ptr @loop.set(ptr %table, ptr %inner, ptr %third, i64 %each, i64 %t)
  %t.next = add i64 %t, 1
  %is.last = icmp eq i64 %t.next, %length
  br i1 %is.last, label %final, label %run
final:
  call ptr @loop.set(ptr %table, ptr %inner, ptr %fourth, i64 %last, i64 0)
  br label %run
run:
  %found = call i64 @chainrule_run(ptr %inner, i64 %threads)
  %ended = icmp ne i64 %found, 0
  br i1 %ended, label %stop, label %head
stop:
  %number = load i64, ptr %table
  %left = add i64 %number, 1
  %status.at = getelementptr ptr, ptr %table, i64 1
  %status = load ptr, ptr %status.at
  store i64 %left, ptr %status
  ret void
end:
  ret void
}
"""
