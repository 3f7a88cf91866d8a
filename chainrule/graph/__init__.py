"""The computational graph: ops, nodes, the backward walk, and readings of a formula.

absent.py          the attributes of an array that a tensor does not have
breaches.py        what is said when a user's op breaks its contract
calls.py           calls as text, by name or with a sign: the one printer of them
catalogue.py       every op under its public name, with the facts its class declares
check.py           an executable definition of a legal graph. The tests run it after every step
contract.py        a user's op changes nothing it is given, and answers for every input
copies.py          a copy that stays in the graph, one that is not the array of a leaf
discovery.py       a file of ops registers itself by being there
downstream.py      what an elementwise op sends on, upstream times local, and where it is alive
dual.py            a value with its tangents
facts.py           what an op says about itself
families.py        the families of ops, told apart by base class
foreign.py         which function of another library the user called
gate.py            an op as it ran, with the values that went in and came out, and its products
graph.py           the nodes that lead to some ends, in the order of their creation
guard.py           no array that the backward walk will read can be changed unseen
leaving.py         the error and the warning where a value would leave the graph
local_jacobian.py  what each op's result does with each of its inputs, in its own structure
misuse.py          what is said of arguments that do not fit the signature of an op
node.py            one value of the graph, the op that made it, and the nodes it was made from
numerical.py       an op of which only the value is known, differentiated by differences
numpy_calls.py     NumPy's order of arguments, its defaults, dtype= and order=
numpy_methods.py   what a user expects to call on a tensor
op.py              one frozen class is one operation
operands.py        what a user puts beside a tensor becomes numbers, or an error
probe.py           which of an op's inputs and result its backward rule reads
protocols.py       a NumPy function called on a Symbol becomes the op that stands for it
readable.py        a node that foreign code may read as an array or a number
reading.py         what the symbols share in whose place a function is run
show.py            one line per node, with the names of its inputs, its gate and its gradient
signature.py       which arguments are inputs, and which are attributes
sparsity.py        which outputs of a recorded function can depend on which inputs
spec_reading.py    the reading in which only shapes and dtypes flow, and no value is computed
stacked.py         a nested list in which tensors stand, as one tensor of their graph
start.py           the upstream gradients that the caller gives, checked
storage.py         aligned storage, read-only looks, and gradients of one's own
symbol.py          anything but an array that can flow through a formula
table.py           which ops there are, and how gradients flow through each
unvalued.py        a symbol of which shape and dtype are known, and no value
unwrapping.py      an error of ours that NumPy has put behind one of its own comes out again
walk.py            from the loss to the leaves, multiplying upstream by local gradients
"""
