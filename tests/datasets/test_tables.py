"""Tables as users have them, whatever program and country they are from."""

import datetime
import gzip

import openpyxl
import pytest

from synthmix.datasets.tables import read_table
from synthmix.errors import UserError

ROWS = [["a.png", "007", "Müller, Jörg"], ["b.png", "7", ""]]
TEXT = 'file,patient,name\na.png,007,"Müller, Jörg"\nb.png,7,\n'


@pytest.fixture
def read(tmp_path):
    """Return a function that reads a file of the given content."""

    def read(content, name="list.csv", **options):
        content = content.encode() if isinstance(content, str) else content
        (tmp_path / name).write_bytes(content)
        return read_table(tmp_path / name, **options)

    return read


def rows_of(table):
    return table.rows.to_numpy().tolist()


@pytest.mark.parametrize("name", ["list.csv", "list.tsv", "list.txt"])
@pytest.mark.parametrize(
    "content",
    [
        *(TEXT, f"\ufeff{TEXT}", TEXT.replace("\n", "\r\n"), TEXT.replace("\n", "\r"), TEXT[:-1]),
        *(TEXT.encode("utf-16"), TEXT.encode("utf-16-le"), TEXT.encode("utf-16-be")),
        *(TEXT.encode("utf-32"), TEXT.encode("cp1252"), gzip.compress(TEXT.encode(), mtime=0)),
        *(f"\n  \n{TEXT}\n,,\n", f"sep=,\n{TEXT}"),
        TEXT.replace("\n", ",,\n"),
        "file;patient;name\na.png;007;Müller, Jörg\nb.png;7;\n",
        'sep=;\r\n"file";"patient";"name"\r\n"a.png";"007";"Müller, Jörg"\r\n"b.png";"7";""\r\n',
        "file\tpatient\tname\na.png\t007\tMüller, Jörg\nb.png\t7\t\n",
        "file|patient|name\na.png|007|Müller, Jörg\nb.png|7|\n",
        'file, patient, name\n a.png , 007,  "Müller, Jörg"\n"b.png", "7", ""\n',
    ],
)
def test_ways_of_writing_a_table(read, content, name):
    table = read(content, name)
    assert table.columns == ("file", "patient", "name")
    assert rows_of(table) == ROWS


def test_another_encoding_is_told(read, caplog):
    read(TEXT.encode("cp1252"))
    assert "is not UTF-8 and is read as Windows-1252, such as Müller" in caplog.text


def test_rows_are_known_by_their_lines(read):
    table = read('a,b\n\n1,"x\ny"\n\n2,z\n')
    assert list(table.rows.index) == [3, 6]
    assert table.texts("b", "columns.b").to_dict() == {3: "x\ny", 6: "z"}


def test_a_table_without_rows(read):
    assert rows_of(read("a,b\n")) == []


def test_one_column(read):
    assert rows_of(read("a\nx y\n")) == [["x y"]]


def test_the_index_of_pandas_has_no_name(read):
    assert read(",a,b\n0,x,y\n").texts("b", "columns.b").tolist() == ["y"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "it is empty"),
        ("\n,,\n", "it is empty"),
        ("a,b\n1,2\n1,2,3\n1\n", r"2 of 3 rows have .* has 2 .*: line 3 has 3; line 4 has 1; mend"),
        ("a;b\n1;2\n1;2;3\n", "line 3 has 3"),
        ("# of 2024\n\na,b\n1,2\n", r"has 1 \(# of 2024, line 1\): .* nothing above the header"),
        ("\n# by me, and you\na,b,c\n1,2,3\n", r"has 2 \(# by me, and you, line 2\): line 3 has 3"),
        ('a,b\n1,2\n"1,2\n3,4\n', "row that begins in line 3 a quote is not closed"),
        ('a,b\n1,"x" y\n', "line 2 a quote"),
        ("<!DOCTYPE html>\n<p>Log in</p>", "is a web page"),
        (b"a,b\n\x81\xff,2\n", "neither UTF-8 nor Windows-1252"),
        (b"\xff\xfea\0,", "is no text"),
        (b"a,b\n" + bytes(range(0, 32)), "is no text"),
        (b"\xd0\xcf\x11\xe0 old", "save it as .xlsx"),
        (b"PK\3\4 no workbook", "is no workbook of Excel"),
        (b"PAR1 no table", "cannot be read as a table"),
        (gzip.compress(TEXT.encode(), mtime=0)[:40], "cannot be unpacked"),
    ],
)
def test_unreadable(read, content, message):
    with pytest.raises(UserError, match=message):
        read(content)


def test_a_folder_is_no_table(tmp_path):
    with pytest.raises(UserError, match="cannot be read as a table"):
        read_table(tmp_path)
    with pytest.raises(FileNotFoundError):
        read_table(tmp_path / "gone.csv")


class TestColumns:
    @pytest.mark.parametrize(
        "header", ["patient_id", " Patient ID ", "PATIENT-ID", "patientId\u200b"]
    )
    def test_nearly_of_that_name(self, read, header):
        table = read(f"file,{header}\na.png,1\n")
        assert table.texts("patient_id", "columns.patient").tolist() == ["1"]

    def test_the_exact_name_comes_first(self, read):
        table = read("Patient,patient\n1,2\n")
        assert table.texts("patient", "columns.patient").tolist() == ["2"]

    def test_two_that_could_be_it(self, read):
        for header in ("Patient,PATIENT", "patient,patient "):
            with pytest.raises(UserError, match=r"could be 'patient': .*column 1.*column 2"):
                read(f"{header}\n1,2\n").texts("patient", "columns.patient")

    def test_what_was_found_and_what_was_looked_for(self, read):
        expected = (
            r"no column 'patient'; set columns\.patient to the right one of its columns "
            r"\(file, patiant\); did you mean patiant\?"
        )
        with pytest.raises(UserError, match=expected):
            read("file,patiant\n1,2\n").texts("patient", "columns.patient")


class TestWorkbooks:
    @pytest.fixture
    def save(self, tmp_path):
        """Return a function that writes sheets, of rows of cells, and reads the file."""

        def save(read_sheet=None, change=None, **sheets):
            book = openpyxl.Workbook()
            book.remove(book.active)
            for title, rows in sheets.items():
                sheet = book.create_sheet(title)
                for row in rows:
                    sheet.append(row)
            if change:
                change(book)
            book.save(tmp_path / "list.xlsx")
            return read_table(tmp_path / "list.xlsx", read_sheet)

        return save

    def test_text_stays_and_whole_numbers_have_no_point(self, save):
        day = datetime.date(2020, 3, 1)
        cells = ["007", 7, 7.0, 0.5, True, None, day, datetime.datetime(2020, 3, 1, 7), " x "]
        table = save(A=[[f"c{number}" for number in range(9)], [], cells])
        expected = ["007", "7", "7", "0.5", "true", "", "2020-03-01", "2020-03-01T07:00:00", "x"]
        assert rows_of(table) == [expected]
        assert list(table.rows.index) == [3]

    def test_zeros_that_the_sheet_shows(self, save):
        def show_zeros(book):
            book["A"]["A2"].number_format = "000"

        assert rows_of(save(A=[["p"], [7], [7]], change=show_zeros)) == [["007"], ["7"]]

    def test_a_title_above_the_header(self, save):
        with pytest.raises(UserError, match=r"columns \(Of 2020\); nothing may stand above"):
            save(A=[["Of 2020"], [], ["file", "p"], ["a", "7"]]).texts("p", "columns.patient")

    def test_merged_cells_all_say_it(self, save):
        def merge(book):
            book["A"].merge_cells("A2:A3")

        rows = [["p", "file"], ["P1", "a"], [None, "b"], ["P2", "c"]]
        assert rows_of(save(A=rows, change=merge)) == [["P1", "a"], ["P1", "b"], ["P2", "c"]]

    def test_the_first_of_several_sheets_is_read_and_told(self, save, caplog):
        sheets = {"One": [["a"], ["1"]], "Two": [["a"], ["2"]]}
        assert rows_of(save(**sheets)) == [["1"]]
        assert "of its sheets (One, Two) the first is read" in caplog.text
        assert rows_of(save("Two", **sheets)) == [["2"]]
        with pytest.raises(UserError, match=r"sheet: 'Tow' is not one of .*did you mean Two"):
            save("Tow", **sheets)

    def test_a_workbook_that_is_cut_off(self, tmp_path, save):
        save(A=[["a", "b"], ["1", "2"]])
        content = (tmp_path / "list.xlsx").read_bytes()
        for length in (10, 2000, len(content) - 10):
            (tmp_path / "list.xlsx").write_bytes(content[:length])
            with pytest.raises(UserError, match="is no workbook of Excel"):
                read_table(tmp_path / "list.xlsx")

    def test_a_workbook_called_csv(self, tmp_path, save):
        save(A=[["a", "b"], ["1", "2"]])
        (tmp_path / "list.xlsx").rename(tmp_path / "list.csv")
        assert rows_of(read_table(tmp_path / "list.csv")) == [["1", "2"]]
