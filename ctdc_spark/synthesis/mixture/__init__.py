"""Records drawn from a mixture of products fitted to noisy counts."""
