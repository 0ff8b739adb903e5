"""EM on a cluster of processes gives the numbers of this process, whatever happens."""

import os
import signal
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from gmm_from_scratch import engine
from gmm_from_scratch.mixture import Mixture

NEEDED = "needs the extra scale (dask and distributed)."
dask = pytest.importorskip("dask", reason=NEEDED)
distributed = pytest.importorskip("distributed", reason=NEEDED)
from dask import array  # noqa: E402
from dask.utils import key_split  # noqa: E402

from gmm_from_scratch.distributed import DaskBlocks  # noqa: E402

N, K, D, N_BLOCKS = 6_000, 3, 3, 10
ROWS = N // N_BLOCKS


def make_data():
    rng = np.random.default_rng(0)
    centers = np.array([[0.0, 0.0, 0.0], [4.0, 1.0, -2.0], [-3.0, 3.0, 1.0]])
    return centers[rng.integers(K, size=N)] + rng.normal(size=(N, D))


X = make_data()
WEIGHT = np.random.default_rng(1).integers(0, 4, size=N).astype(float)
START = Mixture(np.full(K, 1 / K), X[:K], [4 * np.eye(D)] * K)
# A fixed number of iterations, so that all of them are compared.
OPTIONS = {"tol": 0.0, "max_iter": 5}


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    """Two processes, which leave each other's tasks alone."""
    with (
        dask.config.set({"distributed.scheduler.work-stealing": False}),
        distributed.LocalCluster(
            n_workers=2,
            threads_per_worker=1,
            processes=True,
            dashboard_address=None,
            local_directory=str(tmp_path_factory.mktemp("workers")),
        ) as cluster,
    ):
        yield cluster


@pytest.fixture(scope="module")
def client(cluster):
    with distributed.Client(cluster) as client:
        yield client


# The workers cannot import this file: what runs there is defined inside functions, or
# sent along by value.
def delayed_blocks(X, weight=None, as_block=None):
    def make(rows, weights):
        rows = rows if as_block is None else as_block(rows)
        return rows if weights is None else (rows, weights)

    starts = range(0, len(X), ROWS)
    return [
        dask.delayed(make, pure=False)(
            X[i : i + ROWS], None if weight is None else weight[i : i + ROWS]
        )
        for i in starts
    ]


def assert_same(result, expected, atol=1e-10):
    assert result.n_iter == expected.n_iter
    assert result.converged == expected.converged
    for name in ("weights", "means", "covariances"):
        np.testing.assert_allclose(
            getattr(result.mixture, name),
            getattr(expected.mixture, name),
            rtol=0,
            atol=atol,
        )
    np.testing.assert_allclose(
        result.log_likelihoods, expected.log_likelihoods, rtol=1e-12
    )


# --- The same numbers ------------------------------------------------------------


@pytest.mark.parametrize("covariance_type", ["full", "diag"])
@pytest.mark.parametrize(
    "chunks", [(1100, D), (1500, 1)], ids=["rows", "rows, columns"]
)
def test_a_dask_array_gives_the_numbers_of_this_process(
    client, covariance_type, chunks
):
    options = OPTIONS | {"covariance_type": covariance_type}
    blocks = DaskBlocks(client, array.from_array(X, chunks=chunks))
    assert len(blocks.blocks) > 2
    assert_same(engine.run(blocks, START, **options), engine.run(X, START, **options))


def test_the_number_of_iterations_is_the_same(client):
    expected = engine.run(X, START, tol=0.05)
    assert expected.converged
    blocks = DaskBlocks(client, delayed_blocks(X))
    assert_same(engine.run(blocks, START, tol=0.05), expected)


def test_an_array_whose_lengths_are_unknown(client):
    x = array.from_array(X, chunks=(1000, D))
    blocks = DaskBlocks(client, x[x[:, 0] > 0])
    expected = engine.run(X[X[:, 0] > 0], START, **OPTIONS)
    assert_same(engine.run(blocks, START, **OPTIONS), expected)


@pytest.mark.parametrize("covariance_type", ["full", "diag"])
def test_blocks_bring_their_weights(client, covariance_type):
    options = OPTIONS | {"covariance_type": covariance_type}
    expected = engine.run(X, START, sample_weight=WEIGHT, **options)
    blocks = DaskBlocks(client, delayed_blocks(X, WEIGHT))
    assert_same(engine.run(blocks, START, **options), expected)


def test_delayed_tables(client):
    blocks = DaskBlocks(client, delayed_blocks(X, as_block=pd.DataFrame))
    assert_same(engine.run(blocks, START, **OPTIONS), engine.run(X, START, **OPTIONS))


def test_a_dask_data_frame(client):
    pytest.importorskip("pyarrow", reason="dask.dataframe needs pyarrow.")
    from dask import dataframe

    frame = dataframe.from_pandas(pd.DataFrame(X, columns=list("abc")), npartitions=5)
    blocks = DaskBlocks(client, frame)
    assert len(blocks.blocks) == 5
    assert_same(engine.run(blocks, START, **OPTIONS), engine.run(X, START, **OPTIONS))


def test_one_delayed_block(client):
    blocks = DaskBlocks(client, dask.delayed(X))
    assert_same(engine.run(blocks, START, **OPTIONS), engine.run(X, START, **OPTIONS))


def test_every_run_gives_the_same_bits(client):
    first, second = (
        engine.run(DaskBlocks(client, delayed_blocks(X, WEIGHT)), START, **OPTIONS)
        for _ in range(2)
    )
    for name in ("weights", "means", "covariances"):
        a, b = getattr(first.mixture, name), getattr(second.mixture, name)
        assert a.tobytes() == b.tobytes()
    assert first.log_likelihoods.tobytes() == second.log_likelihoods.tobytes()


# --- A worker dies ---------------------------------------------------------------


@pytest.mark.skipif(
    not hasattr(signal, "SIGKILL"), reason="Windows knows no signal that kills."
)
def test_a_worker_that_dies_changes_nothing(cluster, client, tmp_path):
    folder = str(tmp_path)

    def make(number, rows, weights):
        # One file for each time that a block is made.
        name = f"{number}-{os.getpid()}-{os.urandom(4).hex()}"
        open(os.path.join(folder, name), "w").close()
        return rows, weights

    delayed = [
        dask.delayed(make, pure=False)(i, x, w)
        for i, (x, w) in enumerate(
            zip(np.split(X, N_BLOCKS), np.split(WEIGHT, N_BLOCKS), strict=True)
        )
    ]
    blocks = DaskBlocks(client, delayed)
    killed = {}

    def kill(iteration, log_likelihood):
        if iteration == 2:
            assert len(list(tmp_path.iterdir())) == N_BLOCKS
            (address, *_) = client.who_has(blocks.blocks[:1]).popitem()[1]
            killed[address] = client.run(os.getpid, workers=[address])[address]
            os.kill(killed[address], signal.SIGKILL)

    result = engine.run(blocks, START, callback=kill, **OPTIONS)

    expected = engine.run(X, START, sample_weight=WEIGHT, **OPTIONS)
    assert_same(result, expected)
    ((address, pid),) = killed.items()
    assert list(tmp_path.glob(f"*-{pid}-*"))
    # What it had, others have made again.
    assert len(list(tmp_path.iterdir())) > N_BLOCKS
    client.wait_for_workers(2, timeout=20)
    workers = client.run(os.getpid)
    assert len(workers) == 2
    assert address not in workers
    assert pid not in workers.values()


# --- What travels ----------------------------------------------------------------


def test_only_sums_travel(cluster, client):
    class Sizes(distributed.SchedulerPlugin):
        name = "sizes of results"
        found = {}

        def transition(self, key, start, finish, *args, nbytes=None, **kwargs):
            if start == "processing" and finish == "memory":
                self.found.setdefault(key_split(key), []).append(nbytes)

    def forget(dask_worker):
        dask_worker.transfer_outgoing_log.clear()

    def sent(dask_worker):
        log = dask_worker.transfer_outgoing_log
        return [key for transfer in log for key in transfer["keys"]]

    client.run(forget)
    sizes = Sizes()
    cluster.scheduler.add_plugin(sizes)
    try:
        blocks = DaskBlocks(client, delayed_blocks(X))
        engine.run(blocks, START, tol=0, max_iter=3)
    finally:
        cluster.scheduler.remove_plugin(name=Sizes.name)

    # K × P numbers, and some bytes around them.
    small = 8 * K * (1 + D + D * (D + 1) // 2) + 500
    block = 8 * ROWS * D
    assert small < block / 10
    assert len(sizes.found["make"]) == N_BLOCKS
    assert min(sizes.found["make"]) >= block
    assert len(sizes.found["sums"]) == 3 * N_BLOCKS
    assert max(sizes.found["sums"] + sizes.found["add"]) < small
    keys = [key for keys in client.run(sent).values() for key in keys]
    assert "sums" in map(key_split, keys)
    assert "make" not in map(key_split, keys)


def test_parameters_are_sent_once_for_all_blocks(client, monkeypatch):
    blocks = DaskBlocks(client, delayed_blocks(X))
    sent = []

    submit = client.submit

    def counted(function, *arguments, **options):
        sent.extend(a for a in arguments if hasattr(a, "covariances"))
        return submit(function, *arguments, **options)

    monkeypatch.setattr(client, "submit", counted)
    engine.run(blocks, START, tol=0, max_iter=3)
    assert len(sent) == 3


# --- What cannot work is said ----------------------------------------------------


def test_a_value_that_is_no_number_is_named(client):
    bad = X.copy()
    bad[3 * ROWS + 7, 1] = np.nan
    blocks = DaskBlocks(client, delayed_blocks(bad))
    with pytest.raises(
        ValueError, match=r"^block 3 contains NaN \(first in row 7, column 1"
    ):
        engine.run(blocks, START)


def test_the_number_of_columns_must_be_right(client):
    blocks = DaskBlocks(client, array.from_array(X[:, :2], chunks=(N, 2)))
    with pytest.raises(ValueError, match=r"^block 0 has 2 features .* 3 are expected"):
        engine.run(blocks, START)


def test_blocks_have_two_dimensions(client):
    blocks = DaskBlocks(client, array.from_array(X[:, 0], chunks=N))
    with pytest.raises(ValueError, match=r"^block 0 must have shape \(N, D\)"):
        engine.run(blocks, START)


def test_a_negative_weight(client):
    blocks = DaskBlocks(client, delayed_blocks(X, -WEIGHT))
    with pytest.raises(ValueError, match="^sample_weight must not be negative"):
        engine.run(blocks, START)


def test_weights_come_with_the_blocks(client):
    blocks = DaskBlocks(client, delayed_blocks(X))
    with pytest.raises(ValueError, match="sample_weight must come with them"):
        engine.run(blocks, START, sample_weight=WEIGHT)


def test_a_block_that_cannot_be_made_says_why(client):
    def read(number):
        if number == 1:
            raise FileNotFoundError("part 1 is not there")
        return np.zeros((5, D))

    blocks = DaskBlocks(client, [dask.delayed(read)(i) for i in range(3)])
    with pytest.raises(FileNotFoundError, match="^part 1 is not there$"):
        engine.run(blocks, START)


def test_more_components_than_rows(client):
    blocks = DaskBlocks(client, [dask.delayed(X[:1]), dask.delayed(X[1:2])])
    with pytest.raises(ValueError, match="X has 2 rows, fewer than n_components=3"):
        engine.run(blocks, START)


@pytest.mark.parametrize(
    "blocks",
    [X, [X], [], [dask.delayed(X), X], None, 5, "data.csv"],
    ids=["array", "list of arrays", "none", "mixed", "None", "number", "text"],
)
def test_blocks_must_be_lazy(client, blocks):
    with pytest.raises(TypeError, match="^blocks must be a Dask array or data frame"):
        DaskBlocks(client, blocks)


# --- Without Dask ----------------------------------------------------------------


@pytest.mark.parametrize("module", ["engine", "distributed"])
def test_importing_the_package_does_not_import_dask(module):
    code = f"import sys, gmm_from_scratch.{module}; print(*sys.modules)"
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert not {"dask", "distributed"} & set(result.stdout.split())
