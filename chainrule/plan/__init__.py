"""Plan: the kernels that compute a recorded function, as data; foreign to any machine.

algebra.py         maps that say the same with less work
alike.py           kernels that differ in nothing but the buffers they meet
alone.py           kernels that stand alone
blockwise.py       some kernels of a plan that run for a few rows, then for the next, and so on
bodies.py          steps written as the instructions of a loop, each value once
buffers.py         the memory that kernels read and write
check_flow.py      every step reads what was made before, in fitting shapes and dtypes
closed_over.py     what a recorded function closes over, as inputs of its plan
copy_kernels.py    kernels that fill an array, or move elements as they are
costs.py           what a kernel computes and moves, estimated from its loops
evaluate.py        runs a Flow step by step and without fusion: what tests compare with
fuse.py            the steps of a flow become kernels in the order in which they run
grouping.py        which steps become one kernel
homes.py           in which buffer each array stands, and which outputs must be copied to theirs
inline.py          what is cheap to compute is computed again where it is read
interpret.py       a plan run by NumPy, kernel by kernel: what native code is compared with
joins.py           whether two groups fit into one kernel, and the loops that they then share
kernel.py          what every kind of kernel says of itself
kernel_groups.py   the nodes that will be one kernel, and the loops that they share
kernel_names.py    what a kernel is called in show(), after the ops whose steps it holds
letters.py         how dear letters are: to compute a value again or to keep it
light.py           records that are frozen for the type checker alone, and made faster
loops_as_text.py   how kernels and their loops are written in show()
make.py            from a flow to a plan
matrix_batches.py  how a kernel runs through the axes that stand before the matrices of a product
memory.py          the arena, in which buffers share bytes that are never needed at the same time
nodes.py           the steps of a flow with what they read spelled out, ready to be grouped
numpy_memory.py    an access as a view of a buffer, a body as arrays of all elements at once
order.py           which groups must run before which, while groups are being joined
partial_sums.py    a sum of many terms, added up part by part in buffers that keep it
passes.py          a group of reductions and maps becomes a Row kernel
plan.py            kernels in the order in which they run, over buffers whose places are known
prepare.py         steps over nothing, or over single elements, written as what they come to
record.py          a Python function of arrays becomes a Flow of steps over whole tensors
recorder.py        the steps of a recording as they come
repeated.py        what a rule wrote for some tensors, written again for others
rewrite.py         the tools of every pass over a Flow
row_blocks.py      a batch that does not fit the cache is computed some rows at a time
row_chain.py       which kernels of a plan can run for a few rows of a batch, then for the next
same_flow.py       whether two recordings of a function compute the same
scalar.py          a short list of instructions over scalars
schedule.py        an order in which the groups can run
show.py            a plan as text: what runs in which order, what it costs
simplify.py        passes over a Flow that leave less to do
steps.py           a recorded function as steps over whole tensors
traffic.py         which elements of which buffers a kernel reads and writes
undisturbed.py     a function is recorded and planned without the garbage collector
verify.py          a plan keeps its own rules
views.py           what NumPy's movements do to the shape and strides of a Ref
walks.py           how a Ref runs through memory while its elements are counted in C order
writing.py         a group of nodes becomes a kernel
kinds/             one file each, found by being here
lower/             how each op of the catalogue becomes steps. One rule per op or family, by idea
"""
