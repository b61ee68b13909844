"""How faithful the synthetic records are, by the formulas of the field; knows nothing of how they were made."""
