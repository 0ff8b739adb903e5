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
        (np.array([["1"]], dtype=object), None, None),
        (np.array([[None, "x"]], dtype=object), TypeError, "numbers"),
        ([[1j]], TypeError, "complex"),
        (sparse.eye_array(3), TypeError, "toarray"),
        (np.ma.masked_array([[1.0]], mask=[[True]]), TypeError, "masked"),
        (pd.DataFrame({"a": [1.0], "b": ["x"]}), TypeError, "numbers"),
        (np.array([["2020-01-01"]], dtype="datetime64[D]"), TypeError, "datetime64"),
    ],
)
def test_check_data_explains_what_it_refuses(X, error, words):
    if error is None:
        assert validation.check_data(X).dtype == float
    else:
        with pytest.raises(error, match=words):
            validation.check_data(X)


@pytest.mark.parametrize(
    "X",
    [
        [[1, 2], [3, 4]],
        pd.DataFrame({"a": [1, 3], "b": [2, 4]}),
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
        ([0.5, 0.5], r"\(N, D\)"),
    ],
)
def test_check_responsibilities_names_the_row(responsibilities, words):
    with pytest.raises(ValueError, match=words):
        validation.check_responsibilities(responsibilities, n_samples=2)


def test_check_covariance_type_names_the_four():
    with pytest.raises(
        ValueError, match="'full', 'tied', 'diag', 'spherical'.*'round'"
    ):
        validation.check_covariance_type("round")


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
