"""Settings that all tests share."""

import os
import shutil
import tempfile

import matplotlib
from hypothesis import Phase, settings

matplotlib.use("agg")
# A slow machine is no defect of the code under test. Continuous integration always
# draws the same examples, so that it fails because of a change; elsewhere, the search
# goes on with new ones.
settings.register_profile("course", deadline=None, derandomize="CI" in os.environ)
# Hundreds of times in a row, once for each planted fault.
settings.register_profile(
    "mutation",
    deadline=None,
    derandomize=True,
    database=None,
    max_examples=20,
    phases=[Phase.explicit, Phase.generate],
)
settings.load_profile("course")


def pytest_configure(config):
    # With pytest-cov, nbval would measure inside the notebooks' kernels too, and waits
    # a minute for each in vain. What the tests themselves run is what counts.
    config.option.cov_source = None
    # What the tests solve is not what the learner has solved. Kernels inherit it.
    folder = tempfile.mkdtemp(prefix="gmm-progress-")
    config.add_cleanup(lambda: shutil.rmtree(folder, ignore_errors=True))
    os.environ["GMM_FROM_SCRATCH_PROGRESS"] = os.path.join(folder, "progress.json")
