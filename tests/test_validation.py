"""Bad input is refused with a sentence that names it."""

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from gmm_from_scratch import validation


@pytest.mark.parametrize(
    ("X", "error", "words"),
    [
        ([1.0, 2.0], ValueError, r"\(N, D\).*reshape\(-1, 1\)"),
        (3.0, ValueError, r"\(N, D\)"),
        (np.zeros((2, 2, 2)), ValueError, r"\(2, 2, 2\)"),
        (np.zeros((0, 2)), ValueError, "empty"),
        (np.zeros((2, 0)), ValueError, "empty"),
        ([[1.0, np.nan]], ValueError, "nan.*row 0, column 1"),
        ([[1.0], [-np.inf]], ValueError, "-inf.*row 1, column 0"),
        ([[1.0, 2.0], [3.0]], TypeError, "rectangular"),
        ([["a", "b"]], TypeError, "real numbers"),
        ([["1", "2"]], TypeError, "real numbers"),
        (np.array([["1"]], dtype=object), TypeError, "real numbers"),
        ([[10**400]], TypeError, "too large"),
        ([[1e200]], ValueError, "beyond 1e.150"),
        (np.array([[None, "x"]], dtype=object), TypeError, "numbers"),
        ([[1j]], TypeError, "complex"),
        (sparse.eye_array(3), TypeError, "toarray"),
        (np.ma.masked_array([[1.0]], mask=[[True]]), TypeError, "masked"),
        (pd.DataFrame({"a": [1.0], "b": ["x"]}), TypeError, "columns .* numbers: 'b'"),
        (pd.DataFrame({"id": ["0001"]}), TypeError, "columns .* numbers: 'id'"),
        (
            pd.DataFrame({"a": [1, 2], "b": pd.array([1, pd.NA], dtype="Int64")}),
            ValueError,
            "nan .* row 1, column 1",
        ),
        (np.array([["2020-01-01"]], dtype="datetime64[D]"), TypeError, "datetime64"),
    ],
)
def test_check_data_explains_what_it_refuses(X, error, words):
    with pytest.raises(error, match=words):
        validation.check_data(X)


@pytest.mark.parametrize(
    "X",
    [
        [[1, 2], [3, 4]],
        pd.DataFrame({"a": [1, 3], "b": [2, 4]}),
        pd.DataFrame({"a": [1, 3], "b": pd.array([2, 4], dtype="Int64")}),
        np.array([[1, 2], [3, 4]], dtype=object),
        np.array([[1, 2], [3, 4]], dtype=np.float32, order="F"),
        np.ma.masked_array([[1, 2], [3, 4]]),
        np.arange(1, 9).reshape(2, 4)[:, :2] - np.array([[0, 0], [2, 2]]),
    ],
)
def test_check_data_accepts_tables_of_numbers(X):
    result = validation.check_data(X)
    np.testing.assert_array_equal(result, [[1.0, 2.0], [3.0, 4.0]])
    assert result.dtype == np.float64


def test_check_data_counts_features_and_uses_the_name():
    with pytest.raises(ValueError, match="points has 2 features .* 3 are expected"):
        validation.check_data([[1, 2]], n_features=3, name="points")


def test_check_array():
    np.testing.assert_array_equal(validation.check_array([1, 2], (2,), "mean"), [1, 2])
    with pytest.raises(ValueError, match=r"mean must have shape \(3,\)"):
        validation.check_array([1, 2], (3,), "mean")
    with pytest.raises(ValueError, match="mean contains NaN"):
        validation.check_array([1, np.nan], (2,), "mean")


@pytest.mark.parametrize(
    ("responsibilities", "words"),
    [
        ([[0.5, 0.5]], "1 rows, but X has 2"),
        ([[0.5, 0.5], [0.5, 0.4]], r"row 1 is \[0.5 0.4\], which sums to 0.9"),
        ([[1.5, -0.5], [0.5, 0.5]], "row 0"),
        ([[0.5, 0.5], [0.499, 0.5]], "row 1"),
        ([[0.9, 0.0], [1.5, -0.5]], "row 0"),
        ([0.5, 0.5], r"\(N, K\)"),
    ],
)
def test_check_responsibilities_names_the_row(responsibilities, words):
    with pytest.raises(ValueError, match=words):
        validation.check_responsibilities(responsibilities, n_samples=2)


def test_check_choice_names_what_there_is():
    with pytest.raises(ValueError, match="method must be one of 'a', 'b', but it is 3"):
        validation.check_choice(3, "method", ("a", "b"))


@pytest.mark.parametrize("rng", [-1, 1.5, "a", np.random])
def test_check_rng_refuses_what_is_no_source(rng):
    with pytest.raises(TypeError, match="rng must be a whole number >= 0"):
        validation.check_rng(rng)


def test_check_rng_takes_seeds_and_sources():
    generator = np.random.default_rng(0)
    assert validation.check_rng(generator) is generator
    old = np.random.RandomState(0)  # noqa: NPY002
    one, two = (validation.check_rng(old).normal() for _ in range(2))
    assert one != two


@pytest.mark.parametrize("value", [1.0, "2", None, True])
def test_check_integer_refuses_other_types(value):
    with pytest.raises(TypeError, match="n_components must be a whole number"):
        validation.check_integer(value, "n_components", minimum=1)


def test_check_integer_minimum():
    assert validation.check_integer(np.int64(2), "n_components", minimum=1) == 2
    with pytest.raises(ValueError, match="n_components must be at least 1.*0"):
        validation.check_integer(0, "n_components", minimum=1)


@pytest.mark.parametrize("value", [-1e-9, np.nan, np.inf])
def test_check_non_negative_refuses_values(value):
    with pytest.raises(ValueError, match="tol must be a finite number"):
        validation.check_non_negative(value, "tol")


@pytest.mark.parametrize("value", ["1", None, True])
def test_check_non_negative_refuses_types(value):
    with pytest.raises(TypeError, match="tol must be a number"):
        validation.check_non_negative(value, "tol")


def test_check_enough_rows():
    with pytest.raises(ValueError, match="X has 3 rows, fewer than n_components=5"):
        validation.check_enough_rows(np.zeros((3, 2)), 5)
