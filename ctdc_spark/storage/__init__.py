"""The sensitive place, and the place where proven rows wait to be published."""
