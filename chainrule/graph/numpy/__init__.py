"""What a user's code sees of a symbol: NumPy's operators, methods and functions.

absent.py      the attributes of an array that a tensor does not have
calling.py     NumPy's order of arguments, its defaults, dtype= and order=
foreign.py     which function of another library the user called
leaving.py     the error and the warning where a value would leave the graph
methods.py     what a user expects to call on a tensor
protocols.py   a NumPy function called on a Symbol becomes the op that stands for it
readable.py    a node that foreign code may read as an array or a number
stacked.py     a nested list in which tensors stand, as one tensor of their graph
symbol.py      anything but an array that can flow through a formula
unwrapping.py  an error of ours that NumPy has put behind one of its own comes out again
"""
