"""Settings that all tests share."""

import os

import matplotlib
from hypothesis import settings

matplotlib.use("agg")
# A slow machine is no defect of the code under test. Continuous integration always
# draws the same examples, so that it fails because of a change; elsewhere, the search
# goes on with new ones.
settings.register_profile("course", deadline=None, derandomize="CI" in os.environ)
settings.load_profile("course")
