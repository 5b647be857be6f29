"""A list of students is read as school programs and spreadsheets write it, and hostile files are refused."""

import io
import zipfile
from datetime import date
from pathlib import Path

import pytest
from openpyxl import Workbook

from gateway.student_import import reading
from gateway.student_import.problems import Severity
from gateway.student_import.reading import FileUnreadable, read_table
from gateway.student_import.rows import HeaderWrong, StudentFile, read_students

TODAY = date(2026, 9, 1)
CSV = """\
Leerlingnummer;Roepnaam;Tussenvoegsel;Achternaam;Geboortedatum;E-mail;Straat;Huisnummer;Toevoeging;Postcode;\
Woonplaats;Vestiging;Afdeling;Stamklas;Profiel;Keuzevakken
00123;Zoë;van der;Öst;01-08-2012;z@x.nl;Kade;12;bis;1234 AB;'s-Gravenhage;HO;H4;H4a;NG;biol, wisA
"""


def read(text: str | bytes, branch: str = "HO") -> StudentFile:
    return read_students(text.encode() if isinstance(text, str) else text, branch, TODAY)


def found(file: StudentFile) -> list[tuple[int | None, str | None, str]]:
    return [(one.row, one.column, one.code) for one in file.problems]


def workbook(*rows: list[object]) -> bytes:
    book, raw = Workbook(), io.BytesIO()
    for row in rows:
        assert book.active
        book.active.append(row)
    book.save(raw)
    return raw.getvalue()


def zipped(**parts: bytes) -> bytes:
    raw = io.BytesIO()
    with zipfile.ZipFile(raw, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name.replace("__", "/") + ".xml", content)
    return raw.getvalue()


def test_each_column_is_understood():
    [student] = read(CSV).rows
    assert (student.row, student.code, student.department, student.home_class) == (2, "00123", "H4", "H4a")
    assert (student.profile, student.choices) == ("NG", ("biol", "wisA"))
    assert student.details == {
        "given_name": "Zoë", "prefix": "van der", "family_name": "Öst", "birth_date": "2012-08-01",
        "email": "z@x.nl", "street": "Kade", "house_number": "12 bis", "postal_code": "1234 AB",
        "city": "'s-Gravenhage",
    }  # fmt: skip


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
@pytest.mark.parametrize("separator", [";", "\t"])
def test_encodings_and_separators_make_no_difference(encoding, separator):
    assert read(CSV.replace(";", separator).encode(encoding)).rows == read(CSV).rows


def test_commas_english_names_any_order_and_windows_line_ends():
    file = read('department,Given Name,student_code,choice package\r\nH4,Jan,5,"biol|wisA"\r\n')
    [student] = file.rows
    assert (student.code, student.details, student.choices) == ("5", {"given_name": "Jan"}, ("biol", "wisA"))


def test_spreadsheet_cells_are_text_numbers_and_dates():
    file = read(
        workbook(
            [None, None, None],
            ["Stamnr", "Geb.datum", "Afdeling", "Roepnaam", "Huisnr"],
            [200123.0, date(2012, 8, 1), "H4", "Jan", 12],
            ["00124", "1-8-2012", "H4", "'=Jan", "12a"],
        )
    )
    assert [(one.row, one.code, one.details["birth_date"]) for one in file.rows] == [
        (3, "200123", "2012-08-01"),
        (4, "00124", "2012-08-01"),
    ]
    assert [one.details["given_name"] for one in file.rows] == ["Jan", "=Jan"]  # as our own export quotes it
    assert [one.details["house_number"] for one in file.rows] == ["12", "12a"]


def test_number_as_text_with_a_fraction_is_understood():
    assert [one.code for one in read("code;afdeling\n200123.0;H4\n").rows] == ["200123"]


def test_every_problem_is_named_by_row_and_column_and_never_by_value():
    file = read(
        "code;afdeling;geboortedatum;e-mail;postcode;achternaam;geheim\n"
        ";H4;;;;A;\n"
        "12x;H4;;;;A;\n"
        "7;H4;31-02-2012;;;A;\n"
        "7;;01-01-12;;;A;\n"
        "8;H4;01-01-2031;geen;12;;\n"
        f"9;H4;;;;{'a' * 101};\n"
        "10;H4;;;;A\u202eB;\n"
    )
    assert found(file) == [
        (1, "G", "unknown_column"),
        (2, "code", "missing_code"),
        (3, "code", "not_digits"),
        (4, "code", "duplicate_code"),
        (4, "birth_date", "bad_date"),
        (5, "code", "duplicate_code"),
        (5, "department", "missing_department"),
        (5, "birth_date", "bad_date"),
        (6, "family_name", "missing_name"),
        (6, "birth_date", "bad_date"),
        (6, "email", "bad_email"),
        (6, "postal_code", "bad_postal_code"),
        (7, "family_name", "too_long"),
        (7, "family_name", "missing_name"),
        (8, "family_name", "odd_characters"),
        (8, "family_name", "missing_name"),
    ]
    assert file.rows == []
    assert sorted(file.seen) == ["10", "7", "7", "8", "9"]
    assert file.complete is False
    assert "geheim" not in repr(file.problems)


def test_odd_email_is_left_out_odd_postal_code_is_kept():
    file = read(
        "code;afdeling;e-mail;postcode;land;naam\n1;H4;geen;12;;\n2;H4;a@b.nl;B-1000;België;\n3;H4;;;nederland;\n"
    )
    assert [dict(one.details) for one in file.rows] == [
        {"postal_code": "12"},
        {"postal_code": "B-1000", "country": "België", "email": "a@b.nl"},
        {"country": "NL"},
    ]
    assert {one.severity for one in file.problems} == {Severity.WARNING}


def test_empty_cell_says_nothing_but_who_has_a_name_has_no_prefix():
    file = read("code;afdeling;stamklas;tussenvoegsel;achternaam;plaats\n1;H4;;;Berg;\n2;H4;;;;\n")
    assert [dict(one.details) for one in file.rows] == [{"family_name": "Berg", "prefix": ""}, {}]
    assert [one.home_class for one in file.rows] == [None, None]


def test_rows_of_another_branch_are_passed_over_and_seen():
    file = read("code;afdeling;vestiging\n1;H4;HO\n2;H4;ZU\n3;H4;ho\n4;H4;\n")
    assert ([one.code for one in file.rows], file.elsewhere, file.seen) == (["1", "3", "4"], 1, ["2"])
    with pytest.raises(HeaderWrong) as wrong:
        read("code;afdeling;vestiging;achternaam\n2;H4;ZU;A\n")
    assert [one.code for one in wrong.value.problems] == ["no_row_of_this_branch"]


def test_header_without_its_columns_is_refused():
    with pytest.raises(HeaderWrong) as wrong:
        read("stamnummer;leerlingnummer;naam\n1;1;Jan\n")
    assert [(one.column, one.code) for one in wrong.value.problems if one.is_error] == [
        ("code", "column_twice"),
        ("department", "missing_column"),
    ]


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b"", "empty_file"),
        (b"\n;;\n", "empty_file"),
        (b"code;afdeling\n1;\x00\n", "unknown_encoding"),
        (b"code;afdeling\n1;\x81\n", "unknown_encoding"),
        (b'code;afdeling\n1;"H4\n2;H4\n', "malformed_csv"),
        (b"\xd0\xcf\x11\xe0 and so on", "old_spreadsheet"),
        (b"PK\x03\x04 and no more", "malformed_spreadsheet"),
        (zipped(a=b"<a/>"), "malformed_spreadsheet"),
        (("code;" * 201 + "\n" + "1;" * 200 + "1\n").encode(), "too_many_columns"),
    ],
)
def test_file_that_cannot_be_read_says_why(raw, code):
    with pytest.raises(FileUnreadable) as refused:
        read_table(raw)
    assert refused.value.code == code


def test_file_that_unpacks_to_too_much_is_refused():
    with pytest.raises(FileUnreadable, match="unpacks_to_too_much"):
        read_table(zipped(xl__sharedStrings=b" " * (reading.MAX_UNPACKED + 1)))


def test_part_that_lies_about_its_size_is_not_believed():
    raw = bytearray(zipped(xl__workbook=b" " * 1_000_000))
    entry = raw.rindex(b"PK\x01\x02")
    raw[entry + 24 : entry + 28] = (10).to_bytes(4, "little")
    with pytest.raises(FileUnreadable, match="malformed_spreadsheet"):
        read_table(bytes(raw))


def _with_sheet(sheet: str) -> bytes:
    """A real workbook with this sheet in the place of its own."""
    raw = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(workbook(["code"]))) as given,
        zipfile.ZipFile(raw, "w", zipfile.ZIP_DEFLATED) as made,
    ):
        for part in given.infolist():
            is_sheet = part.filename == "xl/worksheets/sheet1.xml"
            made.writestr(part.filename, sheet if is_sheet else given.read(part))
    return raw.getvalue()


SHEET = '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>{}</sheetData></worksheet>'


def test_row_far_beyond_the_last_one_of_a_spreadsheet_is_refused():
    far = '<row r="1"><c r="A1"><v>1</v></c></row><row r="99999999999"><c r="A99999999999"><v>1</v></c></row>'
    with pytest.raises(FileUnreadable, match="too_many_rows"):
        read_table(_with_sheet(SHEET.format(far)))


def test_entities_that_grow_are_refused():
    bomb = '<!DOCTYPE a [<!ENTITY b "bbbb"><!ENTITY c "&b;&b;&b;">]>' + SHEET.format("")
    with pytest.raises(FileUnreadable, match="malformed_spreadsheet"):
        read_table(_with_sheet(bomb))


def test_too_many_rows_are_refused():
    with pytest.raises(FileUnreadable, match="too_many_rows"):
        read_table(b"code;afdeling\n" + b"1;H4\n" * (reading.MAX_ROWS + 1))


def test_example_of_the_manual_is_read_without_a_problem():
    manual = (Path(__file__).parents[2] / "docs" / "student-import.md").read_text()
    example = manual.partition("```csv\n")[2].partition("```")[0]
    file = read(example)
    assert (len(file.rows), file.problems) == (9, [])
