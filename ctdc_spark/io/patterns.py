"""The forms of some public settings, as regular expressions: those who check settings and those who read a ledger.

Neither needs what the other is made with.
"""

from __future__ import annotations

DOI = r"10\.[0-9]{4,9}/[!-~]+"
WEB_ADDRESS = r"https?://[^\s/?#@\\\"<>]+(?:[/?#][!#-;=?-~]*)?"  # no quotes, no < and >, no spaces
_DATE = r"[0-9]{4}(?:-(?:0[1-9]|1[0-2])(?:-(?:0[1-9]|[12][0-9]|3[01]))?)?"
PERIOD = f"{_DATE}(?:/{_DATE})?"
