// A ZIP archive of files without compression: what a workbook is made of.

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? 0xedb88320 ^ (value >>> 1) : value >>> 1;
  return value;
});

/** @param {[string, string][]} files names and texts @returns {Uint8Array<ArrayBuffer>} */
export function zipFiles(files) {
  const encoder = new TextEncoder();
  const parts = [];
  const entries = [];
  let at = 0;
  for (const [name, text] of files) {
    const title = encoder.encode(name);
    const bytes = encoder.encode(text);
    const common = describeFile(title, bytes);
    parts.push(writeFields([[4, 0x04034b50]], common), title, bytes);
    // version made by; then the common fields; comment, disk and attributes; where the file begins
    entries.push(
      writeFields(
        [
          [4, 0x02014b50],
          [2, 20],
        ],
        [...common, [2, 0], [2, 0], [2, 0], [4, 0], [4, at]],
      ),
      title,
    );
    at += 30 + title.length + bytes.length;
  }
  const size = entries.reduce((total, part) => total + part.length, 0);
  const end = writeFields(
    [[4, 0x06054b50]],
    [
      [2, 0],
      [2, 0],
      [2, files.length],
      [2, files.length],
      [4, size],
      [4, at],
      [2, 0],
    ],
  );
  return joinBytes([...parts, ...entries, end]);
}

/** Fields that a file's two headers share, as (bytes, value): version, flags (names are UTF-8), no compression, the
 * first of January 1980, checksum, sizes. @param {Uint8Array} title @param {Uint8Array} bytes
 * @returns {[number, number][]} */
function describeFile(title, bytes) {
  const size = bytes.length;
  return [
    [2, 20],
    [2, 0x0800],
    [2, 0],
    [2, 0],
    [2, 0x21],
    [4, checksum(bytes)],
    [4, size],
    [4, size],
    [2, title.length],
    [2, 0],
  ];
}

/** @param {[number, number][]} first @param {[number, number][]} rest little-endian numbers as (bytes, value) */
function writeFields(first, rest) {
  const bytes = [];
  for (const [width, value] of [...first, ...rest]) {
    for (let i = 0; i < width; i++) bytes.push((value >>> (8 * i)) & 255);
  }
  return Uint8Array.from(bytes);
}

/** CRC-32. @param {Uint8Array} bytes */
function checksum(bytes) {
  let value = 0xffffffff;
  for (const byte of bytes) value = CRC_TABLE[(value ^ byte) & 255] ^ (value >>> 8);
  return (value ^ 0xffffffff) >>> 0;
}

/** @param {Uint8Array[]} parts */
function joinBytes(parts) {
  const joined = new Uint8Array(parts.reduce((total, part) => total + part.length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}
