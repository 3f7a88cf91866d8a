"""Feeding: the native loop over batches, and what is laid ready before each of them.

Imports nothing of chainrule. The engine compiles the text, executable.py fills the records.

A feed is a record of six int64: how (ADVANCE or GATHER), the slot of the table, the address of
the source, the bytes of a row, the rows of a batch, the address that GATHER fills. A record may
also ask for a copy (COPY): of so many bytes from the source to an address, before the round whose
number stands in the place of the rows.
"""

ADVANCE, GATHER, COPY = 0, 1, 2
WORDS = 6
REPEAT = "chainrule_repeat"
FUNCTIONS = (REPEAT,)

# i64 chainrule_repeat(table, count, feeds, nfeeds, order, first, threads): runs batches first,
# first + 1, ... by the loop of kernel_calls.py, and returns how many were completed.
_REPEAT = """
declare void @llvm.memcpy.p0.p0.i64(ptr, ptr, i64, i1)
define i64 @chainrule_repeat(ptr %table, i64 %count, ptr %feeds, i64 %nfeeds, ptr %order,
                             i64 %first, i64 %threads) nounwind {
entry:
  br label %head
head:
  %done = phi i64 [ 0, %entry ], [ %next, %ran ]
  %more = icmp slt i64 %done, %count
  br i1 %more, label %round, label %end
round:
  %number = add i64 %first, %done
  br label %feed.head
feed.head:
  %f = phi i64 [ 0, %round ], [ %f.next, %fed ]
  %f.more = icmp slt i64 %f, %nfeeds
  br i1 %f.more, label %feed, label %call
feed:
  %word = mul i64 %f, 6
  %record = getelementptr i64, ptr %feeds, i64 %word
  %how = load i64, ptr %record
  %slot.at = getelementptr i64, ptr %record, i64 1
  %slot = load i64, ptr %slot.at
  %source.at = getelementptr i64, ptr %record, i64 2
  %source = load ptr, ptr %source.at
  %bytes.at = getelementptr i64, ptr %record, i64 3
  %bytes = load i64, ptr %bytes.at
  %rows.at = getelementptr i64, ptr %record, i64 4
  %rows = load i64, ptr %rows.at
  %begin = mul i64 %number, %rows
  %place = getelementptr ptr, ptr %table, i64 %slot
  switch i64 %how, label %advance [
    i64 1, label %gather
    i64 2, label %copies
  ]
advance:
  %far = mul i64 %begin, %bytes
  %moved = getelementptr i8, ptr %source, i64 %far
  store ptr %moved, ptr %place
  br label %fed
copies:
  %now = icmp eq i64 %number, %rows
  br i1 %now, label %copy, label %fed
copy:
  %to.at = getelementptr i64, ptr %record, i64 5
  %to = load ptr, ptr %to.at
  call void @llvm.memcpy.p0.p0.i64(ptr %to, ptr %source, i64 %bytes, i1 false)
  br label %fed
gather:
  %staging.at = getelementptr i64, ptr %record, i64 5
  %staging = load ptr, ptr %staging.at
  store ptr %staging, ptr %place
  %chosen = getelementptr i64, ptr %order, i64 %begin
  call void @gather(ptr %staging, ptr %source, ptr %chosen, i64 %rows, i64 %bytes)
  ; While this round runs, a small next batch may already come nearer.
  %after = add i64 %done, 1
  %last = icmp sge i64 %after, %count
  %all = mul i64 %rows, %bytes
  %much = icmp sgt i64 %all, 16384
  %enough = or i1 %last, %much
  br i1 %enough, label %fed, label %fetch
fetch:
  %following = getelementptr i64, ptr %chosen, i64 %rows
  call void @fetch(ptr %source, ptr %following, i64 %rows, i64 %bytes)
  br label %fed
fed:
  %f.next = add i64 %f, 1
  br label %feed.head
call:
  %status = call i64 @chainrule_run(ptr %table, i64 %threads)
  %stopped = icmp ne i64 %status, 0
  br i1 %stopped, label %end, label %ran
ran:
  %next = add i64 %done, 1
  br label %head
end:
  ret i64 %done
}
"""

# Rows of 4 or 8 bytes are one load; others go in chunks, the last of which overlaps the
# one before it, so that no row ends in single bytes.
_GATHER = """
define internal void @gather(ptr %to, ptr %from, ptr %order, i64 %rows, i64 %bytes) nounwind {
entry:
  switch i64 %bytes, label %other [
    i64 4, label %four
    i64 8, label %eight
  ]
four:
  call void @gather.i32(ptr %to, ptr %from, ptr %order, i64 %rows)
  ret void
eight:
  call void @gather.i64(ptr %to, ptr %from, ptr %order, i64 %rows)
  ret void
other:
  %tiny = icmp ult i64 %bytes, 8
  br i1 %tiny, label %single, label %longer
single:
  call void @gather.by1(ptr %to, ptr %from, ptr %order, i64 %rows, i64 %bytes)
  ret void
longer:
  %short = icmp ult i64 %bytes, 32
  br i1 %short, label %words, label %vectors
vectors:
  %middle = icmp ult i64 %bytes, 128
  br i1 %middle, label %single.vectors, label %four.vectors
words:
  call void @gather.by8(ptr %to, ptr %from, ptr %order, i64 %rows, i64 %bytes)
  ret void
single.vectors:
  call void @gather.by32(ptr %to, ptr %from, ptr %order, i64 %rows, i64 %bytes)
  ret void
four.vectors:
  call void @gather.by128(ptr %to, ptr %from, ptr %order, i64 %rows, i64 %bytes)
  ret void
}
"""

_GATHER_ONE = """
define internal void @gather.KIND(ptr %to, ptr %from, ptr %order, i64 %rows) nounwind {
entry:
  %some = icmp sgt i64 %rows, 0
  br i1 %some, label %row, label %end
row:
  %r = phi i64 [ 0, %entry ], [ %r.next, %row ]
  %number.at = getelementptr i64, ptr %order, i64 %r
  %number = load i64, ptr %number.at
  %source = getelementptr KIND, ptr %from, i64 %number
  %value = load KIND, ptr %source, align 1
  %place = getelementptr KIND, ptr %to, i64 %r
  store KIND %value, ptr %place, align 1
  %r.next = add i64 %r, 1
  %more = icmp slt i64 %r.next, %rows
  br i1 %more, label %row, label %end
end:
  ret void
}
"""

_GATHER_LONG = """
define internal void @gather.byWIDTH(ptr %to, ptr %from, ptr %order, i64 %rows, i64 %bytes)
    nounwind {
entry:
  %last = sub i64 %bytes, WIDTH
  %some = icmp sgt i64 %rows, 0
  br i1 %some, label %row, label %end
row:
  %r = phi i64 [ 0, %entry ], [ %r.next, %tail ]
  %number.at = getelementptr i64, ptr %order, i64 %r
  %number = load i64, ptr %number.at
  %far = mul i64 %number, %bytes
  %source = getelementptr i8, ptr %from, i64 %far
  %near = mul i64 %r, %bytes
  %place = getelementptr i8, ptr %to, i64 %near
  br label %chunk
chunk:
  %c = phi i64 [ 0, %row ], [ %c.next, %copy ]
  %whole = icmp slt i64 %c, %last
  br i1 %whole, label %copy, label %tail
copy:
  %c.from = getelementptr i8, ptr %source, i64 %c
  %c.to = getelementptr i8, ptr %place, i64 %c
  %c.value = load <WIDTH x i8>, ptr %c.from, align 1
  store <WIDTH x i8> %c.value, ptr %c.to, align 1
  %c.next = add i64 %c, WIDTH
  br label %chunk
tail:
  %t.from = getelementptr i8, ptr %source, i64 %last
  %t.to = getelementptr i8, ptr %place, i64 %last
  %t.value = load <WIDTH x i8>, ptr %t.from, align 1
  store <WIDTH x i8> %t.value, ptr %t.to, align 1
  %r.next = add i64 %r, 1
  %more = icmp slt i64 %r.next, %rows
  br i1 %more, label %row, label %end
end:
  ret void
}
"""

_FETCH = """
declare void @llvm.prefetch.p0(ptr, i32, i32, i32)
define internal void @fetch(ptr %from, ptr %order, i64 %rows, i64 %bytes) nounwind {
entry:
  br label %row
row:
  %r = phi i64 [ 0, %entry ], [ %r.next, %rest ]
  %some = icmp slt i64 %r, %rows
  br i1 %some, label %begin, label %end
begin:
  %number.at = getelementptr i64, ptr %order, i64 %r
  %number = load i64, ptr %number.at
  %far = mul i64 %number, %bytes
  %source = getelementptr i8, ptr %from, i64 %far
  br label %line
line:
  %c = phi i64 [ 0, %begin ], [ %c.next, %line ]
  %place = getelementptr i8, ptr %source, i64 %c
  call void @llvm.prefetch.p0(ptr %place, i32 0, i32 3, i32 1)
  %c.next = add i64 %c, 64
  %more = icmp slt i64 %c.next, %bytes
  br i1 %more, label %line, label %rest
rest:
  %r.next = add i64 %r, 1
  br label %row
end:
  ret void
}
"""

TEXT = "".join(
    [
        _REPEAT,
        _GATHER,
        _FETCH,
        *(_GATHER_ONE.replace("KIND", kind) for kind in ("i32", "i64")),
        *(_GATHER_LONG.replace("WIDTH", width) for width in ("1", "8", "32", "128")),
    ]
)
