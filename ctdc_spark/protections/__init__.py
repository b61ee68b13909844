"""The ways of protecting people, and what each does in the stages of a release."""
