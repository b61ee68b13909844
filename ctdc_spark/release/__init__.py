"""The published tables: their contracts, the only writer, the ledger whose rows make releases complete, exports."""
