"""The tables of the course: what they hold, and which files the reader accepts."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import adjusted_rand_score
from sklearn.mixture import GaussianMixture
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

from gmm_from_scratch import datasets
from gmm_from_scratch.datasets import (
    MALL_COLUMNS,
    MALL_FEATURES,
    MALL_SEGMENTS,
    load_mall_customers,
    load_old_faithful,
    load_penguins,
    make_mall_customers,
)

DATA = Path(__file__).parent.parent / "data"


# --- The tables themselves -------------------------------------------------------


def test_old_faithful_is_the_well_known_table():
    geyser = load_old_faithful()
    assert list(geyser.columns) == ["eruptions", "waiting"]
    X = geyser.to_numpy()
    assert X.shape == (272, 2)
    assert X.dtype == np.float64
    np.testing.assert_allclose(X.mean(axis=0), [3.487783, 70.897059], atol=5e-7)
    np.testing.assert_allclose(X.std(axis=0, ddof=1), [1.141371, 13.594974], atol=5e-7)
    assert X[0].tolist() == [3.6, 79]


def test_penguins_are_the_well_known_table():
    penguins = load_penguins()
    assert penguins.shape == (344, 8)
    assert list(penguins.columns) == [
        "species",
        "island",
        *datasets.PENGUIN_FEATURES,
        "sex",
        "year",
    ]
    assert penguins.isna().sum().tolist() == [0, 0, 2, 2, 2, 2, 11, 0]
    counts = {"Adelie": 152, "Gentoo": 124, "Chinstrap": 68}
    assert penguins["species"].value_counts().to_dict() == counts


def test_penguin_arrays_hold_the_complete_rows():
    X, y = load_penguins(return_X_y=True)
    assert X.shape == (342, 4)
    assert np.isfinite(X).all()
    np.testing.assert_allclose(
        X.mean(axis=0), [43.92193, 17.15117, 200.915205, 4201.754386], atol=5e-6
    )
    assert y.shape == (342,)
    assert dict(zip(*np.unique(y, return_counts=True), strict=True)) == {
        "Adelie": 151,
        "Chinstrap": 68,
        "Gentoo": 123,
    }


@pytest.mark.parametrize("name", ["old_faithful", "penguins", "mall_customers"])
def test_files_are_plain_ascii_with_unix_line_ends(name):
    data = (DATA / f"{name}.csv").read_bytes()
    assert data.isascii()
    assert data.endswith(b"\n")
    assert b"\r" not in data


@pytest.mark.parametrize("folder", ["package/data", "data"])
def test_data_is_found_in_a_wheel_and_in_a_checkout(tmp_path, monkeypatch, folder):
    monkeypatch.setattr(datasets, "__file__", str(tmp_path / "package/datasets.py"))
    with pytest.raises(FileNotFoundError, match=r"mine\.csv is missing: install"):
        datasets._data_file("mine.csv")
    (tmp_path / folder).mkdir(parents=True)
    (tmp_path / folder / "mine.csv").write_text("a\n1\n")
    assert datasets._data_file("mine.csv") == tmp_path / folder / "mine.csv"


# --- The synthetic customers -----------------------------------------------------


def test_customer_file_is_regenerated_byte_for_byte():
    text = make_mall_customers().to_csv(index=False, lineterminator="\n")
    assert text.encode() == (DATA / "mall_customers.csv").read_bytes()


def test_customer_file_loads_as_it_was_made():
    pd.testing.assert_frame_equal(load_mall_customers(), make_mall_customers())


def test_no_draw_is_near_a_rounding_edge(monkeypatch):
    # Then the last bit of a logarithm, which differs between machines, changes
    # neither a rounded value nor the decision to draw again.
    propose, drawn = datasets._propose_customer, []

    def record(*arguments):
        drawn.append(propose(*arguments))
        return drawn[-1]

    monkeypatch.setattr(datasets, "_propose_customer", record)
    make_mall_customers()
    assert len(drawn) > 200
    assert np.abs(np.array(drawn) % 1 - 0.5).min() > 1e-6


@pytest.mark.parametrize("seed", [datasets.MALL_SEED, 0, 1, 2, 3])
def test_customers_have_the_documented_form(seed):
    customers, segment = make_mall_customers(seed, return_segment=True)
    assert list(customers.columns) == MALL_COLUMNS
    number, genre, age, income, score = (customers[name] for name in MALL_COLUMNS)
    assert number.tolist() == [f"{n:04d}" for n in range(1, 201)]
    assert genre.value_counts().to_dict() == {"Female": 112, "Male": 88}
    assert age.between(18, 70).all()
    assert income.between(15, 137).all()
    assert score.between(1, 99).all()
    assert income.is_monotonic_increasing
    assert np.bincount(segment).tolist() == [83, 39, 33, 24, 21]
    pd.testing.assert_frame_equal(make_mall_customers(seed), customers)


def test_other_seeds_draw_other_customers():
    assert not make_mall_customers(1).equals(make_mall_customers(2))


def test_segments_are_a_mixture():
    assert sum(segment.weight for segment in MALL_SEGMENTS) == pytest.approx(1)
    for segment in MALL_SEGMENTS:
        covariance = np.array(segment.covariance)
        assert np.array_equal(covariance, covariance.T)
        assert np.linalg.eigvalsh(covariance).min() > 0


def test_proposed_customers_have_the_moments_of_their_segment():
    generator = np.random.RandomState(0)  # noqa: NPY002
    for segment in MALL_SEGMENTS:
        draw = [datasets._propose_customer(generator, segment) for _ in range(20000)]
        income_score, age = np.array(draw)[:, :2], np.array(draw)[:, 2]
        scale = np.sqrt(np.diag(segment.covariance))
        error = (income_score.mean(axis=0) - segment.mean) / scale
        np.testing.assert_allclose(error, 0, atol=0.03)
        error = np.cov(income_score.T) - segment.covariance
        np.testing.assert_allclose(error / np.outer(scale, scale), 0, atol=0.04)
        assert age.mean() == pytest.approx(segment.mean_age, abs=0.03 * segment.sd_age)
        assert age.std() == pytest.approx(segment.sd_age, rel=0.03)


def test_segments_of_the_file_lie_near_their_means():
    customers, segment = make_mall_customers(return_segment=True)
    X = customers[MALL_FEATURES].to_numpy()
    for k, truth in enumerate(MALL_SEGMENTS):
        np.testing.assert_allclose(X[segment == k].mean(axis=0), truth.mean, atol=4)
        age = customers["Age"][segment == k].mean()
        assert age == pytest.approx(truth.mean_age, abs=2)


def test_readme_lists_the_segments():
    readme = (DATA / "README.md").read_text(encoding="utf-8")
    for s in MALL_SEGMENTS:
        (a, b), (c, d) = s.covariance
        assert (
            f"| {s.name} | {s.weight:.3f} | {s.mean[0]} | {s.mean[1]} | "
            f"[[{a}, {b}], [{c}, {d}]] | {s.mean_age} | {s.sd_age} |"
        ) in readme
    assert f"seed {datasets.MALL_SEED}" in readme


@threadpool_limits.wrap(limits=1)  # ten times faster for so few rows
def test_customers_tell_the_story_that_the_readme_promises():
    customers, segment = make_mall_customers(return_segment=True)
    X = StandardScaler().fit_transform(customers[MALL_FEATURES].to_numpy())

    def fit(n_components, n_init):
        return GaussianMixture(n_components, n_init=n_init, random_state=42).fit(X)

    assert 200 * fit(4, 1).score(X) == pytest.approx(-470.51, abs=0.1)
    best = [fit(n_components, 10) for n_components in range(1, 9)]
    assert 200 * best[3].score(X) == pytest.approx(-455.60, abs=0.1)
    assert 200 * best[4].score(X) == pytest.approx(-428.96, abs=0.1)
    bic = [model.bic(X) for model in best]
    assert np.argmin(bic) == 4
    assert np.sort(bic)[1] - bic[4] > 15
    assert adjusted_rand_score(segment, best[4].predict(X)) > 0.95


# --- Files found in the wild -----------------------------------------------------

# Two rows are enough: the first is the reference that each variant must give.
PLAIN = """\
CustomerID,Genre,Age,Annual Income (k$),Spending Score (1-100)
0001,Male,19,15,39
0002,Female,21,16,81
"""
TWO_CUSTOMERS = pd.DataFrame(
    dict(
        zip(
            MALL_COLUMNS,
            [["0001", "0002"], ["Male", "Female"], [19, 21], [15, 16], [39, 81]],
            strict=True,
        )
    )
)

WILD = {
    "plain": PLAIN,
    "Gender": PLAIN.replace("Genre", "Gender"),
    "underscores": PLAIN.replace(
        "Annual Income (k$),Spending Score (1-100)",
        "Annual_Income_(k$),Spending_Score_(1-100)",
    ),
    "no units": PLAIN.replace(
        "Annual Income (k$),Spending Score (1-100)", "AnnualIncome,SpendingScore"
    ),
    "small letters": PLAIN.replace("CustomerID,Genre,Age", "customer_id,gender,age"),
    "capitals": PLAIN.splitlines()[0].upper() + PLAIN[PLAIN.index("\n") :],
    "spaces in the header": PLAIN.replace(
        "Annual Income (k$)", "  annual  income(K$) "
    ),
    "spaces around values": PLAIN.replace(",", " , "),
    "byte order mark": "\ufeff" + PLAIN,
    "semicolons": PLAIN.replace(",", ";"),
    "semicolons, bom, crlf": "\ufeff" + PLAIN.replace(",", ";").replace("\n", "\r\n"),
    "tabs": PLAIN.replace(",", "\t"),
    "bars": PLAIN.replace(",", "|"),
    "carriage returns and line feeds": PLAIN.replace("\n", "\r\n"),
    "carriage returns": PLAIN.replace("\n", "\r"),
    "no line end at the end": PLAIN.rstrip("\n"),
    "blank lines": "\n" + PLAIN.replace("\n", "\n\n") + "\n   \n\n",
    "quoted": '"' + PLAIN.strip().replace(",", '","').replace("\n", '"\n"') + '"\n',
    "whole numbers with a point": PLAIN.replace("15", "15.0").replace("16", "1.6e1"),
    "utf-16": PLAIN.encode("utf-16"),
    "utf-16, big end first": b"\xfe\xff" + PLAIN.encode("utf-16-be"),
}


def write(folder, content):
    path = folder / "customers.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


@pytest.mark.parametrize("content", WILD.values(), ids=WILD)
def test_wild_files_load_alike(tmp_path, content):
    path = write(tmp_path, content)
    pd.testing.assert_frame_equal(load_mall_customers(path), TWO_CUSTOMERS)


def test_a_name_as_text_is_a_path_too(tmp_path, monkeypatch):
    path = write(tmp_path, PLAIN)
    pd.testing.assert_frame_equal(load_mall_customers(str(path)), TWO_CUSTOMERS)
    for variable in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(variable, str(tmp_path))
    home = load_mall_customers("~/customers.csv")
    pd.testing.assert_frame_equal(home, TWO_CUSTOMERS)


def test_other_columns_follow_as_text(tmp_path):
    content = (
        ",Notes,Age,Gender,Annual Income (k$),City,Spending Score (1-100),CustomerID,\n"
        '0,"regular, likes ""red""\nand blue",19,Male,15,Köln,39,0001,\n'
        "1,,21,Female,16,Orléans,81,0002,\n"
    )
    for encoding in ("utf-8", "cp1252"):
        table = load_mall_customers(write(tmp_path, content.encode(encoding)))
        names = ["Unnamed: 0", "Notes", "City", "Unnamed: 8"]
        assert list(table.columns) == MALL_COLUMNS + names
        pd.testing.assert_frame_equal(table[MALL_COLUMNS], TWO_CUSTOMERS)
        assert table["Unnamed: 0"].tolist() == ["0", "1"]
        assert table["Notes"].tolist() == ['regular, likes "red"\nand blue', ""]
        assert table["City"].tolist() == ["Köln", "Orléans"]


def test_a_number_in_a_name_makes_it_another_column(tmp_path):
    customers = load_mall_customers().assign(**{"Age 2": "x"})
    customers.to_csv(tmp_path / "mine.csv", index=False)
    assert load_mall_customers(tmp_path / "mine.csv").columns[-1] == "Age 2"


def test_numbers_are_integers_only_if_all_are_whole(tmp_path):
    table = load_mall_customers(write(tmp_path, PLAIN.replace("15", "15.5")))
    assert table["Annual Income (k$)"].tolist() == [15.5, 16.0]
    assert table.dtypes[["Age", *MALL_FEATURES]].tolist() == [
        "int64",
        "float64",
        "int64",
    ]


@given(
    data=st.data(),
    n=st.integers(1, 8),
    delimiter=st.sampled_from(",;\t|"),
    line_end=st.sampled_from(["\n", "\r\n", "\r"]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "cp1252"]),
    quote=st.booleans(),
)
def test_any_layout_of_a_file_gives_the_same_table(
    tmp_path_factory, data, n, delimiter, line_end, encoding, quote
):
    frame = make_mall_customers(0).sample(n, random_state=data.draw(st.integers(0, 99)))
    frame = frame.reset_index(drop=True)

    def disguise(name):
        name = name.replace(" ", data.draw(st.sampled_from([" ", "_", "", "  ", "-"])))
        if name == "Genre":
            name = data.draw(st.sampled_from(["Genre", "Gender"]))
        change_case = data.draw(st.sampled_from([str.lower, str.upper, str.title, str]))
        return change_case(name)

    columns = data.draw(st.permutations(MALL_COLUMNS))
    names = [disguise(name) for name in columns]
    table = [names, *frame[columns].astype(str).to_numpy().tolist()]
    mark = '"' if quote else ""
    lines = [delimiter.join(mark + cell + mark for cell in row) for row in table]
    content = line_end.join([*lines, *data.draw(st.lists(st.just(""), max_size=3))])
    path = tmp_path_factory.mktemp("layout") / "customers.csv"
    path.write_bytes(content.encode(encoding))
    pd.testing.assert_frame_equal(load_mall_customers(path), frame)


# --- Files that must be refused --------------------------------------------------

INCOME, SCORE = MALL_FEATURES


def change(old, new):
    assert old in PLAIN
    return PLAIN.replace(old, new)


# Each content, and what its sentence must name: a row, a column, a remedy.
REFUSED = {
    "empty": (b"", ["is empty", "it needs a line with the names"]),
    "only blank lines": ("\n \n\r\n", ["is empty"]),
    "only a byte order mark": ("\ufeff", ["is empty"]),
    "only a header": (PLAIN.splitlines()[0], ["has no customers", "add a line"]),
    "missing age": (change(",19,", ",,"), ["line 2", "'Age'", "fill it in"]),
    "missing income": (change(",16,", ", ,"), ["line 3", INCOME, "missing", "delete"]),
    "missing score": (change(",81", ",NaN"), ["line 3", SCORE, "missing", "'NaN'"]),
    "missing gender": (change("Female", "N/A"), ["line 3", "'Genre'", "missing"]),
    "missing number": (change("0001", ""), ["line 2", "'CustomerID'", "missing"]),
    "row of separators": (PLAIN + ",,,,\n", ["line 4", "'CustomerID'", "missing"]),
    "text for a number": (
        change(",19,", ",nineteen,"),
        ["line 2", "'Age'", "'nineteen' is not a number", "digits"],
    ),
    "unit": (change(",16,", ",16 k$,"), ["line 3", INCOME, "'16 k$'", "without unit"]),
    "decimal comma": (
        PLAIN.replace(",", ";").replace("16", "16,5"),
        ["line 3", INCOME, "'16,5' is not a number", "decimal point"],
    ),
    "thousands": (
        change(",15,", ',"15,000",'),
        ["line 2", INCOME, "'15,000'", "thousands separator"],
    ),
    "Python's digits": (change(",15,", ",1_5,"), ["line 2", INCOME, "'1_5'"]),
    "code": (change(",15,", ",exit(),"), ["line 2", INCOME, "'exit()'"]),
    "infinite": (change(",15,", ",inf,"), ["line 2", INCOME, "'inf' is not a number"]),
    "overflow": (change(",15,", ",1e999,"), ["line 2", INCOME, "finite number"]),
    "income in $": (change("k$", "$"), ["no column", INCOME, "add it, or rename"]),
    "no age": (change("Age", "Years"), ["no column 'Age'", "'Years'", "rename"]),
    "no header": (PLAIN.partition("\n")[2], ["no column 'CustomerID'", "'0001'"]),
    "web page": (
        "<!DOCTYPE html>\n<html lang='en'>\n<p>Rows, columns\n",
        ["no column 'CustomerID'", "'<!DOCTYPE html>'"],
    ),
    "column twice": (
        change("Genre", "Age"),
        ["two columns for 'Age'", "named 'Age' and 'Age'", "remove or rename"],
    ),
    "column twice by two names": (
        "Gender," + PLAIN.replace("\n", "\nMale,", 2),
        ["two columns for 'Genre'", "named 'Gender' and 'Genre'"],
    ),
    "other column twice": (
        "City,City," + PLAIN.replace("\n", "\na,b,", 2),
        ["two columns for 'City'"],
    ),
    "row too short": (
        change(",81", ""),
        ["line 3", f"before column '{SCORE}'", "4 fields", "has 5", "add or remove"],
    ),
    "row too long": (
        change("81", "81,7"),
        ["line 3", f"after the last column, '{SCORE}'", "6 fields", "has 5"],
    ),
    "line after a broken text": (
        PLAIN.replace("\n", ",Notes\n", 1).replace("39\n", '39,"two\nlines"\n'),
        ["line 4", "before column 'Notes'"],
    ),
    "line after blank lines": (
        change("\n0001", "\n\n\n0001").replace(",19,", ",?,"),
        ["line 4", "'Age'", "missing"],
    ),
    "open quotation mark": (
        change("Female", '"Female'),
        ["line 3", "quotation marks", "correct or remove"],
    ),
    "text after a quotation mark": (
        change("Male", '"Male"x'),
        ["line 2", "quotation marks"],
    ),
    "zip archive": (b"PK\x03\x04\x14\x00\x00\x00", ["not a text file", "unpack"]),
    "pickle": (b"\x80\x04\x95\x10\x00\x00\x00", ["not a text file"]),
    "utf-16 without a mark": (PLAIN.encode("utf-16-le"), ["not a text file", "UTF-8"]),
    "utf-32": (PLAIN.encode("utf-32"), ["not a text file"]),
    "half a utf-16 sign": (PLAIN.encode("utf-16")[:-1], ["not a text file"]),
    "no alphabet": (PLAIN.encode() + b"\x81\x8d", ["not a text file"]),
}


@pytest.mark.parametrize(("content", "parts"), REFUSED.values(), ids=REFUSED)
def test_bad_files_are_refused_with_one_sentence(tmp_path, content, parts):
    path = write(tmp_path, content)
    with pytest.raises(ValueError, match="customers") as caught:
        load_mall_customers(path)
    sentence = str(caught.value)
    for part in [str(path), *parts]:
        assert part in sentence
    assert sentence.endswith(".")
    assert "\n" not in sentence
    assert ". " not in sentence.replace(str(path), "")


def test_column_is_named_as_in_the_file(tmp_path):
    content = PLAIN.replace(INCOME, "Annual_Income_(k$)").replace(",15,", ",x,")
    with pytest.raises(
        ValueError, match=r"line 2, column 'Annual_Income_\(k\$\)': 'x'"
    ):
        load_mall_customers(write(tmp_path, content))


def test_no_such_file(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"no file .*mall\.csv: check"):
        load_mall_customers(tmp_path / "mall.csv")


def test_folder(tmp_path):
    with pytest.raises(IsADirectoryError, match="is a folder: pass the path of the"):
        load_mall_customers(tmp_path)


@pytest.mark.parametrize("wrong", [TWO_CUSTOMERS, b"mall.csv", 7, ["mall.csv"]])
def test_not_a_path(wrong):
    with pytest.raises(TypeError, match=f"got a {type(wrong).__name__}: pass the"):
        load_mall_customers(wrong)


@given(
    row=st.integers(0, 199),
    column=st.sampled_from(MALL_COLUMNS[2:]),
    cell=st.sampled_from(["", "NA", "x", "1,5", "nan", "-inf", "0x1F", "１２", "1 2"]),
)
def test_one_bad_cell_is_found_anywhere(tmp_path_factory, row, column, cell):
    customers = make_mall_customers().astype(str)
    customers.loc[row, column] = cell
    path = tmp_path_factory.mktemp("bad") / "customers.csv"
    customers.to_csv(path, index=False)
    with pytest.raises(ValueError, match="line") as caught:
        load_mall_customers(path)
    assert f"{path}, line {row + 2}, column {column!r}: " in str(caught.value)


@given(st.binary(max_size=60))
def test_any_bytes_give_a_sentence(tmp_path_factory, content):
    path = tmp_path_factory.mktemp("bytes") / "customers.csv"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"customers\.csv"):
        load_mall_customers(path)
