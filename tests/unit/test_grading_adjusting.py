"""Marks by hand: what a line must be, and what is said of one that is not."""

import pytest
from interpbook.grading.adjusting import Adjustment, AdjustmentError, read_adjustments
from interpbook.grading.bundle import Bundle, Task

TASKS = tuple(Task(f"toy.{n}", "01_toy", f"toy-{n}", "implement", n, 2.0, "calls", 0.0, 0.0, True) for n in ("a", "b"))
BUNDLE = Bundle("hw1", "00", TASKS)


def read(tmp_path, text):
    (tmp_path / "adjustments.csv").write_bytes(text.encode())
    return read_adjustments(tmp_path / "adjustments.csv", BUNDLE, ["anna", "=cmd", "Bö, K"])


@pytest.mark.parametrize(
    "text",
    [
        'student,exercise,points,comment\nanna,toy.a,1.5,"Good, late"\n=cmd,toy.b,0,\n',
        '\ufeffStudent;Exercise;Points;Comment\r\nanna;toy.a;1,5;"Good, late"\r\n\'=cmd;toy.b;0\r\n;;;\r\n',
        'points,comment,exercise,student,seen by\n1.5,"Good, late",toy.a,anna,me\n\n0,,toy.b,=cmd,me',
    ],
)
def test_the_same_marks_in_three_ways(tmp_path, text):
    expected = {("anna", "toy.a"): Adjustment(1.5, "Good, late"), ("=cmd", "toy.b"): Adjustment(0.0)}
    assert read(tmp_path, text) == expected


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("nobody,toy.a,1,", r"line 2: nobody is called 'nobody'.*anna"),
        ("anna,toy.c,1,", r"line 2: hw1 has no exercise 'toy.c'.*toy.a, toy.b"),
        ("anna,toy.a,2.5,", r"line 2: '2.5' should be points from 0 to 2"),
        ("anna,toy.a,-1,", "from 0 to 2"),
        ("anna,toy.a,nan,", "from 0 to 2"),
        ("anna,toy.a,,", "from 0 to 2"),
        ("anna,toy.a,1,\nanna,toy.a,2,", "line 3: anna, toy.a was there before"),
    ],
)
def test_lines_that_cannot_be_taken(tmp_path, line, said):
    with pytest.raises(AdjustmentError, match=said):
        read(tmp_path, f"student,exercise,points,comment\n{line}\n")


@pytest.mark.parametrize("text", ["anna,toy.a,1,\n", "", "student,points\n"])
def test_a_file_without_its_first_line(tmp_path, text):
    with pytest.raises(AdjustmentError, match="first line should be student,exercise,points,comment"):
        read(tmp_path, text)
