"""Widgets to look at, to play and to take hold of, in JupyterLab and Notebook."""

from gmm_from_scratch.widgets.comparison import EMComparison
from gmm_from_scratch.widgets.covariance_explorer import CovarianceExplorer
from gmm_from_scratch.widgets.export import export_html
from gmm_from_scratch.widgets.k_chooser import KChooser
from gmm_from_scratch.widgets.lower_bound_explorer import LowerBoundExplorer
from gmm_from_scratch.widgets.player import EMPlayer
from gmm_from_scratch.widgets.responsibility_explorer import ResponsibilityExplorer

__all__ = [
    "CovarianceExplorer",
    "EMComparison",
    "EMPlayer",
    "KChooser",
    "LowerBoundExplorer",
    "ResponsibilityExplorer",
    "export_html",
]
