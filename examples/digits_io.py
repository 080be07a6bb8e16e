"""What `train_digits.py` needs besides the model: the data set, the progress bars, the table and the picture.

Nothing here knows dualgrad; arrays arrive as NumPy arrays.
"""

from dataclasses import dataclass
from pathlib import Path

import matplotlib
import numpy as np
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

COLOURS = {"jax": "#2f7d73", "torch": "#e4572e"}
INK, PAPER, FAINT = "#22262b", "#fbfaf7", "#d9d5cc"
NAMES = {"jax": "JAX", "torch": "PyTorch"}
console = Console()


@dataclass
class Run:
    """What one backend's training left behind."""

    backend: str
    losses: np.ndarray
    first_gradients: dict[str, np.ndarray]
    predictions: np.ndarray
    accuracy: float
    compile_seconds: float
    step_seconds: float


def load_digits(test_size=360):
    """1797 handwritten digits of 8 x 8 pixels from scikit-learn: training images, labels, test images, labels."""
    from sklearn.datasets import load_digits

    digits = load_digits()
    images = (digits.images / 16).astype(np.float32)
    labels = digits.target.astype(np.int32)
    order = np.random.default_rng(0).permutation(len(images))
    test, train = order[:test_size], order[test_size:]
    return images[train], labels[train], images[test], labels[test]


def progress_bar():
    """A progress bar with the loss at its end."""
    return Progress(
        TextColumn("[bold]{task.description:<8}"),
        BarColumn(bar_width=40, complete_style="green"),
        MofNCompleteColumn(),
        TextColumn("epochs"),
        TimeElapsedColumn(),
        TextColumn("{task.fields[note]}"),
        console=console,
    )


def print_table(runs):
    """Times and accuracy of each run, and how far apart two of them are."""
    table = Table(title="One source, two engines", title_style="bold", caption_justify="left")
    table.add_column("")
    for run in runs:
        table.add_column(NAMES.get(run.backend, run.backend), justify="right")
    table.add_row("test accuracy", *(f"{run.accuracy:.1%}" for run in runs))
    table.add_row("final training loss", *(f"{run.losses[-20:].mean():.5f}" for run in runs))
    table.add_row("first call, with compilation", *(f"{run.compile_seconds:.2f} s" for run in runs))
    table.add_row("time per training step", *(f"{run.step_seconds * 1e6:.0f} us" for run in runs))
    console.print(table)
    if len(runs) == 2:
        a, b = runs
        losses = np.abs(a.losses - b.losses).max()
        gradients = max(np.abs(a.first_gradients[k] - b.first_gradients[k]).max() for k in a.first_gradients)
        agree = int((a.predictions == b.predictions).sum())
        console.print(f"largest difference between the loss curves:         [bold]{losses:.1e}[/]", highlight=False)
        console.print(f"largest difference between the first-step gradients: [bold]{gradients:.1e}[/]", highlight=False)
        console.print(f"equal predictions on the test set: [bold]{agree} of {len(a.predictions)}[/]", highlight=False)


def draw(runs, images, labels, path):
    """The loss curves, their difference and some predictions, as a PNG file."""
    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    plt.rcParams.update({"font.family": "DejaVu Sans", "text.color": INK, "axes.labelcolor": INK, "font.size": 10})
    figure = plt.figure(figsize=(13, 6.4), facecolor=PAPER)
    left, right = figure.add_gridspec(
        1, 2, width_ratios=[1.5, 1], wspace=0.1, left=0.065, right=0.985, top=0.83, bottom=0.1
    )
    curves, difference = left.subgridspec(2, 1, height_ratios=[2.6, 1], hspace=0.12).subplots(sharex=True)
    figure.text(0.065, 0.935, "Handwritten digits: one source, two engines", fontsize=17, fontweight="bold")
    summary = "    ".join(f"{NAMES.get(r.backend, r.backend)}: {r.accuracy:.1%} of the test set right" for r in runs)
    figure.text(0.065, 0.885, summary, fontsize=10.5, color="#6b6f76")

    for run, style in zip(runs, ({"lw": 5, "alpha": 0.38}, {"lw": 1.2, "ls": (0, (4, 2))}), strict=False):
        name = NAMES.get(run.backend, run.backend)
        curves.semilogy(run.losses, color=COLOURS.get(run.backend, INK), label=name, **style)
    curves.set_ylabel("training loss")
    curves.legend(frameon=False, loc="upper right")
    if len(runs) == 2:
        gap = np.maximum(np.abs(runs[0].losses - runs[1].losses), 1e-9)
        difference.fill_between(np.arange(len(gap)), 1e-9, gap, color="#5b6c8f", alpha=0.25, lw=0)
        difference.semilogy(gap, color="#5b6c8f", lw=0.9)
        difference.set_ylim(1e-9, max(1e-4, float(gap.max()) * 5))
    difference.set(ylabel="|difference|", xlabel="training step")
    figure.align_ylabels([curves, difference])
    for axes in (curves, difference):
        axes.set_facecolor(PAPER)
        axes.set_xlim(0, len(runs[0].losses))
        axes.grid(axis="y", color=FAINT, lw=0.6)
        axes.spines[["top", "right"]].set_visible(False)
        axes.spines[["left", "bottom"]].set_color(FAINT)
        axes.tick_params(colors="#6b6f76", which="both", length=0)
        axes.minorticks_off()

    rows, columns = 5, 5
    wrong = np.flatnonzero(runs[0].predictions != labels)[:3]  # three mistakes at the end, before them 0 to 9 in turn
    known = np.setdiff1d(np.arange(len(labels)), wrong)
    turn = [int((labels[known[:k]] == labels[i]).sum()) for k, i in enumerate(known)]
    shown = np.concatenate([known[np.lexsort((labels[known], turn))][: rows * columns - len(wrong)], wrong])
    grid = right.subgridspec(rows, columns, hspace=0.36, wspace=0.02)
    for i, cell in zip(shown, grid.subplots().flat, strict=True):
        cell.imshow(images[i], cmap="bone_r", vmin=0, vmax=1.15, interpolation="nearest")
        guesses = {int(run.predictions[i]) for run in runs}
        right_answer = guesses == {int(labels[i])}
        text = "/".join(str(g) for g in sorted(guesses)) + ("" if right_answer else f"  (is {labels[i]})")
        cell.set_title(text, fontsize=9.5, pad=3, color=INK if right_answer else "#c1121f", fontweight="bold")
        cell.set(xticks=[], yticks=[])
        for spine in cell.spines.values():
            spine.set_color(FAINT if right_answer else "#c1121f")
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=130)
    plt.close(figure)
    console.print(f"picture: {path}")
