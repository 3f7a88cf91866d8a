"""The computational graph: ops, nodes, the backward walk, and readings of a formula.

op/        one operation: what it says of itself, how it is found, called and checked
readings/  readings: a function run on symbols, to learn something else than its value
nodes/     the nodes that a function leaves, and the walk back over them
numpy/     what a user's code sees of a symbol: NumPy's operators, methods and functions
"""
