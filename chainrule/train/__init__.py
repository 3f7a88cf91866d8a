"""Learning: data, the training loop, and what it leaves behind."""
