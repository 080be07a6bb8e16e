"""Train a digit classifier from one source file, first on JAX, then on PyTorch, and compare the two.

Parameters are a dict of arrays, the training step is one jitted function, the optimizer (Adam, arXiv:1412.6980) is
eight lines. Keys are stateless as in `jax.random`, so both engines start from the same weights and see the same
batches. The data set, the table and the picture are in `digits_io.py`.
"""

import argparse
import time

from digits_io import NAMES, Run, console, draw, load_digits, print_table, progress_bar

import dualgrad as dg

BATCH = 96


def init(key):
    """A two-layer network: 64 pixels, 128 hidden units, 10 digits."""
    k1, k2, k3 = dg.random.split(key, 3)
    return {
        "w1": dg.random.normal(k1, (64, 128)) * (2 / 64) ** 0.5,
        "b1": dg.zeros(128),
        "w2": dg.random.normal(k2, (128, 128)) * (2 / 128) ** 0.5,
        "b2": dg.zeros(128),
        "w3": dg.random.normal(k3, (128, 10)) * (1 / 128) ** 0.5,
        "b3": dg.zeros(10),
    }


def predict(params, images):
    """Scores of the ten digits: their log-probabilities up to a constant."""
    x = dg.reshape(images, (-1, 64)) - 0.3
    x = dg.nn.relu(x @ params["w1"] + params["b1"])
    x = dg.nn.relu(x @ params["w2"] + params["b2"])
    return x @ params["w3"] + params["b3"]


def loss(params, images, labels):
    """Mean cross-entropy, with a little weight decay."""
    losses = dg.nn.softmax_cross_entropy_with_integer_labels(predict(params, images), labels)
    decay = sum(dg.sum(params[w] ** 2) for w in ("w1", "w2", "w3"))
    return dg.mean(losses) + 1e-4 * decay


@dg.jit
def train_step(state, images, labels, rate):
    """One step of Adam; `rate` is traced, so a schedule compiles nothing anew."""
    params, m, v, step = state
    value, grads = dg.value_and_grad(loss)(params, images, labels)
    m = dg.tree.map(lambda m, g: 0.9 * m + 0.1 * g, m, grads)
    v = dg.tree.map(lambda v, g: 0.99 * v + 0.01 * g**2, v, grads)
    step = step + 1
    rate = rate * dg.sqrt(1 - 0.99**step) / (1 - 0.9**step)
    params = dg.tree.map(lambda p, m, v: p - rate * m / (dg.sqrt(v) + 1e-8), params, m, v)
    return (params, m, v, step), value


def batches(key, images, labels):
    """The training set in a new order, batch by batch."""
    order = dg.random.permutation(key, images.shape[0])
    for start in range(0, images.shape[0] - BATCH + 1, BATCH):
        chosen = order[start : start + BATCH]
        yield dg.take(images, chosen, axis=0), dg.take(labels, chosen, axis=0)


def train(data, epochs, seed):
    """Train on the active backend; everything that goes into the comparison."""
    images, labels, test_images, test_labels = (dg.asarray(x) for x in data)
    key, init_key = dg.random.split(dg.random.key(seed))
    params = init(init_key)
    zeros = dg.tree.map(dg.zeros_like, params)
    state = (params, zeros, zeros, dg.asarray(0.0))

    first = dg.grad(loss)(params, images[:BATCH], labels[:BATCH])
    losses, seconds, steps = [], 0.0, 0
    with progress_bar() as bar:
        task = bar.add_task(NAMES.get(dg.get_backend().name, dg.get_backend().name), total=epochs, note="compiling")
        start = time.perf_counter()
        dg.block_until_ready(train_step(state, images[:BATCH], labels[:BATCH], 1e-3))
        compile_seconds = time.perf_counter() - start
        for epoch in range(epochs):
            rate = 2e-3 * (1 - epoch / epochs)
            todo = dg.block_until_ready(list(batches(dg.random.fold_in(key, epoch), images, labels)))
            start = time.perf_counter()
            for batch in todo:
                state, value = train_step(state, *batch, rate)
                losses.append(value)
            dg.block_until_ready(state)
            seconds, steps = seconds + time.perf_counter() - start, steps + len(todo)
            bar.update(task, advance=1, note=f"loss {float(losses[-1]):.4f}")

    guesses = dg.argmax(predict(state[0], test_images), axis=-1)
    return Run(
        backend=dg.get_backend().name,
        losses=dg.to_numpy(dg.stack(losses)),
        first_gradients={name: dg.to_numpy(g) for name, g in first.items()},
        predictions=dg.to_numpy(guesses),
        accuracy=float(dg.mean(guesses == test_labels)),
        compile_seconds=compile_seconds,
        step_seconds=seconds / steps,
    )


def main():
    """Train on every built-in backend that is installed, or on the ones named."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    installed = [name for name in ("jax", "torch") if name in dg.available_backends()]
    parser.add_argument("--backends", nargs="+", default=installed, metavar="NAME")
    parser.add_argument("--epochs", type=int, default=40)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--output", default="out/digits.png", help="where the picture goes")
    options = parser.parse_args()

    data = load_digits()
    runs = []
    for name in options.backends:
        with dg.use_backend(name):
            runs.append(train(data, options.epochs, options.seed))
    print_table(runs)
    draw(runs, data[2], data[3], options.output)
    if options.epochs >= 20 and any(run.accuracy < 0.95 for run in runs):
        console.print("[red]a backend stayed below 95 % test accuracy[/]")
        raise SystemExit(1)


if __name__ == "__main__":
    main()
