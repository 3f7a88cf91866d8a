"""Native: plans as machine code, through LLVM. Nothing here knows of nets or optimisers.

arrays.py           arrays as native code takes them: in order, aligned, of the right dtype
axes.py             a kernel over fewer axes: none of length 1, and those that lie together joined
cache.py            compiled kernels in a folder of the user's
code_files.py       what the files of this package are, by what Python itself goes by
crossing.py         small blocks turned in registers, for loops across the way memory lies
cycles.py           about how many cycles a vector of an instruction takes, to choose between loops
engine.py           kernels become machine code, once; the only file that imports LLVM
executable.py       machine code of a plan, and the tables of addresses with which it runs
feeding.py          the native loop over batches, and what is laid ready before each of them
feeds.py            what a plan reads and writes in each round of a native loop over batches
folding.py          one pass over the inner axes of rows, and the reductions that it gathers
frame.py            where a kernel's buffers lie
host.py             what the CPU that this process runs on can do
ir.py               instructions, loops, functions
kernel_calls.py     the native loop over the kernels of a plan
kernel_function.py  a kernel's function while it is being written
linking.py          an object file laid into memory, joined with what it calls
llvm_text.py        LLVM's types, values and constants, as text
loaded_code.py      machine code in memory, and what is on its way there
looking.py          arrays copied to another place and searched for NaN and infinity
loop_values.py      what is known at a place in the loops of a kernel, and how it is computed
looping.py          the native loop over the steps of a plan that is run inside another
loops.py            along one axis after another, several neighbours in each round
numbering.py        every different value of a kernel once, with the axes along which it changes
random_keys.py      the two words from which random numbers are drawn
reducers.py         how the elements of a row become one, in vectors
row_layout.py       along which axis a Row kernel's vectors lie, and how its loops are unrolled
row_passes.py       what a Row kernel computes
runtime.py          the functions by which all plans run, made when a plan first wants them
spans.py            how a loop runs along an axis, several neighbours in a round
spreading.py        the native half of the threads: a kernel's units, claimed by all who are there
target.py           what the code is made for: the width of a vector, the size of the caches
threads.py          Python threads that wait in native code for units of large kernels
tiers.py            how much is spent on the code of a kernel, by the work that it will do
units.py            how a kernel's outer loops are cut into pieces that threads can share
whole_plan.py       the text of a plan's kernels, and what the loop over them is told
kinds/              one file for each kind of kernel in ``plan.kinds``, found by its name
letters/            one function from a letter's name to LLVM's instructions
matmul/             tiles of sums in registers, and a body at their end
"""
