"""Bad input is refused with a sentence that names it."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
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
        ([[1.0, np.nan]], ValueError, "NaN.*row 0, column 1"),
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
            "NaN .* row 1, column 1",
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


@pytest.mark.parametrize("order", ["C", "F"])
def test_float32_stays_so_if_asked(order):
    X = np.array([[1, 2], [3, 4]], dtype=np.float32, order=order)
    assert validation.check_data(X, keep_float32=True) is X
    assert validation.check_matrix(X, "X", "(N, D)", keep_float32=True) is X
    part = X[::-1, :1]
    kept = validation.check_data(part, keep_float32=True)
    assert kept.dtype == np.float32
    assert np.shares_memory(kept, X)
    for check in (
        validation.check_data,
        lambda array: validation.check_matrix(array, "X", "(N, D)"),
    ):
        assert check(X).dtype == np.float64
        np.testing.assert_array_equal(check(X), X)


@pytest.mark.parametrize(
    "X",
    [
        [[1, 2], [3, 4]],
        np.array([[1, 2], [3, 4]], dtype=np.float16),
        np.array([[1, 2], [3, 4]], dtype=np.int8),
        np.array([[1, 2], [3, 4]], dtype=np.longdouble),
        np.array([[1, 2], [3, 4]], dtype=">f4"),
        np.array([[1, 2], [3, 4]], dtype=object),
        pd.DataFrame({"a": [1, 3], "b": [2, 4]}),
        np.array([[1, 2], [3, 4]], dtype=float),
    ],
)
def test_only_float32_stays_so(X):
    result = validation.check_data(X, keep_float32=True)
    np.testing.assert_array_equal(result, [[1, 2], [3, 4]])
    assert result.dtype == np.float64


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@given(st.integers(0, 5), st.integers(0, 2), st.booleans())
def test_a_bad_value_is_found_wherever_it_is(dtype, bad, row, column, second):
    X = np.arange(18, dtype=dtype).reshape(6, 3)
    X[row, column] = bad
    if second:
        # Of several, the first one is named.
        X[5, 2] = bad
    words = f"{'NaN' if np.isnan(bad) else bad} .first in row {row}, column {column}, "
    with pytest.raises(ValueError, match=words):
        validation.check_data(X, keep_float32=True)


@pytest.mark.parametrize(
    ("X", "words"),
    [
        (np.zeros(3, dtype=np.float32), r"\(N, D\)"),
        (np.zeros((0, 3), dtype=np.float32), "empty"),
        (np.zeros((3, 2), dtype=np.float32), "2 features .* 3 are expected"),
        (np.full((3, 3), -1e200), "beyond 1e.150"),
    ],
)
def test_float32_is_checked_as_ever(X, words):
    with pytest.raises(ValueError, match=words):
        validation.check_data(X, n_features=3, keep_float32=True)


@pytest.mark.parametrize(
    "weight",
    [
        [0, 1, 2],
        (0.0, 1.0, 2.0),
        np.array([0, 1, 2], dtype=np.float32),
        np.array([0, 1, 2], dtype=object),
        np.array([0, 9, 1, 9, 2])[::2],
        pd.Series([0, 1, 2], index=list("abc")),
        pd.array([0, 1, 2], dtype="Int64"),
    ],
)
def test_check_sample_weight_accepts_numbers(weight):
    result = validation.check_sample_weight(weight, n_samples=3)
    np.testing.assert_array_equal(result, [0, 1, 2])
    assert result.dtype == np.float64


def test_check_sample_weight_knows_none_and_one_for_all():
    assert validation.check_sample_weight(None, n_samples=3) is None
    for one in (2, 2.0, np.float32(2), np.int8(2)):
        result = validation.check_sample_weight(one, n_samples=3)
        np.testing.assert_array_equal(result, [2, 2, 2])
        assert result.dtype == np.float64
    some = validation.check_sample_weight([True, False], n_samples=2)
    np.testing.assert_array_equal(some, [1, 0])


@given(st.lists(st.integers(-5, 5) | st.floats(0.1, 5), min_size=1, max_size=6))
def test_check_sample_weight_names_the_most_negative(weight):
    before = list(weight)
    if min(weight) < 0:
        words = f"sample_weight must not be negative, but entry {np.argmin(weight)} is "
        with pytest.raises(ValueError, match=words):
            validation.check_sample_weight(weight, len(weight))
    elif not any(weight):
        with pytest.raises(ValueError, match="sample_weight is zero for every point"):
            validation.check_sample_weight(weight, len(weight))
    else:
        result = validation.check_sample_weight(weight, len(weight))
        np.testing.assert_array_equal(result, weight)
    assert weight == before


def test_a_block_may_have_no_weight_at_all():
    zeros = validation.check_sample_weight([0, 0], 2, may_be_zero=True)
    np.testing.assert_array_equal(zeros, [0, 0])
    with pytest.raises(ValueError, match="sample_weight must not be negative"):
        validation.check_sample_weight([0, -1], 2, may_be_zero=True)


def test_rows_of_weight_zero_are_left_out_and_nothing_else_is_touched():
    X, weight = np.arange(6.0).reshape(3, 2), np.array([2.0, 1e-300, 3.0])
    # Without a zero there is nothing to copy.
    kept, weights = validation.leave_out_weightless(X, None)
    assert kept is X
    assert weights is None
    kept, weights = validation.leave_out_weightless(X, weight)
    assert kept is X
    assert weights is weight
    weight[0] = 0
    kept, weights = validation.leave_out_weightless(X, weight)
    np.testing.assert_array_equal(kept, X[1:])
    np.testing.assert_array_equal(weights, [1e-300, 3])
    kept, weights = validation.leave_out_weightless(X, np.zeros(3))
    assert kept.shape == (0, 2)
    assert weights.shape == (0,)


@pytest.mark.parametrize(
    ("weight", "error", "words"),
    [
        ([1, 2], ValueError, r"sample_weight must have shape \(3,\).* \(2,\)"),
        ([[1], [2], [3]], ValueError, r"sample_weight must have shape \(3,\)"),
        ([1, np.nan, 2], ValueError, "sample_weight contains NaN or infinity"),
        ([1, np.inf, 2], ValueError, "sample_weight contains NaN or infinity"),
        (np.inf, ValueError, "sample_weight contains NaN or infinity"),
        (0, ValueError, "sample_weight is zero for every point"),
        ("abc", TypeError, "sample_weight must hold real numbers"),
        (["1", "2", "3"], TypeError, "sample_weight must hold real numbers"),
        ([1j, 1, 1], TypeError, "sample_weight must hold real numbers"),
        (2j, TypeError, "sample_weight must hold real numbers"),
        ([[1], [1, 2], 3], TypeError, "sample_weight must be a rectangular"),
        (sparse.eye_array(3), TypeError, "sample_weight is a sparse matrix"),
        (
            np.ma.masked_array([1.0, 2.0, 3.0], mask=[0, 1, 0]),
            TypeError,
            "sample_weight is a masked array",
        ),
    ],
)
def test_check_sample_weight_explains_what_it_refuses(weight, error, words):
    with pytest.raises(error, match=words):
        validation.check_sample_weight(weight, n_samples=3)


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
