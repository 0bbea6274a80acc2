"""Canvas's and Moodle's gradebooks: of the whole file, only our cells of our students change, byte for byte."""

import pytest
from interpbook.grading.bundle import Bundle, Task
from interpbook.grading.exports import ExportError
from interpbook.grading.found import Found
from interpbook.grading.gradebooks import canvas, fill, moodle, read_text
from interpbook.grading.marks import Entry, Marks, Row

TASK = Task("toy.double", "01_toy", "toy-double", "implement", "double", 2.0, "calls", 0.0, 0.0, True)


def marks(**points):
    rows = [Row(who, "", (Entry(TASK, p, Found("passed", p / 2)),)) for who, p in points.items()]
    return Marks(Bundle("hw1", "00", (TASK,)), tuple(rows), "bubblewrap")


CANVAS = (
    "\ufeffStudent,ID,SIS User ID,SIS Login ID,Section,hw0 (11),hw1 (12),hw10 (13),"
    "Homework Current Score,Current Score (read only)\r\n"
    ",,,,,,Manual Posting,,(read only),(read only)\r\n"
    "    Points Possible,,,,,5.0,2.0,2,(read only),(read only)\r\n"
    '"Größe, Anna",47,,agr@example.com,"Section 1, Monday",3.0,,,88.1,88.1\r\n'
    '"O\'Neil, ""Bo""",48,bo,bo@example.com,A and B,4.0,"0.5",1,"77,0",77\r\n'
    "Zoë,52,zoe,,A, 3 ,EX,,,\r\n"
    "\r\n"
    '"Multi\nline",53,multi,,A,,1.5,,,\r\n'
    '"Student, Test",49,,4fca,A,,,,,\r\n'
)


def test_of_a_canvas_gradebook_only_our_cells_change():
    text, said = fill(canvas(CANVAS, "hw1"), marks(**{"47": 2.0, "bo": 1.25, "52": 0.0, "gone": 2.0}))
    expected = CANVAS.replace('Monday",3.0,,,', 'Monday",3.0,2,,').replace('4.0,"0.5",', '4.0,"1.25",')
    assert text == expected.replace(" 3 ,EX,", " 3 ,0,")
    missing = "--canvas: in the gradebook, but nothing graded: Multi line."
    assert said == ["--canvas: graded, but not in the gradebook: gone.", missing]


def test_a_gradebook_in_which_nobody_is_ours_is_left_as_it_was(tmp_path):
    for text in (CANVAS, CANVAS.replace("\r\n", "\n"), CANVAS.rstrip("\r\n"), CANVAS.replace("\r\n", "\r")):
        (tmp_path / "book.csv").write_bytes(text.encode())
        assert fill(canvas(read_text(tmp_path / "book.csv", "--canvas"), "hw1"), marks(nobody=1.0))[0] == text


def test_other_points_possible_are_told():
    (said,) = fill(canvas("Student,ID,hw1 (1)\n  Points Possible,,10\nA,1,\n", "hw1"), marks(**{"1": 2.0}))[1]
    assert "expects 10 points, hw1 has 2" in said


MOODLE = (
    "\ufeffIdentifier,Full name,Email address,Status,Grade,Maximum Grade,Grade can be changed,Feedback comments\n"
    '"Participant 4711","Jane Smith",jane@example.com,"Submitted for grading",-,2.00,Yes,"<p>Well, done</p>"\n'
    "Participant 4712,Ana García,ana@example.com,No submission,,2.00,Yes,\n"
    "Participant 4713,Li,li@example.com,Submitted for grading,1.00,2.00,No,\n"
)


def test_of_a_moodle_worksheet_only_the_grade_changes():
    text, said = fill(moodle(MOODLE), marks(**{"4711": 1.5, "li@example.com": 2.0}))
    assert text == MOODLE.replace('grading",-,', 'grading",1.5,').replace("grading,1.00,", "grading,2,")
    assert said == ["--moodle: in the gradebook, but nothing graded: Participant 4712."]


@pytest.mark.parametrize(
    ("open_book", "text", "said"),
    [
        (lambda text: canvas(text, "hw1"), "a,b\n", "no column ID"),
        (lambda text: canvas(text, "hw1"), "Student,ID,hw1 (1),hw1 (2)\n", "2 columns"),
        (lambda text: canvas(text, "hw1"), "Student,ID,hw2 (1)\n", "0 columns"),
        (lambda text: canvas(text, "hw1"), 'Student,ID,hw1 (1)\n"A,1,\n', "line 2 a quoted cell does not end"),
        (lambda text: canvas(text, "hw1"), "", "no column ID"),
        (moodle, "Nummer,Bewertung\n", "no grading worksheet"),
    ],
)
def test_gradebooks_that_cannot_be_filled(open_book, text, said):
    with pytest.raises(ExportError, match=said):
        open_book(text)


def test_a_student_on_two_lines_is_refused():
    book = canvas("Student,ID,SIS Login ID,hw1 (1)\nA,47,x,\nB,48,47,\n", "hw1")
    with pytest.raises(ExportError, match="two lines"):
        fill(book, marks(**{"47": 1.0}))


def test_a_file_that_is_not_text(tmp_path):
    (tmp_path / "book.csv").write_bytes(b"\xff\xfeS\x00")
    with pytest.raises(ExportError, match="UTF-8"):
        read_text(tmp_path / "book.csv", "--canvas")
