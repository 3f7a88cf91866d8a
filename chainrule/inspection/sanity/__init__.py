"""The sanity checks of a checkup: each asks one question of a net, its data and its loss.

check.py         the answer to one question: evidence, likely cause, one thing to try
curves.py        update ratios, overfitting and underfitting, by the curves or by other rows
few_rows.py      whether a copy of the net can learn a handful of rows by heart
first_loss.py    the loss against that of chance, and that of a constant answer
given_data.py    the scale of the inputs, the balance of the classes, labels that look wrong
looked_at.py     everything that the checks look at, on a copy of the net
penalty_share.py what each term of the loss is worth, and pulls with
sample_graph.py  the graph of some rows, with a gradient at every node
second_opinion.py  what plain learners make of the same rows, each answered by the others
signal.py        gradients from layer to layer, and whether the layers bend at all
unit_roles.py    units that are dead, dying, saturated, or do what another one does
worth.py         what outputs are worth, between a constant answer and a perfect one
"""
