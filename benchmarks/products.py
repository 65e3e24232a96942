"""What of a training step is its matrix products, and what these reach.

One program has all products of a step of 128 rows and nothing else: of every layer the forward product, the gradient of
its weights and, but for the first, that of its inputs, in the orders in which a wide network has them. Beside it, in
turns: a step of the whole training, and a large square product. What the products leave of a step is all that better
code around them can save; how far they are from the square product is what better products could.

Usage: BAKEOFF_DATA=FOLDER python benchmarks/products.py [--layers 1024 512 256 128 64] [--turns 9]
"""

import argparse
import itertools
import time

import jax
import numpy as np
from mnist_networks import PLAIN, Rows, epoch_seconds

from bakeoff.machine import epoch_work, matmul_rate

ROWS = PLAIN["batch_size"]


def contract(a: jax.Array, b: jax.Array, axis_a: int, axis_b: int) -> jax.Array:
    return jax.lax.dot_general(a, b, (((axis_a,), (axis_b,)), ((), ())))


@jax.jit
def products(weights: list[jax.Array], inputs: list[jax.Array], gradients: list[jax.Array]) -> list[jax.Array]:
    """Of all layers; weights (units, inputs), inputs (rows, inputs), gradients of outputs (rows, units)."""
    forward = [contract(x, w, 1, 1) for w, x in zip(weights, inputs, strict=True)]
    of_weights = [contract(g, x, 0, 0) for g, x in zip(gradients, inputs, strict=True)]
    of_inputs = [contract(g, w, 1, 0) for g, w in zip(gradients[1:], weights[1:], strict=True)]
    return [*forward, *of_weights, *of_inputs]


def products_seconds(sizes: list[tuple[int, int]], n: int = 40) -> float:
    """The median of several calls."""
    random = np.random.default_rng(0)

    def drawn(*shape: int) -> jax.Array:
        return jax.device_put(random.standard_normal(shape, dtype=np.float32))

    weights = [drawn(units, inputs) for inputs, units in sizes]
    inputs = [drawn(ROWS, inputs) for inputs, _ in sizes]
    gradients = [drawn(ROWS, units) for _, units in sizes]
    moments = []
    for _ in range(n + 1):
        started = time.perf_counter()
        jax.block_until_ready(products(weights, inputs, gradients))
        moments.append(time.perf_counter() - started)
    return float(np.median(moments[1:]))


def main() -> None:
    parser = argparse.ArgumentParser(prog="products")
    parser.add_argument("--layers", type=int, nargs="+", default=[1024, 512, 256, 128, 64], metavar="UNITS")
    parser.add_argument("--turns", type=int, default=9)
    options = parser.parse_args()
    rows = Rows.load()
    layers = [784, *options.layers, 10]
    operations, _ = epoch_work(layers, ROWS, ROWS)
    n_steps = -(-len(rows.y) // ROWS)
    turns = []
    for _ in range(options.turns):
        square = operations / matmul_rate.__wrapped__("float32")
        alone = products_seconds(list(itertools.pairwise(layers)))
        epoch, _ = epoch_seconds(rows, {**PLAIN, "hidden_layer_sizes": options.layers}, 1)
        turns.append((square, alone, epoch / n_steps))
    square, alone, step = np.median(turns, axis=0)
    print(f"{'-'.join(map(str, options.layers))}, {ROWS} rows, medians of {options.turns} turns")
    print(f"at the rate of a large square product: {square * 1e3:.2f} ms, {operations / square / 1e9:.0f} GFLOP/s")
    print(f"the products alone:                    {alone * 1e3:.2f} ms, {operations / alone / 1e9:.0f} GFLOP/s")
    print(f"a step of training:                    {step * 1e3:.2f} ms, {operations / step / 1e9:.0f} GFLOP/s")
    print(f"of a step, products:                   {alone / step:.2f}")
    print(f"of them, at the square product's rate: {square / alone:.2f}")


if __name__ == "__main__":
    main()
