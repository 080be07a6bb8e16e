"""The pictures: ratios to the best native program, and how costs grow."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure as Canvas

from benchmarks.figures import Figure
from benchmarks.growth import CURVES
from benchmarks.others import COLUMNS, Program

__all__ = ["growth", "others", "ratios"]

COLOURS = {"jax": "#2f7d73", "torch": "#e4572e"}
INK, PAPER, FAINT = "#22262b", "#fbfaf7", "#d9d5cc"
NAMES = {"jax": "JAX", "torch": "PyTorch"}
STYLE = {
    "figure.facecolor": PAPER,
    "axes.facecolor": PAPER,
    "savefig.facecolor": PAPER,
    "text.color": INK,
    "axes.labelcolor": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "axes.edgecolor": FAINT,
    "font.size": 10,
}


def ratios(found: Sequence[Figure], path: Path) -> None:
    """Each workload's time over that of the best native program, on a logarithmic axis, quartiles as lines."""
    shown = [f for f in found if f.workload != "dispatch"]
    kinds = list(dict.fromkeys((f.workload, f.kind) for f in shown))
    with mpl.rc_context(STYLE):
        canvas = Canvas(figsize=(10, 0.42 * len(kinds) + 1.9), layout="constrained")
        panels = canvas.subplots(1, 2, sharey=True)
        for panel, mode in zip(panels, ("jitted", "eager"), strict=True):
            _panel(panel, [f for f in shown if f.mode == mode], kinds)
            panel.set_title(mode, loc="left", fontweight="bold")
        panels[0].set_yticks(range(len(kinds)), [f"{w.replace('_', ' ')}  ·  {k.replace('_', ' ')}" for w, k in kinds])
        panels[0].set_ylim(len(kinds) - 0.5, -0.5)
        handles, labels = panels[0].get_legend_handles_labels()
        canvas.legend(handles, labels, loc="outside lower right", ncols=2, frameon=False)
        canvas.suptitle("dualgrad's time over that of the best native program", x=0.01, ha="left", fontsize=13)
        path.parent.mkdir(parents=True, exist_ok=True)
        canvas.savefig(path, dpi=130)


def _panel(panel: Any, shown: Sequence[Figure], kinds: Sequence[tuple[str, str]]) -> None:
    panel.axvspan(1e-4, 1.02, color="#e9efe6", zorder=0)
    panel.axvline(1.0, color=INK, linewidth=1, zorder=1)
    for offset, backend in ((-0.15, "jax"), (0.15, "torch")):
        mine = [f for f in shown if f.backend == backend]
        if not mine:
            continue
        at = [kinds.index((f.workload, f.kind)) + offset for f in mine]
        colour = COLOURS[backend]
        panel.hlines(at, [f.low for f in mine], [f.high for f in mine], color=colour, linewidth=2, alpha=0.55, zorder=2)
        panel.scatter([f.ratio for f in mine], at, color=colour, s=34, zorder=3, label=NAMES[backend])
    panel.set_xscale("log")
    values = [f.ratio for f in shown] or [1.0]
    panel.set_xlim(min(0.45, 0.8 * min(values)), max(2.2, 1.25 * max(values)))
    low, high = panel.get_xlim()
    between = () if high / low > 10 else (0.75, 1.5, 3)  # their labels would overlap
    ticks = [t for t in (0.01, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 20, 50, *between) if low < t < high]
    panel.set_xticks(ticks, [f"{t:g}x" for t in ticks])
    panel.minorticks_off()
    panel.tick_params(length=0)
    panel.grid(axis="y", color=FAINT, linewidth=0.6)
    for side in ("top", "right", "left"):
        panel.spines[side].set_visible(False)


def growth(curves: dict[str, dict[str, list[dict[str, Any]]]], path: Path) -> None:
    """A panel for each curve, by framework: dualgrad drawn through, the native program dashed."""
    with mpl.rc_context(STYLE):
        canvas = Canvas(figsize=(10, 7.2), layout="constrained")
        panels = list(canvas.subplots(2, 2).flat)
        for panel in panels[len(curves) :]:  # --quick leaves the dearest out
            panel.set_visible(False)
        for panel, (name, by_backend) in zip(panels, curves.items(), strict=False):
            title, unit, _ = CURVES[name]
            what = "first" if name == "operations" else "warm"
            for backend, points in by_backend.items():
                for side, line in (("dualgrad", "-"), ("native", "--")):
                    known = [(p["at"], p[side][what]) for p in points if side in p]
                    if known:
                        x, y = np.array(known).T
                        label = f"{'dualgrad on ' if side == 'dualgrad' else ''}{NAMES[backend]}"
                        panel.plot(x, y, line, color=COLOURS[backend], marker="o", markersize=4, label=label)
            panel.set(xscale="log", yscale="log", xlabel=unit, ylabel="seconds")
            panel.set_title(title, loc="left", fontsize=10.5, fontweight="bold")
            panel.grid(color=FAINT, linewidth=0.6)
            panel.minorticks_off()
            for side in ("top", "right"):
                panel.spines[side].set_visible(False)
        handles, labels = canvas.axes[0].get_legend_handles_labels()
        canvas.legend(handles, labels, loc="outside lower center", ncols=4, frameon=False)
        canvas.suptitle("How costs grow", x=0.01, ha="left", fontsize=13)
        path.parent.mkdir(parents=True, exist_ok=True)
        canvas.savefig(path, dpi=130)


def others(found: Sequence[Program], path: Path) -> None:
    """How many of the programs that have no workload take at most so much of the native time, a line for each way."""
    looks = {"jax": (COLOURS["jax"], "-"), "torch": (COLOURS["torch"], "-"), "eager": (COLOURS["torch"], "--")}
    with mpl.rc_context(STYLE):
        canvas = Canvas(figsize=(10, 3.6), layout="constrained")
        panel = canvas.subplots()
        panel.axvspan(1e-3, 1.02, color="#e9efe6", zorder=0)
        panel.axvline(1.0, color=INK, linewidth=1, zorder=1)
        for column, (colour, line) in looks.items():
            values = sorted([ratio for program in found if (ratio := program.ratios[column]) is not None])
            share = 100 * np.arange(1, len(values) + 1) / len(values)
            label = f"{COLUMNS[column]} ({len(values)} programs)"
            panel.step([*values, 6], [*share, 100], line, where="post", color=colour, linewidth=2, label=label)
        ticks = [0.01, 0.05, 0.1, 0.25, 0.5, 1, 1.5, 2, 3, 5]
        panel.set(xscale="log", xlim=(0.01, 6), ylim=(0, 102), xlabel="time over that of the best native program")
        panel.set_xticks(ticks, [f"{t:g}x" for t in ticks])
        panel.set_yticks([0, 25, 50, 75, 100], [f"{t} %" for t in (0, 25, 50, 75, 100)])
        panel.minorticks_off()
        panel.tick_params(length=0)
        panel.grid(color=FAINT, linewidth=0.6)
        for side in ("top", "right", "left"):
            panel.spines[side].set_visible(False)
        panel.legend(loc="upper left", frameon=False)
        panel.set_title("Share of the programs that take at most so much", loc="left", fontweight="bold")
        path.parent.mkdir(parents=True, exist_ok=True)
        canvas.savefig(path, dpi=130)
