"""Widgets to look at, to play and to take hold of, in JupyterLab and Notebook."""

from gmm_from_scratch.widgets.player import EMPlayer

__all__ = ["EMPlayer"]
