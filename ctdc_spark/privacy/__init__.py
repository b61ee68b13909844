"""Differential privacy: the budget and its ledger, the noise, the domain, and what is measured with them."""
