"""Training in machine code: a step recorded, compiled, bound, watched over and repeated.

all_sizes.py           the machine code of a training step, for every size of batch it has met
bound.py               a plan as machine code, bound to the arrays of a net and to those of a batch
compiling.py           compiling the steps of a fit, or saying why they run eagerly
entering_symbols.py    what a step is recorded on: a net's arrays, and its rows
epoch.py               a pass over the rows in native slices
found.py               what a recorded step knows before its update
guards.py              what a recorded function read beside its arguments
holdings.py            what an object holds that can be read, and which code could read it
keeping.py             what a spoilt step can be taken back with
kept_on_disk.py        what a step was recorded and planned to, for the next process
known.py               a step of our own code, recorded and planned once for all fits alike
loss_and_gradients.py  the loss of a batch and its gradients as machine code
outputs.py             the outputs of a net as machine code, for any number of rows
planned.py             the plan of a recorded step, which the last fits may have made already
reach.py               the objects that Python code can get at from some roots
recorded_outputs.py    the outputs of a net as one function of arrays, recorded
recorded_step.py       the training step as one function of arrays, recorded
stand_ins.py           what stands in the place of parameters while a step is recorded
steadiness.py          a step of others' code is recorded twice, to see whether it stays the same
step.py                a recorded step as machine code
"""
