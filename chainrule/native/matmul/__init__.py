"""Products of matrices as machine code: tiles of sums in registers, and a body at their end."""
