"""Widgets to look at, to play and to take hold of, in JupyterLab and Notebook."""

from gmm_from_scratch.widgets.comparison import EMComparison
from gmm_from_scratch.widgets.export import export_html
from gmm_from_scratch.widgets.player import EMPlayer

__all__ = ["EMComparison", "EMPlayer", "export_html"]
