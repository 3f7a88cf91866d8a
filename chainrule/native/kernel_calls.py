"""Calling: the native loop over the kernels of a plan.

Imports nothing of chainrule. The engine compiles the text once; whole_plan.py fills the records.

A call is a record of four int64: how (0, or the sum of SPREAD over the threads, ASKED whether it
ended the run and TOLD how many threads there are, or LAST: there are no more), the address of the
kernel's function, its units, and how many bytes behind the run's table the kernel's own table
begins. The run's table begins with the addresses of the first record and of the status, and a
word that nobody reads.
"""

RUN = "chainrule_run"
FUNCTIONS = (RUN,)
SPREAD, ASKED, LAST, TOLD = 1, 2, 4, 8
SPARE, HEAD = 2, 3  # words of a run's table before those of its kernels

# i64 chainrule_run(table, threads): 0, or the status at which it ended.
TEXT = """
declare void @chainrule_spread(ptr, ptr, i64, i64)
define i64 @chainrule_run(ptr %table, i64 %threads) nounwind {
entry:
  %program = load ptr, ptr %table
  br label %head
head:
  %record = phi ptr [ %program, %entry ], [ %next, %call ], [ %next, %ran ], [ %next, %ask ]
  %how = load i64, ptr %record
  %kernel.at = getelementptr i64, ptr %record, i64 1
  %kernel = load ptr, ptr %kernel.at
  %units.at = getelementptr i64, ptr %record, i64 2
  %units = load i64, ptr %units.at
  %far.at = getelementptr i64, ptr %record, i64 3
  %far = load i64, ptr %far.at
  %own = getelementptr i8, ptr %table, i64 %far
  %next = getelementptr i64, ptr %record, i64 4
  %plain = icmp eq i64 %how, 0
  br i1 %plain, label %call, label %choose
call:
  call void %kernel(ptr %own, i64 0, i64 %units)
  br label %head
choose:
  %over = icmp eq i64 %how, 4
  br i1 %over, label %end, label %go
go:
  %spreads = trunc i64 %how to i1
  br i1 %spreads, label %spread, label %alone
spread:
  call void @chainrule_spread(ptr %kernel, ptr %own, i64 %units, i64 %threads)
  br label %ran
alone:
  %told = icmp uge i64 %how, 8
  %last = select i1 %told, i64 %threads, i64 %units
  call void %kernel(ptr %own, i64 0, i64 %last)
  br label %ran
ran:
  %asked = icmp uge i64 %how, 2
  br i1 %asked, label %ask, label %head
ask:
  %status.at = getelementptr ptr, ptr %table, i64 1
  %status = load ptr, ptr %status.at
  %found = load i64, ptr %status
  %ended = icmp ne i64 %found, 0
  br i1 %ended, label %stop, label %head
stop:
  ret i64 %found
end:
  ret i64 0
}
"""
