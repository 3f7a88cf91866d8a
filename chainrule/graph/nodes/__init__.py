"""The nodes that a function leaves, and the walk back over them.

copying.py   a copy that stays in the graph, one that is not the array of a leaf
graph.py     the nodes that lead to some ends, in the order of their creation
guard.py     no array that the backward walk will read can be changed unseen
legality.py  an executable definition of a legal graph. The tests run it after every step
lines.py     the names by which the nodes of a graph are told from one another
node.py      one value of the graph, the op that made it, and the nodes it was made from
start.py     the upstream gradients that the caller gives, checked
stops.py     what a value was made of where no gradient passes on
storage.py   aligned storage, read-only looks, and gradients of one's own
tensor_card.py  a tensor as a notebook shows it
walk.py      from the loss to the leaves, multiplying upstream by local gradients
"""
