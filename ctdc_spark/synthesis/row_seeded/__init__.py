"""Records grown from sampled rows: the baseline."""
