"""A file as rows of text: CSV in the shapes spreadsheets write it, or xlsx. Bytes in, rows out, no I/O.

Files come from outside: what unpacks to too much, or has too many rows or columns, is refused before it is
held whole.
"""

import csv
import io
import re
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any, Final

from openpyxl import load_workbook

MAX_ROWS: Final = 50_000
MAX_COLUMNS: Final = 200
MAX_UNPACKED: Final = 64 * 1024 * 1024
_MAX_PARTS: Final = 1_000
_LAST_ROW: Final = 1_048_576  # of a spreadsheet; a file may name a row far beyond it
_PIECE: Final = 64 * 1024
_ZIP, _OLD_SPREADSHEET = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
_SEPARATORS: Final = (";", ",", "\t")
# What our own exports put before a cell that a spreadsheet would take for a formula.
_QUOTED_FORMULA = re.compile(r"^'(?=[=+\-@])")

Row = tuple[int, list[str]]
"""The number of the row in the file, as a spreadsheet shows it, and its cells."""


class FileUnreadable(Exception):
    """`code` says why; nothing of the file is repeated."""

    def __init__(self, code: str, row: int | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.row = row


@dataclass(frozen=True, slots=True)
class Table:
    """The first row that has anything in it is the header; empty rows are left out."""

    header: Row
    rows: list[Row]


def read_table(raw: bytes) -> Table:
    """The content decides what it is, not what it is said to be. Raises FileUnreadable."""
    if raw.startswith(_OLD_SPREADSHEET):
        raise FileUnreadable("old_spreadsheet")
    rows = _filled(_xlsx(raw) if raw.startswith(_ZIP) else _csv(raw))
    header = next(rows, None)
    if header is None:
        raise FileUnreadable("empty_file")
    listed: list[Row] = []
    for row in rows:
        if len(listed) == MAX_ROWS:
            raise FileUnreadable("too_many_rows", row[0])
        listed.append(row)
    return Table(header, listed)


def _filled(rows: Iterable[Row]) -> Iterator[Row]:
    for number, cells in rows:
        while cells and not cells[-1]:
            cells.pop()
        if len(cells) > MAX_COLUMNS:
            raise FileUnreadable("too_many_columns", number)
        if cells:
            yield number, cells


def _csv(raw: bytes) -> Iterator[Row]:
    text = _decoded(raw)
    first = next((line for line in text.splitlines() if line.strip()), "")
    separator = max(_SEPARATORS, key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    number = 0
    try:
        for number, cells in enumerate(reader, 1):
            yield number, [_tidy(cell) for cell in cells]
    except csv.Error as error:
        raise FileUnreadable("malformed_csv", number + 1) from error


def _decoded(raw: bytes) -> str:
    if b"\x00" in raw:
        raise FileUnreadable("unknown_encoding")
    for encoding in ("utf-8-sig", "cp1252"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise FileUnreadable("unknown_encoding")


@contextmanager
def _as_a_spreadsheet() -> Iterator[None]:
    """A broken or hostile file comes out of zipfile, openpyxl, defusedxml and expat in any shape."""
    try:
        yield
    except FileUnreadable:
        raise
    except Exception as error:
        raise FileUnreadable("malformed_spreadsheet") from error


def _xlsx(raw: bytes) -> Iterator[Row]:
    """Its first sheet."""
    with _as_a_spreadsheet():
        workbook = load_workbook(_unpacked(raw), read_only=True, data_only=True, keep_links=False)
        sheet = workbook.worksheets[0]
        sheet.reset_dimensions()  # many programs write a wrong one, and rows would be lost
        for number, cells in enumerate(sheet.iter_rows(values_only=True), 1):
            if number > _LAST_ROW:
                raise FileUnreadable("too_many_rows", number)
            yield number, [_tidy(_text(cell)) for cell in cells]


def _unpacked(raw: bytes) -> io.BytesIO:
    """The same archive, inflated by us piece by piece: its parts may lie about their size, these do not."""
    copy, left = io.BytesIO(), MAX_UNPACKED
    with zipfile.ZipFile(io.BytesIO(raw)) as archive, zipfile.ZipFile(copy, "w") as plain:
        parts = [one for one in archive.infolist() if one.filename.endswith((".xml", ".rels"))]
        if len(parts) > _MAX_PARTS or sum(one.file_size for one in parts) > left:
            raise FileUnreadable("unpacks_to_too_much")
        for part in parts:
            with archive.open(part) as packed, plain.open(part.filename, "w") as unpacked:
                while piece := packed.read(_PIECE):
                    left -= len(piece)
                    if left < 0:
                        raise FileUnreadable("unpacks_to_too_much")
                    unpacked.write(piece)
    copy.seek(0)
    return copy


def _text(cell: Any) -> str:
    """As it would be typed: whole numbers without a fraction, dates as ISO."""
    if cell is None:
        return ""
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell.time() == time() else cell.isoformat()
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell)


def _tidy(cell: str) -> str:
    return _QUOTED_FORMULA.sub("", " ".join(cell.split()))
