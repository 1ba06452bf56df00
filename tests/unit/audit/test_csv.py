"""CSV that is read back as written and contains no formulas."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from authsite.audit.csv import csv_lines, escape_formula

FORMULAS = "=+-@\t\r\n\uff1d\uff0b\uff0d\uff20"
texts = st.text(alphabet=st.sampled_from(f"{FORMULAS}ab \"',;|"), max_size=12) | st.text()


@pytest.mark.asvs("1.2.10")
@pytest.mark.parametrize("formula", FORMULAS)
def test_formula_at_the_start_of_a_cell_is_escaped(formula):
    assert escape_formula(f"{formula}SUM(1)") == f"'{formula}SUM(1)"
    assert escape_formula(f'  "{formula}SUM(1)').startswith("'")


@pytest.mark.asvs("1.2.10")
@pytest.mark.parametrize("separator", ",;|")
def test_formula_after_a_separator_is_escaped(separator):
    assert escape_formula(f"a{separator}=1+1{separator} @x") == f"a{separator}'=1+1{separator}' @x"


@pytest.mark.parametrize("text", ["", "a=b", "2026-11-25", "a-b", "ada+x@example.com", "a, b"])
def test_ordinary_cell_is_unchanged(text):
    assert escape_formula(text) == text


@given(st.lists(st.lists(texts, min_size=1, max_size=4), max_size=4))
def test_csv_rows_are_read_back_without_formulas(rows):
    written = "".join(csv_lines(rows))
    read = list(csv.reader(io.StringIO(written, newline="")))
    assert read == [[escape_formula(cell) for cell in row] for row in rows]
    for row in read:
        for cell in row:
            assert not cell.startswith(tuple(FORMULAS))
            for separator in ",;|":
                for part in cell.split(separator):
                    assert not part.lstrip(" \"'").startswith(("=", "@")) or "'" in part
