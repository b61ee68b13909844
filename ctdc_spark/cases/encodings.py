"""Text encodings: how a file's bytes become characters, whichever encodings the Spark at hand knows.

Spark 4 reads the Unicode encodings and ISO-8859-1 only. A single-byte encoding such as windows-1252 is
therefore read as ISO-8859-1, in which every byte is the character of the same number, and then each character
is replaced by the one that the byte means. Bytes that mean nothing become U+FFFD, exactly as Spark does for
broken UTF-8.
"""

from __future__ import annotations

import codecs
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

if TYPE_CHECKING:
    from pyspark.sql import Column

REPLACEMENT = "\ufffd"
"""What stands where bytes could not be decoded."""

_ASCII = bytes(range(128))
_HIGH_BYTES = range(128, 256)
# Second bytes with which some multi-byte encoding forms one character out of two bytes.
_SECOND_BYTES = (0x30, 0x41, 0x80, 0xA1)
_ESCAPE_SEQUENCE = b"\x1b$B0!"  # switches the character set in ISO-2022 encodings

_SPARK_NAMES = {
    "utf-8": "UTF-8",
    "utf-8-sig": "UTF-8",
    "utf-16": "UTF-16",
    "utf-16-le": "UTF-16LE",
    "utf-16-be": "UTF-16BE",
    "utf-32": "UTF-32",
    "iso8859-1": "ISO-8859-1",
}


@dataclass(frozen=True)
class TextEncoding:
    """How to read text of one encoding.

    Attributes:
        name: Python's name of it, for messages and for decoding on the driver.
        spark_name: the name that Spark's reader is given.
        high_characters: of a single-byte encoding, what the bytes 128 to 255 mean; else None.
        keeps_ascii: a line feed, a quote and the like are one byte, the same as in ASCII.
    """

    name: str
    spark_name: str
    high_characters: str | None
    keeps_ascii: bool

    def decode(self, value: Column) -> Column:
        """Return the text that a value read under `spark_name` stands for."""
        if self.high_characters is None:
            return value
        latin = "".join(map(chr, _HIGH_BYTES))
        plain = F.octet_length(value) == F.char_length(value)  # all ASCII: nothing to replace
        return F.when(plain, value).otherwise(F.translate(value, latin, self.high_characters))

    def decode_text(self, text: str) -> str:
        """Do the same for a text on the driver."""
        if self.high_characters is None:
            return text
        return text.translate(dict(zip(_HIGH_BYTES, self.high_characters, strict=True)))

    def encode_delimiter(self, delimiter: str) -> str:
        """Return the delimiter as it looks to the reader, or as it is where it cannot occur in the file."""
        if self.high_characters is None or delimiter not in self.high_characters:
            return delimiter
        return chr(_HIGH_BYTES[self.high_characters.index(delimiter)])


def find_encoding(name: str) -> TextEncoding:
    """Return how to read an encoding that Python knows under this name.

    Example:
        >>> find_encoding("cp1252").spark_name
        'ISO-8859-1'
    """
    known = codecs.lookup(name).name
    if known in _SPARK_NAMES:
        return TextEncoding(known, _SPARK_NAMES[known], None, keeps_ascii=known[:5] in ("utf-8", "iso88"))
    if _is_single_byte(known):
        high = bytes(_HIGH_BYTES).decode(known, errors="replace")
        return TextEncoding(known, "ISO-8859-1", high, keeps_ascii=True)
    return TextEncoding(known, known, None, keeps_ascii=False)


def _is_single_byte(name: str) -> bool:
    """Tell whether each byte is one character, and those of ASCII mean the same as there."""
    for plain in (_ASCII, _ESCAPE_SEQUENCE):
        if plain.decode(name, errors="replace") != plain.decode("ascii"):
            return False
    pairs = (bytes((first, second)) for first in _HIGH_BYTES for second in _SECOND_BYTES)
    return all(len(pair.decode(name, errors="replace")) == 2 for pair in pairs)
