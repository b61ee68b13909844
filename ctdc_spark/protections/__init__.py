"""What each way of protecting people does in the stages of a release."""
