"""cdse_access.jp2.survey: where a tile is expected, worked out by hand on grids of four tiles."""

from math import isclose, sqrt

import pytest

from cdse_access.jp2.codestream import Header, Layout
from cdse_access.jp2.survey import BLIND, BY_OTHER_DATES, BY_THIS_DATE, File, Survey, interpolate, spread

# Four tiles of 10 x 10 pixels side by side; tile-parts from byte 100 to 500.
HEADER = Header(b"", {}, Layout(40, 10, 10, 10, 1, 15), 100, 500)
KNOWN = {0: 100, 4: 500}


def survey(*files: File) -> Survey:
    found = Survey()
    for file in files:
        found.add(file, BLIND, [])
    return found


def test_a_place_lies_between_its_known_neighbours():
    by_number = float
    assert interpolate({0: 100, 4: 500}, by_number, 1) == 200
    assert interpolate({0: 100, 2: 400, 4: 500}, by_number, 1) == 250
    assert interpolate({0: 100, 2: 400, 4: 500}, by_number, 2) == 400


def test_the_middle_is_the_most_uncertain_and_what_is_known_is_certain():
    assert spread(KNOWN, 2) == 1 and isclose(spread(KNOWN, 1), sqrt(3 / 4)) and spread(KNOWN, 4) == 0


def test_without_other_files_pixels_decide():
    guess = survey().guess(HEADER, "1", "B04")
    assert guess.kind == BLIND and [guess.place(KNOWN, number) for number in range(5)] == [100, 200, 300, 400, 500]


def test_other_dates_are_averaged_by_their_share_of_the_file():
    files = [File("1", "B04", {0: 0, 2: 60, 4: 100}), File("2", "B04", {0: 50, 2: 210, 4: 250})]  # 60 %, 80 %
    guess = survey(*files).guess(HEADER, "3", "B04")
    assert guess.kind == BY_OTHER_DATES and isclose(guess.place(KNOWN, 2), 100 + 0.7 * 400)
    assert isclose(guess.place(KNOWN, 1), 100 + 0.35 * 400)  # half of the way there


def test_the_same_band_is_preferred():
    files = [File("1", "B04", {0: 0, 2: 60, 4: 100}), File("2", "B08", {0: 0, 2: 20, 4: 100})]
    assert isclose(survey(*files).guess(HEADER, "3", "B08").place(KNOWN, 2), 100 + 0.2 * 400)


def test_another_band_of_the_date_has_the_same_clouds():
    guess = survey(File("1", "B04", {0: 0, 2: 60, 4: 100})).guess(HEADER, "1", "B08")
    assert guess.kind == BY_THIS_DATE and isclose(guess.place(KNOWN, 2), 100 + 0.6 * 400)


@pytest.mark.parametrize(("there", "here"), [(0.75, 0.55), (0.5001, 0.3)])
def test_a_band_is_shifted_as_the_other_one_is_unless_it_is_chance(there, here):
    """B04 lies at 50 % and B08 at 30 % at other dates: with B04 at 75 % today, B08 is expected at 55 %."""
    files = [
        *(File(date, "B04", {0: 0, 2: 50, 4: 100}) for date in "12"),
        *(File(date, "B08", {0: 0, 2: 30, 4: 100}) for date in "12"),
        File("3", "B04", {0: 0, 2: 10000 * there, 4: 10000}),
    ]
    assert isclose(survey(*files).guess(HEADER, "3", "B08").place(KNOWN, 2), 100 + here * 400, abs_tol=1)


def test_a_file_of_another_count_of_tiles_plays_no_part():
    assert survey(File("1", "B04", {0: 0, 2: 60, 9: 100})).guess(HEADER, "1", "B08").kind == BLIND


def test_margins_follow_from_what_was_missed():
    found = survey()
    assert isclose(found.guess(HEADER, "1", "B04").margin(KNOWN, 2, 100), BLIND * 100)
    found.add(File("1", "B04", KNOWN), BY_THIS_DATE, [0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.1, 1.2])
    guess = found.guess(HEADER, "1", "B08")  # nine of ten have missed by no more than 1.1
    assert isclose(guess.margin(KNOWN, 2, 100), 110) and isclose(guess.margin(KNOWN, 1, 100), 110 * sqrt(3 / 4))
