"""The public face for notebooks and programs: `Publisher` on the sensitive side, `Release` on the readers' side."""
