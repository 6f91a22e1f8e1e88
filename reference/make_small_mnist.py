"""Make the small MNIST that the grader ships, from the four original files.

    python -m reference.make_small_mnist --data DIR

The same number of images of each digit are taken, the first ones, in their original order. The
same input gives the same content.
"""

from __future__ import annotations

import gzip
from pathlib import Path

import click
import numpy as np

from grader.vae.digits import NAMES, UNSIGNED_BYTES, DataError, Digits, read_digits

PER_DIGIT = {True: 64, False: 15}
"""So many images of each digit: five full batches of 128 to train on, and one batch to test."""

OUT = Path(__file__).resolve().parent.parent / "grader" / "data" / "mnist"


def first_of_each(digits: Digits, count: int) -> Digits:
    """Return the first ``count`` images of each digit, with their labels, in the order given."""
    rows = np.sort(np.concatenate([np.flatnonzero(digits.labels == d)[:count] for d in range(10)]))
    return Digits(digits.images[rows], digits.labels[rows])


def write_idx(path: Path, values: np.ndarray) -> None:
    """Write unsigned bytes as a gzipped IDX file."""
    header = bytes((0, 0, UNSIGNED_BYTES, values.ndim)) + np.array(values.shape, ">u4").tobytes()
    path.write_bytes(gzip.compress(header + values.tobytes(), mtime=0))


@click.command()
@click.option("--data", required=True, type=click.Path(path_type=Path), help="Folder of MNIST.")
@click.option("--out", default=OUT, type=click.Path(path_type=Path), help="Where to write.")
def main(data: Path, out: Path) -> None:
    """Write the small data set as four gzipped IDX files, named as the original ones."""
    out.mkdir(parents=True, exist_ok=True)
    for train, name in NAMES.items():
        try:
            small = first_of_each(read_digits(data, train), PER_DIGIT[train])
        except DataError as error:
            raise click.ClickException(f"{error}.") from error
        write_idx(out / f"{name}-images-idx3-ubyte.gz", small.images)
        write_idx(out / f"{name}-labels-idx1-ubyte.gz", small.labels)
        click.echo(f"{name}: {len(small.labels)} images")


if __name__ == "__main__":
    main()
