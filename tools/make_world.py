"""Make the page's world map: country outlines in the Equal Earth projection, as small SVG paths by ISO-3166 code.

The outlines are those of Natural Earth at 1:110 million, which are in the public domain. They are taken from the wheel
of geopandas 0.14.4, the last to include them:

    pip download --no-deps --require-hashes -r tools/world.txt -d build
    python -m tools.make_world build/geopandas-0.14.4-py3-none-any.whl
"""

from __future__ import annotations

import itertools
import json
import math
import struct
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

FOLDER = "geopandas/datasets/naturalearth_lowres/naturalearth_lowres"
TARGET = Path("ctdc_spark/explorer/assets/world.json")
WIDTH = 2000
# Natural Earth gives no code to places whose status is disputed; these two are not, and XKX is what most offices use.
CODES = {"France": "FRA", "Norway": "NOR", "Kosovo": "XKX"}
LEFT_OUT = {"ATA", "-99"}
Ring = list[tuple[float, float]]


def project(longitude: float, latitude: float) -> tuple[float, float]:
    """The Equal Earth projection of degrees (Savric, Patterson and Jenny 2018), x from -2.7066 to 2.7066."""
    a1, a2, a3, a4 = 1.340264, -0.081106, 0.000893, 0.003796
    theta = math.asin(math.sqrt(3) / 2 * math.sin(math.radians(latitude)))
    slope = 9 * a4 * theta**8 + 7 * a3 * theta**6 + 3 * a2 * theta**2 + a1
    x = 2 * math.sqrt(3) * math.radians(longitude) * math.cos(theta) / (3 * slope)
    return x, a4 * theta**9 + a3 * theta**7 + a2 * theta**3 + a1 * theta


def read_codes(table: bytes) -> Iterator[str]:
    """The country codes of a dBase table, row after row."""
    rows, header, width = struct.unpack("<IHH", table[4:12])
    fields, at, start = {}, 32, 1
    while table[at] != 0x0D:
        name = table[at : at + 11].split(b"\0")[0].decode()
        fields[name] = slice(start, start := start + table[at + 16])
        at += 32
    for row in range(rows):
        cells = table[header + row * width : header + (row + 1) * width]
        name, code = (cells[fields[field]].decode("latin-1").strip() for field in ("name", "iso_a3"))
        yield CODES.get(name, code)


def read_shapes(shapes: bytes) -> Iterator[list[Ring]]:
    """The rings of each polygon of an ESRI shapefile."""
    at = 100
    while at < len(shapes):
        size = 2 * struct.unpack(">i", shapes[at + 4 : at + 8])[0]
        body = shapes[at + 8 : at + 8 + size]
        parts, points = struct.unpack("<ii", body[36:44])
        starts = [*struct.unpack(f"<{parts}i", body[44 : 44 + 4 * parts]), points]
        numbers = struct.unpack(f"<{2 * points}d", body[44 + 4 * parts : 44 + 4 * parts + 16 * points])
        pairs = list(zip(numbers[::2], numbers[1::2], strict=True))
        yield [pairs[low:high] for low, high in itertools.pairwise(starts)]
        at += 8 + size


def write_path(rings: list[Ring], top: float, scale: float) -> str:
    """An SVG path with whole coordinates, each relative to the one before."""
    path = []
    for ring in rings:
        points = [(round(x * scale + WIDTH / 2), round((top - y) * scale)) for x, y in (project(*p) for p in ring)]
        distinct = [p for p, before in zip(points, [None, *points], strict=False) if p != before]
        if len(distinct) < 3:
            continue
        steps = [f"{x - u} {y - v}" for (u, v), (x, y) in itertools.pairwise(distinct[:-1])]
        path.append(f"M{distinct[0][0]} {distinct[0][1]}l{' '.join(steps).replace(' -', '-')}z")
    return "".join(path)


def main(wheel: str) -> None:
    """Write the map."""
    with zipfile.ZipFile(wheel) as archive:
        codes = list(read_codes(archive.read(f"{FOLDER}.dbf")))
        shapes = list(read_shapes(archive.read(f"{FOLDER}.shp")))
    kept = {code: rings for code, rings in zip(codes, shapes, strict=True) if code not in LEFT_OUT}
    places = [project(*point)[1] for rings in kept.values() for ring in rings for point in ring]
    scale = WIDTH / 2 / project(180, 0)[0]
    height = math.ceil((max(places) - min(places)) * scale)
    paths = {code: write_path(rings, max(places), scale) for code, rings in sorted(kept.items())}
    text = json.dumps({"width": WIDTH, "height": height, "paths": paths}, indent=0, separators=(",", ":"))
    TARGET.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1])
