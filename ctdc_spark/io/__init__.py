"""Files wherever they lie, their modes and addresses, and how rows are written below the sensitive place."""
