"""How faithful the synthetic records are, by the field's usual formulas; knows nothing of how they were made."""
