"""Settings that all tests share."""

import matplotlib
from hypothesis import settings

matplotlib.use("agg")
# A slow machine is no defect of the code under test.
settings.register_profile("course", deadline=None)
settings.load_profile("course")
