"""The short way and the usual way give the same, or the short way steps aside."""

from __future__ import annotations

import gzip
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest

from ctdc_spark.cases.pack import PackedCases, pack_cases
from ctdc_spark.cases.plain import PlainCases, PlainPacker, pack_plain_files
from ctdc_spark.cases.prepare import prepare_cases
from ctdc_spark.cases.source import load_cases
from ctdc_spark.records.records import unpack_numbers
from ctdc_spark.settings import Settings
from ctdc_spark.settings.loading import build_settings

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


def asked(path: Path, **keys: Any) -> Settings:
    return build_settings({"sensitive_microdata_path": str(path), "output_dir": "out", "reporting_length": 1, **keys})


def write(path: Path, content: str | bytes) -> Path:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def records(packed: PackedCases) -> Counter[tuple[str | None, ...]]:
    """How often each row of values occurs."""
    found: Counter[tuple[str | None, ...]] = Counter()
    for block in packed.frame.collect():
        rows: list[list[str | None]] = [[None] * len(packed.columns) for _ in range(block["subjects"])]
        for column, values in enumerate(block["values"]):
            codes = unpack_numbers(block["codes"][column])
            for row, code in zip(unpack_numbers(block["rows"][column]), codes, strict=True):
                rows[row][column] = values[code]
            assert block["counts"][column] == [list(codes).count(i) for i in range(len(values))]
        found.update(map(tuple, rows))
    return found


def is_plain(cases: PlainCases) -> bool:
    """Whether the cases turn out to be plain once all of them are read."""
    cases.packed.frame.write.format("noop").mode("overwrite").save()
    return cases.is_plain()


PLAIN = {
    "usual": "a,b,c\nx,1,0\ny,,2\nx,1,0\n",
    "no line end at the end": "a,b,c\nx,1,0\ny,,2",
    "of Windows": "a,b,c\r\nx,1,z\r\n\r\ny,2,z\r\n",
    "byte order mark": "\ufeffa,b,c\nx,1,2\n",
    "blank lines": "a,b,c\n\nx,1,2\n\n\ny,1,2\n",
    "white space": "a,b,c\n x ,\t1,\u00a0z\u3000\n  y,0 ,-99 \n",
    "other scripts": "a,b,c\n\u00e9,\u4e2d\u6587,\U0001f600\nx,1,2\n",
    "a value like a name": "a,b,c\nx,1,2\na,b,x\n",
    "records without attributes": "a,b,c\n0,,\n0,0,0\nx,1,2\n",
    "many lines": "a,b,c\n" + "".join(f"v{i % 7},{i % 11},{i % 3}\n" for i in range(20_000)),
}


@pytest.mark.parametrize("content", PLAIN.values(), ids=PLAIN)
@pytest.mark.parametrize("keys", [{}, {"use_columns": ["c", "a"], "sensitive_zeros": ["c"], "missing_values": ["-99"]}])
def test_both_ways_give_the_same(spark: SparkSession, tmp_path: Path, content: str, keys: dict[str, Any]) -> None:
    settings = asked(write(tmp_path / "cases.csv", content), **keys)
    plain = pack_plain_files(spark, settings)
    assert plain is not None
    assert is_plain(plain)
    usual = pack_cases(prepare_cases(load_cases(spark, settings)[0], settings))
    assert plain.packed.columns == usual.columns
    assert records(plain.packed) == records(usual)


def test_a_file_may_be_split_anywhere(spark: SparkSession, tmp_path: Path) -> None:
    settings = asked(write(tmp_path / "cases.csv", PLAIN["many lines"]))
    whole = records(pack_plain_files(spark, settings).packed)  # type: ignore[union-attr]
    spark.conf.set("spark.sql.files.maxPartitionBytes", "10000")
    try:
        split = pack_plain_files(spark, settings)
        assert split is not None
        assert split.packed.frame.count() > 5  # blocks
        assert records(split.packed) == whole
    finally:
        spark.conf.unset("spark.sql.files.maxPartitionBytes")
    assert whole.total() == 20_000


def test_compressed_files_and_single_columns_are_plain_too(spark: SparkSession, tmp_path: Path) -> None:
    settings = asked(write(tmp_path / "cases.csv.gz", gzip.compress(b"a\nx\n\ny\nx\n")))
    plain = pack_plain_files(spark, settings)
    assert plain is not None
    assert records(plain.packed) == Counter({("x",): 2, ("y",): 1})


NOT_PLAIN: dict[str, str | bytes] = {
    "a quote": 'a,b\nx,"1,2"\n',
    "a quote within": 'a,b\nx,5"\n',
    "a short record": "a,b\nx,1\ny\n",
    "a long record": "a,b\nx,1\ny,1,2\n",
    "a short and a long record": "a,b\nx\ny,1,2\n",
    "a long and a short record": "a,b\ny,1,2\nx\n",
    "bytes that are not UTF-8": b"a,b\nx,\xe9\n",
    "a replacement character": "a,b\nx,\ufffd\n",
    "a carriage return within": "a,b\nx\ry,1\n",
    "a line of spaces": "a,b\nx,1\n  \n",
    "a line of delimiters": "a,b,c\nx,1,2\n , ,\n",
    "the header again": "a,b\nx,1\na, b\n",
    "a line of tags": "a,b\n#adm1+name,#meta\nx,1\n",
    "the end of a file of DOS": "a,b\nx,1\n\x1a\n",
    "no records": "a,b\n",
    "no records but blank lines": "a,b\n\n\n",
}


@pytest.mark.parametrize("content", NOT_PLAIN.values(), ids=NOT_PLAIN)
def test_what_is_not_plain_is_not_vouched_for(spark: SparkSession, tmp_path: Path, content: str | bytes) -> None:
    plain = pack_plain_files(spark, asked(write(tmp_path / "cases.csv", content)))
    assert plain is not None
    assert not is_plain(plain)


@pytest.mark.parametrize(
    "keys",
    [
        {"subject_id": "a"},
        {"multi_value_columns": {"a": ";"}},
        {"record_limit": 1},
        {"bins": {"b": {"edges": [1]}}},
        {"group_rare_values": {"a": {"below": 2}}},
        {"sensitive_microdata_encoding": "latin-1"},
        {"sensitive_microdata_header_line": 1},
        {"drop_rows": {"a": ["Total"]}},
        {"extra_rows": "keep"},
    ],
    ids=str,
)
def test_what_needs_more_takes_the_usual_way(spark: SparkSession, tmp_path: Path, keys: dict[str, Any]) -> None:
    assert pack_plain_files(spark, asked(write(tmp_path / "cases.csv", "a,b\nx,1\n"), **keys)) is None


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string()])
def test_text_of_any_width_is_read(kind: pa.DataType) -> None:
    lines = pa.array(["a,b", "x,1", "", "x, 1 ", ",2"], kind)
    starts = pa.array([0] * len(lines), pa.int64())
    batch = pa.record_batch([lines, starts, starts], names=["value", "start", "file"])
    (found,) = PlainPacker("a,b", ",", ("a", "b"), ((1, ("",)), (0, ("",))))([batch.slice(0, 2), batch.slice(2)])
    block = found.to_pylist()[0]
    assert (block["subjects"], block["values"], block["counts"]) == (3, [["1", "2"], ["x"]], [[2, 1], [2]])
    assert [unpack_numbers(rows).tolist() for rows in block["rows"]] == [[0, 1, 2], [0, 1]]
    assert [unpack_numbers(codes).tolist() for codes in block["codes"]] == [[0, 0, 1], [0, 0]]


def test_several_files_with_one_header_are_plain(spark: SparkSession, tmp_path: Path) -> None:
    for number in range(5):
        write(tmp_path / f"{number}.csv", "a,b\n" + f"x,{number + 1}\n" * number)
    plain = pack_plain_files(spark, asked(tmp_path))
    assert plain is not None
    assert is_plain(plain)
    assert records(plain.packed) == Counter({("x", str(number + 1)): number for number in range(1, 5)})


def test_files_with_other_headers_are_not_vouched_for(spark: SparkSession, tmp_path: Path) -> None:
    write(tmp_path / "1.csv", "a,b\nx,1\n")
    write(tmp_path / "2.csv", "b,a\n1,x\n")
    plain = pack_plain_files(spark, asked(tmp_path))
    assert plain is not None
    assert not is_plain(plain)
