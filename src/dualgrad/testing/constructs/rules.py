"""Custom rules, derivatives inside programs, collectives and callbacks, each beside its plain program."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

import dualgrad as dg
from dualgrad.testing.constructs.construct import NO_DERIVATIVE, NO_FORWARD, STEPS, Construct, mixed, steps
from dualgrad.testing.ways import Fun

__all__ = ["ROWS", "sine_jvp", "sine_vjp"]


@dg.custom_vjp
def sine_vjp(x: Any, scale: Any) -> Any:
    """`sin(x) * scale`, with a rule for reverse mode."""
    return dg.sin(x) * scale


sine_vjp.defvjp(
    lambda x, scale: (dg.sin(x) * scale, {"x": x, "scale": scale}),
    lambda saved, ct: (dg.cos(saved["x"]) * saved["scale"] * ct, dg.sum(dg.sin(saved["x"]) * ct)),
)


@dg.custom_jvp
def sine_jvp(x: Any, scale: Any) -> Any:
    """`sin(x) * scale`, with a rule that calls the function itself."""
    return dg.sin(x) * scale


@sine_jvp.defjvp
def _sine_rule(primals: Any, tangents: Any) -> Any:
    (x, scale), (dx, dscale) = primals, tangents
    return sine_jvp(x, scale), dg.cos(x) * scale * dx + dg.sin(x) * dscale


def _rule_vjp(x: Any) -> Any:
    return mixed(sine_vjp(x * x[1], x[0]))


def _rule_jvp(x: Any) -> Any:
    return mixed(sine_jvp(x * x[1], x[0]))


def _rule_plain(x: Any) -> Any:
    return mixed(dg.sin(x * x[1]) * x[0])


def _checkpoint(x: Any) -> Any:
    weights = dg.exp(x)
    return mixed(dg.checkpoint(lambda z: dg.sin(z * weights) * x)(dg.tanh(x)))


def _checkpoint_plain(x: Any) -> Any:
    return mixed(dg.sin(dg.tanh(x) * dg.exp(x)) * x)


def _held(x: Any) -> Any:
    """`x` to 13 digits, by an op whose derivative is zero."""
    return dg.round(x * 2.0**45) / 2.0**45


def _stopped(x: Any) -> Any:
    held = dg.stop_gradient({"sine": dg.sin(x), "x": x})
    return dg.sum(held["sine"] * x**2) + dg.sum(dg.exp(x) * held["x"]) * held["x"][0]


def _stopped_plain(x: Any) -> Any:
    return dg.sum(_held(dg.sin(x)) * x**2) + dg.sum(dg.exp(x) * _held(x)) * _held(x[0])


def _linearize(x: Any) -> Any:
    _, push = dg.linearize(lambda z: dg.sin(z) * x[0] + z**3, x)
    return dg.sum(push(x) * push(dg.ones_like(x)))


def _linearize_plain(x: Any) -> Any:
    slope = dg.cos(x) * x[0] + 3.0 * x**2
    return dg.sum(slope * x * slope)


def _linear_transpose(x: Any) -> Any:
    matrix = dg.outer(dg.sin(x), dg.exp(x))
    (back,) = dg.linear_transpose(lambda z: matrix @ z + 2.0 * z, x)(x**2)
    return mixed(back)


def _linear_transpose_plain(x: Any) -> Any:
    return mixed(dg.exp(x) * dg.sum(dg.sin(x) * x**2) + 2.0 * x**2)


def _hvp(x: Any) -> Any:
    return dg.sum(dg.hvp(lambda z: dg.sum(dg.sin(z) * x) + z[0] ** 2 * z[1], (dg.tanh(x),), (x,)) * x)


def _hvp_plain(x: Any) -> Any:
    z = dg.tanh(x)
    own = -dg.sin(z) * x * x
    cross = dg.stack([2.0 * z[1] * x[0] + 2.0 * z[0] * x[1], 2.0 * z[0] * x[0]])
    return dg.sum((own + cross) * x)


def _collective(op: Fun) -> Fun:
    """`op` of each element under a map with the name "i", inside the program."""
    return lambda x: dg.sum(dg.vmap(lambda z: dg.sin(op(z * z) * z), axis_name="i")(dg.stack([x[0], x[1], x[0] + 2.0])))


def _collective_plain(op: Fun) -> Fun:
    """The same with `op` of all elements at once."""

    def fun(x: Any) -> Any:
        z = dg.stack([x[0], x[1], x[0] + 2.0])
        return dg.sum(dg.sin(op(z * z) * z))

    return fun


def _gathered(z: Any) -> Any:
    return dg.sum(dg.lax.all_gather(z, "i") * dg.asarray(STEPS, dtype=z.dtype))


def _ppermuted(z: Any) -> Any:
    return dg.lax.ppermute(z, "i", [(0, 1), (1, 2), (2, 0)])


def _like(shape: tuple[int, ...], x: Any) -> Any:
    return dg.ShapeDtypeStruct(shape, x.dtype)


def _callback_held(x: Any) -> Any:
    held = dg.pure_callback(np.sin, _like((2,), x), dg.stop_gradient(x), vmap_method="expand_dims")
    return dg.sum(held * x**2)


def _callback_held_plain(x: Any) -> Any:
    return dg.sum(_held(dg.sin(x)) * x**2)


def _io_held(x: Any) -> Any:
    return dg.sum(dg.io_callback(np.sin, _like((2,), x), dg.stop_gradient(x)) * x**2)


def _callback(x: Any) -> Any:
    return dg.sum(dg.pure_callback(np.sin, _like((2,), x), x, vmap_method="sequential") * x)


def _callback_plain(x: Any) -> Any:
    return dg.sum(dg.sin(x) * x)


def _nothing(*_: Any) -> None:
    """A callback whose calls nobody counts."""


def _passing(x: Any) -> Any:
    dg.debug.callback(_nothing, dg.sin(x))
    return mixed(x)


ROWS: Final[dict[str, Construct]] = {
    "custom_vjp": Construct(_rule_vjp, _rule_plain, NO_FORWARD),
    "custom_jvp": Construct(_rule_jvp, _rule_plain),
    "checkpoint with a closure": Construct(_checkpoint, _checkpoint_plain),
    "stop_gradient": Construct(_stopped, _stopped_plain),
    "linearize": Construct(_linearize, _linearize_plain),
    "linear_transpose": Construct(_linear_transpose, _linear_transpose_plain),
    "hvp": Construct(_hvp, _hvp_plain),
    "psum": Construct(_collective(lambda z: dg.lax.psum(z, "i")), _collective_plain(dg.sum)),
    "pmean": Construct(_collective(lambda z: dg.lax.pmean(z, "i")), _collective_plain(dg.mean)),
    "pmax": Construct(_collective(lambda z: dg.lax.pmax(z, "i")), _collective_plain(dg.max)),
    "all_gather": Construct(_collective(_gathered), _collective_plain(lambda z: dg.sum(z * steps(z)))),
    "ppermute": Construct(_collective(_ppermuted), _collective_plain(lambda z: dg.roll(z, 1))),
    "pure_callback of what is held": Construct(_callback_held, _callback_held_plain),
    "io_callback of what is held": Construct(_io_held, _callback_held_plain),
    "pure_callback": Construct(_callback, _callback_plain, NO_DERIVATIVE),
    "debug.callback": Construct(_passing, mixed),
}
