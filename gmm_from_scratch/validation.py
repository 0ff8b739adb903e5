"""Check what comes in, once, with sentences that say how to mend it."""

import numbers

import numpy as np
from scipy import sparse

COVARIANCE_TYPES = ("full", "tied", "diag", "spherical")

# The square of anything smaller, even added up over many points, is finite.
LARGEST = 1e150


def check_data(X, *, n_features=None, name="X", keep_float32=False, allow_nan=False):
    """Return points as a finite float array of shape (N, D), or say what is wrong.

    Parameters
    ----------
    X : array-like of shape (N, D)
        Numbers: an array, a list of rows, or a DataFrame.
    n_features : int, optional
        The D that the data must have.
    name : str
        What to call the data in an error.
    keep_float32 : bool
        Whether float32 data stays so, instead of being copied into float64.
    allow_nan : bool
        Whether NaN may stand for a value that is missing.

    Returns
    -------
    ndarray of shape (N, D)
        The data as float64; the input itself is never changed.

    Raises
    ------
    TypeError
        If the data is sparse, masked or complex, or does not hold numbers.
    ValueError
        If the shape is wrong, or a value is NaN, infinite or beyond 1e150.

    Examples
    --------
    >>> check_data([[1, 2], [3, 4]])
    array([[1., 2.],
           [3., 4.]])
    """
    array = _as_float_array(X, name, keep_float32)
    if array.ndim < 2:
        raise ValueError(
            f"{name} must have shape (N, D), one row per point, but its shape is "
            f"{array.shape}; for one feature use {name}.reshape(-1, 1), for one "
            f"point {name}.reshape(1, -1)."
        )
    array = check_matrix(
        array,
        name,
        "(N, D), one row per point",
        keep_float32=keep_float32,
        allow_nan=allow_nan,
    )
    if n_features is not None and array.shape[1] != n_features:
        raise ValueError(
            f"{name} has {array.shape[1]} features (columns), but "
            f"{n_features} are expected here."
        )
    check_size(array, name)
    return array


def check_size(array, name):
    """Refuse numbers so large that their squares would overflow.

    Parameters
    ----------
    array : ndarray
        The numbers; NaN is passed over.
    name : str
        What to call them in an error.

    Raises
    ------
    ValueError
        If one is beyond 1e150.

    Examples
    --------
    >>> check_size(np.array([1e100, np.nan]), "X")
    """
    # Without a second array, which could be large.
    lowest, highest = np.fmin.reduce(array, axis=None), np.fmax.reduce(array, axis=None)
    if max(-float(lowest), float(highest)) > LARGEST:
        raise ValueError(
            f"{name} holds numbers beyond {LARGEST:g}, whose squares overflow; measure "
            f"in larger units."
        )


def check_matrix(value, name, shape, *, keep_float32=False, allow_nan=False):
    """Return a parameter as a finite float array with two dimensions.

    Parameters
    ----------
    value : array-like
        The parameter.
    name : str
        What to call it in an error.
    shape : str
        The shape that it should have, in words.
    keep_float32 : bool
        Whether a float32 array stays so, instead of being copied into float64.
    allow_nan : bool
        Whether NaN may stand for a value that is missing.

    Returns
    -------
    ndarray
        The parameter as float64.

    Raises
    ------
    TypeError
        If it does not hold real numbers.
    ValueError
        If it has more or fewer than two dimensions, is empty, or holds NaN or infinity.

    Examples
    --------
    >>> check_matrix([[1, 2]], "means", "(K, D)")
    array([[1., 2.]])
    """
    array = _as_float_array(value, name, keep_float32)
    if array.ndim != 2:
        raise ValueError(
            f"{name} must have shape {shape}, but its shape is {array.shape}."
        )
    if 0 in array.shape:
        raise ValueError(
            f"{name} is empty: its shape is {array.shape}; give it at least one "
            f"row and one column."
        )
    # NaN is passed on by min and infinity by min or max, without a second array.
    if not (np.isfinite(array.min()) and np.isfinite(array.max())):
        wrong = np.isinf(array) if allow_nan else ~np.isfinite(array)
        if wrong.any():
            row, column = np.argwhere(wrong)[0]
            raise ValueError(
                f"{name} contains {_spell(array[row, column])} (first in row {row}, "
                f"column {column}, counted from 0); drop or fill such values first."
            )
    return array


def check_array(value, shape, name):
    """Return a parameter as a finite float array of exactly this shape.

    Parameters
    ----------
    value : array-like
        The parameter.
    shape : tuple of int
        The shape that it must have.
    name : str
        What to call it in an error.

    Returns
    -------
    ndarray
        The parameter as float64.

    Raises
    ------
    TypeError
        If it does not hold real numbers.
    ValueError
        If the shape is another or a value is NaN or infinite.

    Examples
    --------
    >>> check_array([0.5, 0.5], (2,), "weights")
    array([0.5, 0.5])
    """
    array = _as_float_array(value, name)
    if array.shape != tuple(shape):
        raise ValueError(
            f"{name} must have shape {tuple(shape)}, but its shape is {array.shape}."
        )
    if not np.isfinite(array).all():
        raise ValueError(
            f"{name} contains NaN or infinity; every entry must be a number."
        )
    return array


def check_responsibilities(responsibilities, n_samples=None):
    """Return responsibilities as a float array whose rows are probabilities.

    Parameters
    ----------
    responsibilities : array-like of shape (N, K)
        Row n says how much of point n belongs to each component.
    n_samples : int, optional
        The N that the data has.

    Returns
    -------
    ndarray of shape (N, K)

    Raises
    ------
    ValueError
        If the shape is wrong, an entry is negative, or a row does not sum to one.

    Examples
    --------
    >>> check_responsibilities([[0.25, 0.75]], n_samples=1)
    array([[0.25, 0.75]])
    """
    array = check_matrix(responsibilities, "responsibilities", "(N, K)")
    if n_samples is not None and len(array) != n_samples:
        raise ValueError(
            f"responsibilities has {len(array)} rows, but X has {n_samples}; each "
            f"point needs one row, so the shape must be (N, K)."
        )
    sums = array.sum(axis=1)
    wrong = (array < 0).any(axis=1) | (np.abs(sums - 1) > 1e-6)
    if wrong.any():
        row = int(np.argmax(wrong))
        raise ValueError(
            f"each row of responsibilities must be probabilities that sum to 1, but "
            f"row {row} is {array[row]}, which sums to {sums[row]:.6g}."
        )
    return array


def check_weights(weights, n_components, name="weights"):
    """Return the weights of the components as a float array of probabilities.

    Parameters
    ----------
    weights : array-like of shape (K,)
        π_k.
    n_components : int
        K.
    name : str
        What to call them in an error.

    Returns
    -------
    ndarray of shape (K,)

    Raises
    ------
    TypeError
        If they are not real numbers.
    ValueError
        If the shape is wrong, one is negative, or they do not sum to one.

    Examples
    --------
    >>> check_weights([0.25, 0.75], n_components=2)
    array([0.25, 0.75])
    """
    array = check_array(weights, (n_components,), name)
    with np.errstate(over="ignore"):
        total = array.sum()
    if (array < 0).any() or abs(total - 1) > 1e-6:
        raise ValueError(
            f"{name} must be probabilities that sum to 1, but they are {array} and sum "
            f"to {total:.6g}."
        )
    return array


def check_sample_weight(sample_weight, n_samples, *, may_be_zero=False):
    """Return weights of the points as a float array, or None for none.

    Parameters
    ----------
    sample_weight : array-like of shape (N,), float or None
        How often each point counts; one number is for all of them.
    n_samples : int
        N.
    may_be_zero : bool
        Whether all weights may be zero, because other points have some.

    Returns
    -------
    ndarray of shape (N,) or None

    Raises
    ------
    TypeError
        If it does not hold real numbers.
    ValueError
        If the shape is wrong, a weight is negative, NaN or infinite, or all are zero.

    Examples
    --------
    >>> check_sample_weight([1, 2], n_samples=2)
    array([1., 2.])
    """
    if sample_weight is None:
        return None
    if isinstance(sample_weight, numbers.Real):
        sample_weight = np.full(n_samples, sample_weight)
    array = check_array(sample_weight, (n_samples,), "sample_weight")
    if (array < 0).any():
        raise ValueError(
            f"sample_weight must not be negative, but entry {int(np.argmin(array))} is "
            f"{array.min():g}; leave out a point with weight 0."
        )
    if array.max() > LARGEST or 0 < array.max() < 1 / LARGEST:
        raise ValueError(
            f"the largest sample_weight must be between {1 / LARGEST:g} and "
            f"{LARGEST:g}, but it is {array.max():g}; multiply all of them by a number "
            f"that brings it near to 1."
        )
    if not (array.any() or may_be_zero):
        raise ValueError(
            "sample_weight is zero for every point, so nothing is left to fit; give at "
            "least one of them a positive weight."
        )
    return array


def leave_out_weightless(X, sample_weight):
    """Drop the points of weight zero, if there are any.

    Parameters
    ----------
    X : ndarray of shape (N, D)
        Points.
    sample_weight : ndarray of shape (N,) or None
        How often each point counts.

    Returns
    -------
    X : ndarray
        The points that count; the same array, if all do.
    sample_weight : ndarray or None
        Their weights.

    Examples
    --------
    >>> leave_out_weightless(np.array([[1.0], [2.0]]), np.array([0.0, 3.0]))
    (array([[2.]]), array([3.]))
    """
    if sample_weight is None or sample_weight.all():
        return X, sample_weight
    counts = sample_weight > 0
    return X[counts], sample_weight[counts]


def check_choice(value, name, choices):
    """Return a value that must be one of a few, or name them.

    Parameters
    ----------
    value : str
        The value.
    name : str
        What to call it in an error.
    choices : sequence of str
        What it may be.

    Returns
    -------
    str

    Raises
    ------
    ValueError
        If it is none of them.

    Examples
    --------
    >>> check_choice("tied", "covariance_type", COVARIANCE_TYPES)
    'tied'
    """
    if not isinstance(value, str) or value not in choices:
        raise ValueError(
            f"{name} must be one of {', '.join(map(repr, choices))}, but it is "
            f"{value!r}."
        )
    return value


def check_integer(value, name, minimum):
    """Return a whole number that is not below a minimum.

    Parameters
    ----------
    value : int
        The number.
    name : str
        What to call it in an error.
    minimum : int
        The smallest value that makes sense.

    Returns
    -------
    int

    Raises
    ------
    TypeError
        If it is not an integer.
    ValueError
        If it is smaller than `minimum`.

    Examples
    --------
    >>> check_integer(3, "n_components", minimum=1)
    3
    """
    if not isinstance(value, numbers.Integral) or isinstance(value, bool):
        raise TypeError(f"{name} must be a whole number, but it is {value!r}.")
    if value < minimum:
        raise ValueError(f"{name} must be at least {minimum}, but it is {value}.")
    return int(value)


def check_non_negative(value, name):
    """Return a finite number that is zero or more.

    Parameters
    ----------
    value : float
        The number.
    name : str
        What to call it in an error.

    Returns
    -------
    float

    Raises
    ------
    TypeError
        If it is not a real number.
    ValueError
        If it is negative, NaN or infinite.

    Examples
    --------
    >>> check_non_negative(1e-6, "reg_covar")
    1e-06
    """
    if not isinstance(value, numbers.Real) or isinstance(value, bool):
        raise TypeError(f"{name} must be a number, but it is {value!r}.")
    try:
        number = float(value)
    except OverflowError:
        number = np.inf
    if not 0 <= number < np.inf:
        raise ValueError(f"{name} must be a finite number >= 0, but it is {value}.")
    return number


def check_boolean(value, name):
    """Return True or False, or say that nothing else will do.

    Parameters
    ----------
    value : bool
        The value; 1 and 0 are understood.
    name : str
        What to call it in an error.

    Returns
    -------
    bool

    Raises
    ------
    TypeError
        If it is neither.

    Examples
    --------
    >>> check_boolean(True, "warm_start")
    True
    """
    if isinstance(value, bool | np.bool_ | numbers.Integral) and value in (0, 1):
        return bool(value)
    raise TypeError(f"{name} must be True or False, but it is {value!r}.")


def check_reg_covar(reg_covar, n_features):
    """Return what is added to the variances: one number, or one for each feature.

    Parameters
    ----------
    reg_covar : float or array-like of shape (D,)
        In squared units of the data.
    n_features : int
        D.

    Returns
    -------
    float or ndarray of shape (D,)

    Raises
    ------
    TypeError
        If it does not hold real numbers.
    ValueError
        If the shape is another, or a number is negative, NaN or infinite.

    Examples
    --------
    >>> check_reg_covar([1e-6, 1e-2], n_features=2)
    array([1.e-06, 1.e-02])
    """
    if np.ndim(reg_covar) == 0:
        result = check_non_negative(reg_covar, "reg_covar")
    else:
        result = check_array(reg_covar, (n_features,), "reg_covar")
    if np.min(result) < 0 or np.max(result) > LARGEST**2:
        raise ValueError(
            f"reg_covar must be between 0 and {LARGEST**2:g}, but it is {reg_covar}."
        )
    return result


def check_rng(rng):
    """Return a source of randomness.

    Parameters
    ----------
    rng : numpy.random.Generator, numpy.random.RandomState, int or None
        A source, or a seed for one; None takes a seed from the operating system.

    Returns
    -------
    numpy.random.Generator

    Raises
    ------
    TypeError
        If it is none of these.

    Examples
    --------
    >>> int(check_rng(0).integers(10)) == int(check_rng(0).integers(10))
    True
    """
    if isinstance(rng, np.random.RandomState):
        # Drawing the seed from it moves a shared RandomState on, as one expects.
        rng = rng.randint(2**31 - 1)
    try:
        return np.random.default_rng(rng)
    except (TypeError, ValueError) as error:
        raise TypeError(
            f"rng must be a whole number >= 0, a numpy.random.Generator or None, but "
            f"it is {rng!r}."
        ) from error


def check_enough_rows(X, n_components):
    """Refuse to fit more components than there are points.

    Parameters
    ----------
    X : ndarray of shape (N, D)
        The data.
    n_components : int
        K, the number of components.

    Raises
    ------
    ValueError
        If N < K.

    Examples
    --------
    >>> check_enough_rows(np.zeros((5, 2)), n_components=5)
    """
    if len(X) < n_components:
        raise ValueError(
            f"X has {len(X)} rows, fewer than n_components={n_components}; use more "
            f"data or at most {len(X)} components."
        )


def _spell(number):
    return "NaN" if np.isnan(number) else str(number)


def _as_float_array(value, name, keep_float32=False):
    if sparse.issparse(value):
        raise TypeError(f"{name} is a sparse matrix; pass {name}.toarray() instead.")
    if np.ma.is_masked(value):
        raise TypeError(
            f"{name} is a masked array with missing values; drop or fill them first."
        )
    if hasattr(value, "select_dtypes"):
        return _table_as_float_array(value, name)
    try:
        array = np.asarray(value)
        if array.dtype.kind == "O" and not any(isinstance(v, str) for v in array.flat):
            array = array.astype(float)
    except (TypeError, ValueError, OverflowError) as error:
        raise TypeError(
            f"{name} must be a rectangular table of numbers, but NumPy cannot read it "
            f"as one ({error})."
        ) from error
    if array.dtype.kind not in "biuf":
        raise TypeError(
            f"{name} must hold real numbers, but its type is {array.dtype}; convert or "
            f"leave out such columns first."
        )
    if keep_float32 and array.dtype == np.float32:
        return array
    return array.astype(float, copy=False)


def _table_as_float_array(table, name):
    others = table.select_dtypes(exclude=["number", "bool"]).columns
    if len(others):
        raise TypeError(
            f"{name} has columns that do not hold numbers: "
            f"{', '.join(map(repr, others))}; leave them out or convert them first."
        )
    return table.to_numpy(dtype=float, na_value=np.nan)
