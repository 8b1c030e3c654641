"""Reads the records of a file: CSV with a header, or JSON lines. Both in UTF-8."""

import csv
import io
import json
from collections.abc import Iterator
from typing import Any

from batch_scorer.model import RecordError

SUFFIXES = (".csv", ".jsonl")


def records_of(suffix: str, data: bytes) -> Iterator[tuple[int, dict[str, Any]]]:
    """Give each record with the number of the line that it ends on.

    Args:
        suffix: ".csv" or ".jsonl".
        data: The file's bytes.

    Raises:
        RecordError: The file is not what its suffix says; the message names the line.
    """
    try:
        text = data.decode("utf-8-sig")  # spreadsheets put a byte order mark first
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise RecordError(f"line {line}: not UTF-8") from error
    return _csv(text) if suffix == ".csv" else _json_lines(text)


def _csv(text: str) -> Iterator[tuple[int, dict[str, Any]]]:
    reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    names = reader.fieldnames or []
    if len(set(names)) != len(names):
        raise RecordError("line 1: a column is named twice")
    try:
        for record in reader:
            # DictReader files surplus values under None and fills missing ones with None
            if None in record or None in record.values():
                raise RecordError(f"line {reader.line_num}: it has not {len(names)} values like the header")
            yield reader.line_num, record
    except csv.Error as error:
        raise RecordError(f"line {reader.line_num}: {error}") from error


def _json_lines(text: str) -> Iterator[tuple[int, dict[str, Any]]]:
    # not splitlines(): it also splits at U+2028, which JSON allows inside a string
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            record = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise RecordError(f"line {number}: no JSON: {error}") from error
        if not isinstance(record, dict):
            raise RecordError(f"line {number}: it has to be an object")
        yield number, record
