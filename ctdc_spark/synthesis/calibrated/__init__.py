"""Records calibrated to the counts: grown, fitted and refined."""
