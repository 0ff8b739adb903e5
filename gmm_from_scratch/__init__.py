"""Gaussian mixture models, built by hand.

Read the modules in the order in which the course builds them: `gaussian`, `mixture`,
`covariance`, `em`, `initialization`, `selection`, `estimator`; then `plotting` and
`widgets`, which show them. `sufficient` and `engine` do the same work many times
faster, `distributed` on many machines. `validation` says what is wrong with an input,
`exercises` what is wrong with an answer.
"""

from importlib import import_module

_HOME = {
    "CovarianceExplorer": "widgets",
    "EMComparison": "widgets",
    "EMPlayer": "widgets",
    "GaussianMixture": "estimator",
    "KChooser": "widgets",
    "LowerBoundExplorer": "widgets",
    "Mixture": "mixture",
    "ResponsibilityExplorer": "widgets",
    "export_html": "widgets",
    "load_mall_customers": "datasets",
    "load_old_faithful": "datasets",
    "load_penguins": "datasets",
}

__all__ = list(_HOME)


def __getattr__(name):
    # Imported on first use: whoever wants a density need not wait for matplotlib.
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)


def __dir__():
    return sorted(__all__)
