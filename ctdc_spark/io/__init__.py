"""Files wherever they are, their modes and addresses, and how rows are written below the sensitive place."""
