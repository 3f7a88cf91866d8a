"""The computational graph: ops, nodes, the backward walk, and readings of a formula."""
