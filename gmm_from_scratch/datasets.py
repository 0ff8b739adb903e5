"""The course's three tables, and a careful reader for a fourth: your own.

`load_old_faithful` and `load_penguins` read real measurements.
`load_mall_customers` reads 200 synthetic customers, or any file with the columns
of the well-known ``Mall_Customers.csv``. `make_mall_customers` draws the synthetic
ones again, with the segment that each came from, so that a fitted mixture can be
compared with the truth. Nothing is downloaded.
"""

import csv
import io
import math
import os
import re
import textwrap
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

__all__ = [
    "MALL_COLUMNS",
    "MALL_FEATURES",
    "MALL_SEED",
    "MALL_SEGMENTS",
    "PENGUIN_FEATURES",
    "Segment",
    "load_mall_customers",
    "load_old_faithful",
    "load_penguins",
    "make_mall_customers",
]

PENGUIN_FEATURES = [
    "bill_length_mm",
    "bill_depth_mm",
    "flipper_length_mm",
    "body_mass_g",
]
"""The four measurements of a penguin, in the order of the table."""

MALL_COLUMNS = [
    "CustomerID",
    "Genre",
    "Age",
    "Annual Income (k$)",
    "Spending Score (1-100)",
]
"""The columns of the customer table; the third, fourth and fifth hold numbers."""

MALL_FEATURES = MALL_COLUMNS[3:]
"""The two columns that the course clusters by: income and spending score."""


def _data_file(name):
    # An installed wheel carries the files inside the package; in a checkout they
    # lie in the folder beside it.
    package = Path(__file__).resolve().parent
    for folder in (package / "data", package.parent / "data"):
        if (folder / name).is_file():
            return folder / name
    raise FileNotFoundError(
        f"The course's data file {name} is missing: install the package again."
    )


# --- Measured data ---------------------------------------------------------------


def load_old_faithful():
    """Load 272 eruptions of the Old Faithful geyser.

    Returns
    -------
    pandas.DataFrame of shape (272, 2)
        `eruptions`, how long an eruption lasted, and `waiting`, the time until the
        next one began, both in minutes. ``.to_numpy()`` gives the (272, 2) float
        array that the course calls `X`.

    References
    ----------
    W. Härdle (1991). Smoothing Techniques with Implementation in S. Springer. The
    geyser is described by A. Azzalini and A. W. Bowman (1990), Applied Statistics 39,
    357-365.

    Examples
    --------
    >>> X = load_old_faithful().to_numpy()
    >>> X.shape
    (272, 2)
    >>> X.mean(axis=0).round(3).tolist()
    [3.488, 70.897]
    """
    return pd.read_csv(_data_file("old_faithful.csv"))


def load_penguins(*, return_X_y=False):
    """Load 344 penguins of three species, measured in the Palmer Archipelago.

    Parameters
    ----------
    return_X_y : bool, default=False
        Return two arrays instead of the table: the measurements and the species of
        the 342 penguins that have all four measurements.

    Returns
    -------
    pandas.DataFrame of shape (344, 8)
        `species`, `island`, bill length, bill depth and flipper length (mm), body
        mass (g), `sex` and `year`. Two penguins have no measurements and eleven no
        sex: these cells are NaN.
    X, y : tuple of arrays of shape (342, 4) and (342,)
        Only if `return_X_y`. The columns of `X` are `PENGUIN_FEATURES`; `y` holds
        the name of the species.

    References
    ----------
    A. M. Horst, A. P. Hill and K. B. Gorman (2020). palmerpenguins: Palmer
    Archipelago (Antarctica) penguin data. R package. doi:10.5281/zenodo.3960218.

    Examples
    --------
    >>> load_penguins().shape
    (344, 8)
    >>> X, y = load_penguins(return_X_y=True)
    >>> X.shape, y.shape
    ((342, 4), (342,))
    """
    penguins = pd.read_csv(_data_file("penguins.csv"))
    if not return_X_y:
        return penguins
    measured = penguins.dropna(subset=PENGUIN_FEATURES)
    X = measured[PENGUIN_FEATURES].to_numpy(dtype=float)
    return X, measured["species"].to_numpy(dtype=str)


# --- Synthetic customers ---------------------------------------------------------


class Segment(NamedTuple):
    """One group of customers: a Gaussian over income and score, and one over age.

    `mean` is (income in k$, spending score) and `covariance` the 2 by 2 matrix that
    belongs to it; `weight` is the share of all customers; ages are in years.
    """

    name: str
    weight: float
    mean: tuple
    covariance: tuple
    mean_age: float
    sd_age: float


MALL_SEGMENTS = (
    Segment("average customers", 0.415, (55.7, 49.4), ((91, -28), (-28, 50)), 43, 16),
    Segment("big spenders", 0.195, (86.2, 82.0), ((269, -4), (-4, 88)), 33, 4),
    Segment("careful spenders", 0.165, (88.8, 16.1), ((271, 52), (52, 84)), 40, 11),
    Segment("frugal customers", 0.120, (27.0, 22.2), ((67, 31), (31, 184)), 45, 13),
    Segment("young enthusiasts", 0.105, (25.1, 80.1), ((50, -2), (-2, 99)), 25, 5),
)
"""The truth behind the synthetic customers: five segments, the largest first."""

MALL_SEED = 46
"""The seed of ``data/mall_customers.csv``; ``data/README.md`` says why this one."""

_N_CUSTOMERS = 200
_N_FEMALE = 112
# The smallest and the largest income, score and age.
_LOWEST = np.array([15, 1, 18])
_HIGHEST = np.array([137, 99, 70])


def make_mall_customers(seed=MALL_SEED, *, return_segment=False):
    """Draw the 200 synthetic customers from the five `MALL_SEGMENTS`.

    Each segment gets exactly its weight times 200 customers: 83, 39, 33, 24 and 21.
    Income, score and age are rounded to whole numbers. A customer outside income
    15 to 137 k$, score 1 to 99 or age 18 to 70 is drawn again: moving such points
    onto the border would pile them up there. 112 customers are women and 88 men,
    independently of everything else. Rows are sorted by income, then score.

    Parameters
    ----------
    seed : int, default=MALL_SEED
        The default gives ``data/mall_customers.csv``, byte for byte, everywhere.
    return_segment : bool, default=False
        Also return the segment that each customer was drawn from.

    Returns
    -------
    customers : pandas.DataFrame of shape (200, 5)
        The columns are `MALL_COLUMNS`: number (text, "0001" to "0200"), Female or
        Male, age in years, income in thousands of dollars, and spending score.
    segment : ndarray of shape (200,)
        Only if `return_segment`. Row n comes from ``MALL_SEGMENTS[segment[n]]``.

    Examples
    --------
    >>> customers, segment = make_mall_customers(return_segment=True)
    >>> customers.shape
    (200, 5)
    >>> np.bincount(segment).tolist()
    [83, 39, 33, 24, 21]
    """
    # NumPy promises never to change the numbers that RandomState draws; it makes no
    # such promise for the newer default_rng, and the stored file must not drift.
    generator = np.random.RandomState(seed)  # noqa: NPY002
    rows = []
    for index, segment in enumerate(MALL_SEGMENTS):
        for _ in range(round(segment.weight * _N_CUSTOMERS)):
            rows.append([*_draw_customer(generator, segment), index])
    rows = np.array(rows, dtype=int)
    income, score, age, segment = rows[np.lexsort((rows[:, 1], rows[:, 0]))].T
    is_female = generator.permutation(_N_CUSTOMERS) < _N_FEMALE
    number = [f"{n:04d}" for n in range(1, _N_CUSTOMERS + 1)]
    genre = ["Female" if female else "Male" for female in is_female]
    columns = zip(MALL_COLUMNS, [number, genre, age, income, score], strict=True)
    customers = pd.DataFrame(dict(columns))
    return (customers, segment) if return_segment else customers


def _draw_customer(generator, segment):
    while True:
        customer = np.rint(_propose_customer(generator, segment))
        if np.all((customer >= _LOWEST) & (customer <= _HIGHEST)):
            return customer


def _propose_customer(generator, segment):
    """Return income, score and age, not yet rounded."""
    # The Cholesky factor of a 2 by 2 matrix, written out: a linear algebra library
    # may round differently on another machine.
    (variance_1, covariance), (_, variance_2) = segment.covariance
    factor_11 = math.sqrt(variance_1)
    factor_21 = covariance / factor_11
    factor_22 = math.sqrt(variance_2 - factor_21 * factor_21)
    noise = generator.standard_normal(3)
    income = segment.mean[0] + factor_11 * noise[0]
    score = segment.mean[1] + factor_21 * noise[0] + factor_22 * noise[1]
    return income, score, segment.mean_age + segment.sd_age * noise[2]


# --- Customer files from anywhere ------------------------------------------------

# What is left of a column's name in small letters without spaces and most signs. The
# dollar sign stays: an income in $ is not one in k$.
_COLUMN_OF_KEY = {
    "customerid": "CustomerID",
    "gender": "Genre",
    "genre": "Genre",
    "age": "Age",
    "annualincome": "Annual Income (k$)",
    "annualincomek": "Annual Income (k$)",
    "annualincomek$": "Annual Income (k$)",
    "spendingscore": "Spending Score (1-100)",
    "spendingscore1100": "Spending Score (1-100)",
}
_MISSING = {"", "?", "-", "na", "n/a", "#n/a", "nan", "none", "null"}
_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)(e[+-]?[0-9]+)?", re.IGNORECASE)
# Text holds tabs and line ends but no other control characters.
_NOT_TEXT = re.compile(r"[\x00-\x08\x0b\x0e-\x1f]")


def load_mall_customers(path=None):
    """Load the course's synthetic customers, or a customer file of your own.

    The file needs five columns, in any order: customer number, gender, age, annual
    income and spending score. Their names may differ from `MALL_COLUMNS` in case,
    spaces, underscores and the unit in brackets (``annual_income``), and ``Gender``
    is understood. Fields are separated by commas, semicolons, tabs or bars; the text
    is UTF-8, UTF-16 with its byte order mark, or Windows' western alphabet. Numbers
    have a decimal point and no thousands separator. Blank lines are skipped.

    Parameters
    ----------
    path : str or os.PathLike, optional
        The file. By default the synthetic customers that come with the course.

    Returns
    -------
    pandas.DataFrame of shape (N, 5) or wider
        One row for each row of the file, in its order; none is ever left out. First
        `MALL_COLUMNS`: customer number and gender as text, age in years, income in
        thousands of dollars and score as integers if all are whole, else as floats.
        Then every other column of the file, as text.

    Raises
    ------
    FileNotFoundError, IsADirectoryError
        If `path` is not a file.
    TypeError
        If `path` is not a path, for instance a table that is already loaded.
    ValueError
        If the file is empty, is not text, lacks a column or has one twice, or if a
        cell is missing or is not a number where one belongs. The message names the
        file, the line, the column, and what to do.

    Examples
    --------
    >>> customers = load_mall_customers()
    >>> customers.shape
    (200, 5)
    >>> customers[MALL_FEATURES].to_numpy().shape
    (200, 2)
    """
    path = _data_file("mall_customers.csv") if path is None else _check_path(path)
    header, line_numbers, rows = _read_rows(path)
    table = {}
    for column, position in _find_columns(path, header).items():
        name = header[position]
        places = [f"{path}, line {line}, column {name!r}" for line in line_numbers]
        cells = [row[position] for row in rows]
        if column in MALL_COLUMNS:
            _refuse_missing(places, cells)
        is_number = column in MALL_COLUMNS[2:]
        table[column] = _to_numbers(places, cells) if is_number else cells
    return pd.DataFrame(table)


def _check_path(path):
    if not isinstance(path, str | os.PathLike):
        raise TypeError(
            "load_mall_customers needs the path of a CSV file, but got a "
            f"{type(path).__name__}: pass the file's name, or use a table that is "
            "already loaded as it is."
        )
    path = Path(os.path.expanduser(path))
    if path.is_dir():
        raise IsADirectoryError(
            f"{path} is a folder: pass the path of the CSV file in it."
        )
    if not path.exists():
        raise FileNotFoundError(
            f"There is no file {path}: check the spelling, and the folder that the "
            "name starts from."
        )
    return path


def _read_text(path):
    data = path.read_bytes()
    has_utf_16_mark = data.startswith((b"\xff\xfe", b"\xfe\xff"))
    # Only other columns can suffer if the file is not from western Windows: digits
    # and the names of our columns are the same in every such alphabet.
    for encoding in ("utf-16",) if has_utf_16_mark else ("utf-8-sig", "cp1252"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if not _NOT_TEXT.search(text):
            return text
    raise ValueError(
        f"{path} is not a text file, or not in an encoding that can be told safely: "
        "unpack an archive, and save a spreadsheet as CSV (UTF-8)."
    )


def _read_rows(path):
    """Return the header, and each row with the number of the line it starts in."""
    numbered_rows = _numbered_rows(path, _read_text(path))
    _, header = next(numbered_rows, (0, None))
    if header is None:
        raise ValueError(
            f"{path} is empty: it needs a line with the names of the columns, then a "
            "line for each customer."
        )
    _find_columns(path, header)  # a wrong header explains more than a wrong row
    line_numbers, rows = [], []
    for line, row in numbered_rows:
        _refuse_ragged(f"{path}, line {line}", header, row)
        line_numbers.append(line)
        rows.append(row)
    if not rows:
        raise ValueError(
            f"{path} names its columns but has no customers: add a line for each."
        )
    return header, line_numbers, rows


def _numbered_rows(path, text):
    first_line = text.lstrip().partition("\n")[0]
    reader = csv.reader(
        io.StringIO(text, newline=""),
        delimiter=max(",;\t|", key=first_line.count),
        strict=True,
    )
    while True:
        line = reader.line_num + 1
        try:
            row = next(reader, None)
        except csv.Error as error:
            raise ValueError(
                f"{path}, line {line}: the quotation marks of this row do not match "
                f"({error}); correct or remove them."
            ) from error
        if row is None:
            return
        cells = [cell.strip() for cell in row]
        if cells not in ([], [""]):  # a blank line is not a row
            yield line, cells


def _refuse_ragged(place, header, row):
    if len(row) == len(header):
        return
    if len(row) < len(header):
        what = f"the row ends before column {header[len(row)]!r}"
    else:
        what = f"the row goes on after the last column, {header[-1]!r}"
    raise ValueError(
        f"{place}: {what}, with {len(row)} fields where the header has {len(header)}; "
        "add or remove separators, or put text that contains one in quotation marks."
    )


def _find_columns(path, header):
    """Return the position of each column by its name, ours first."""
    position_of = {}
    for position, name in enumerate(header):
        key = re.sub("[^a-z0-9$]", "", name.lower())
        column = _COLUMN_OF_KEY.get(key, name or f"Unnamed: {position}")
        if column in position_of:
            twin = header[position_of[column]]
            raise ValueError(
                f"{path} has two columns for {column!r}, named {twin!r} and {name!r}: "
                "remove or rename one of them."
            )
        position_of[column] = position
    for column in MALL_COLUMNS:
        if column not in position_of:
            found = textwrap.shorten(", ".join(map(repr, header)), 200)
            raise ValueError(
                f"{path} has no column {column!r} in its header: add it, or rename the "
                f"column that holds it (found: {found})."
            )
    others = [column for column in position_of if column not in MALL_COLUMNS]
    return {column: position_of[column] for column in MALL_COLUMNS + others}


def _refuse_missing(places, cells):
    for place, cell in zip(places, cells, strict=True):
        if cell.lower() in _MISSING:
            raise ValueError(
                f"{place}: the value is missing ({cell!r}); fill it in, or delete the "
                "row from the file."
            )


def _to_numbers(places, cells):
    for place, cell in zip(places, cells, strict=True):
        if not _NUMBER.fullmatch(cell):
            raise ValueError(
                f"{place}: {cell!r} is not a number; write digits only, with a decimal "
                "point if need be and without unit or thousands separator."
            )
        if not math.isfinite(float(cell)):
            raise ValueError(f"{place}: {cell!r} is too large; write a finite number.")
    numbers = np.array(cells, dtype=float)
    is_whole = np.all((numbers == np.rint(numbers)) & (np.abs(numbers) < 2**53))
    return numbers.astype(np.int64) if is_whole else numbers
