"""What differential privacy needs: the budget, its account, noise, and what is measured with it."""
