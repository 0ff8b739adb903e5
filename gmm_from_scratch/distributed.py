"""EM on many machines: the blocks stay on the workers of a Dask cluster.

Each worker takes the sums over its own blocks, the cluster adds them up, and the K × P
numbers travel instead of the points. What to do when a worker dies, Dask knows: it
makes the worker's blocks again, elsewhere, and takes their sums again.

Needs the extra ``scale`` (dask and distributed).
"""

from collections.abc import Iterable
from functools import partial

from gmm_from_scratch.engine import as_pair, sums
from gmm_from_scratch.sufficient import Frame, Statistics
from gmm_from_scratch.validation import check_data, check_enough_rows

# Sums are added so many at a time, near where they were taken.
FAN_IN = 8
# So many rows of the first block tell a frame enough.
FRAME_ROWS = 10_000


class DaskBlocks:
    """Rows on a Dask cluster, as data for `engine.run`.

    Parameters
    ----------
    client : distributed.Client
        Connection to the cluster; its workers need this package installed.
    blocks : dask.array.Array, dask.dataframe.DataFrame or list of Delayed
        The rows (data frames of Dask's need pyarrow). Give Dask the way to *make* each
        block (read a file, say), not the block itself, so that it can make it again. A
        delayed block may also be a pair of rows and their weights.

    Raises
    ------
    TypeError
        If the blocks are not lazy ones of Dask's.

    Examples
    --------
    With a cluster of two processes on this machine::

        from dask import array
        from distributed import Client

        with Client(n_workers=2, threads_per_worker=1) as client:
            X = array.random.normal(size=(10_000_000, 2), chunks=(1_000_000, 2))
            result = engine.run(DaskBlocks(client, X), start)
    """

    def __init__(self, client, blocks):
        from dask.delayed import Delayed

        # A Delayed seems to have every attribute.
        if isinstance(blocks, Delayed):
            blocks = [blocks]
        if hasattr(blocks, "rechunk"):
            blocks = blocks.rechunk(dict.fromkeys(range(1, blocks.ndim), -1))
        if hasattr(blocks, "to_delayed"):
            delayed = blocks.to_delayed()
            blocks = delayed.ravel().tolist() if hasattr(delayed, "ravel") else delayed
        blocks = list(blocks) if isinstance(blocks, Iterable) else []
        if not blocks or not all(hasattr(b, "__dask_graph__") for b in blocks):
            raise TypeError(
                "blocks must be a Dask array or data frame, or a list of dask.delayed "
                "objects that each make an array of rows."
            )
        self.client = client
        # The workers keep what they have made for as long as these are referred to.
        self.blocks = client.compute(blocks)

    def attach(self, n_components, n_features, diagonal):
        """Say what the engine is going to ask for (called by `engine.run`).

        Parameters
        ----------
        n_components, n_features : int
            K and D.
        diagonal : bool
            Whether variances alone are enough.

        Returns
        -------
        DaskBlocks
        """
        self.n_features, self.diagonal = n_features, diagonal
        return self

    def check_enough_rows(self, n_components):
        """Refuse to fit more components than there are rows in all."""
        count = partial(self.client.submit, _n_rows, pure=False)
        counts = [count(b, self.n_features, i) for i, b in enumerate(self.blocks)]
        n_rows = sum(self.client.gather(counts))
        check_enough_rows(range(n_rows), n_components)

    def frame(self, ridge, width):
        """Make the frame of the data from rows of the first block."""
        rows = self.client.submit(_first_rows, self.blocks[0], pure=False).result()
        return Frame.from_rows(rows, self.diagonal, ridge, width)

    def statistics(self, parameters):
        """Take the sums over all blocks, always added up in the same order.

        Parameters
        ----------
        parameters : Parameters
            For the E-step.

        Returns
        -------
        Statistics
        """
        # Worked out once, here, so that all machines use the same numbers.
        parameters.natural, parameters.means_of_data  # noqa: B018
        submit = partial(self.client.submit, pure=False)
        # Sent once for all blocks. As the result of a task they cannot get lost.
        sent = submit(_itself, parameters)
        # Without a hint, Dask may rather move a block than wait for its worker.
        places = self.client.who_has(self.blocks)
        level = [
            submit(_sums, b, sent, workers=places[b.key], allow_other_workers=True)
            for b in self.blocks
        ]
        while len(level) > 1:
            groups = [level[i : i + FAN_IN] for i in range(0, len(level), FAN_IN)]
            level = [submit(_add, group) for group in groups]
        return Statistics(parameters, *level[0].result())


def _n_rows(block, n_features, number):
    X, _ = as_pair(block)
    name = f"block {number}"
    return len(check_data(X, n_features=n_features, name=name, keep_float32=True))


def _first_rows(block):
    X, _ = as_pair(block)
    return check_data(X[:FRAME_ROWS])


def _itself(parameters):
    return parameters


def _sums(block, parameters):
    X, weight = as_pair(block)
    statistics = sums(X, parameters, weight)
    return statistics.n_samples, statistics.log_likelihood, statistics.moments


def _add(parts):
    return tuple(sum(values) for values in zip(*parts, strict=True))
