"""Constructs inside constructs, each beside its plain program."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import dualgrad as dg
from dualgrad.testing.constructs.construct import NO_FORWARD, STEPS, Construct, mixed, steps
from dualgrad.testing.constructs.rules import sine_jvp, sine_vjp
from dualgrad.testing.ways import Fun

__all__ = ["ROWS"]


def _scan_in_scan(x: Any) -> Any:
    def outer(c: Any, s: Any) -> Any:
        return dg.lax.scan(lambda d, t: (dg.sin(d * t + s * x), d[0]), c, steps(x)[:2])

    c, ys = dg.lax.scan(outer, x, steps(x)[:2])
    return mixed(c) + dg.sum(ys)


def _scan_in_scan_plain(x: Any) -> Any:
    c, total = x, 0.0
    for s in STEPS[:2]:
        for t in STEPS[:2]:
            total = total + c[0]
            c = dg.sin(c * t + s * x)
    return mixed(c) + total


def _cond_in_scan(x: Any) -> Any:
    def step(c: Any, s: Any) -> Any:
        return dg.lax.cond(c[0] * s > 0.0, lambda z: dg.sin(z) * x, lambda z: z**2 + s, c), None

    return mixed(dg.lax.scan(step, x, steps(x))[0])


def _cond_in_scan_plain(x: Any) -> Any:
    c = x
    for s in STEPS:
        c = dg.where(c[0] * s > 0.0, dg.sin(c) * x, c**2 + s)
    return mixed(c)


def _rule_in_scan(sine: Callable[..., Any]) -> Fun:
    return lambda x: mixed(dg.lax.scan(lambda c, s: (sine(c + s, x[0]) * x, None), x, steps(x))[0])


def _rule_in_scan_plain(x: Any) -> Any:
    c = x
    for s in STEPS:
        c = dg.sin(c + s) * x[0] * x
    return mixed(c)


def _powers(x: Any, y: Any) -> Any:
    return dg.lax.scan(lambda c, s: (dg.sin(c) * y + s * x, None), x, steps(x))[0]


@dg.custom_vjp
def _scan_rule(x: Any, y: Any) -> Any:
    return _powers(x, y)


_scan_rule.defvjp(lambda x, y: (_powers(x, y), (x, y)), lambda saved, ct: dg.vjp(_powers, *saved)[1](ct))


@dg.custom_jvp
def _scan_rule_too(x: Any, y: Any) -> Any:
    return _powers(x, y)


@_scan_rule_too.defjvp
def _scan_rule_of_tangents(primals: Any, tangents: Any) -> Any:
    return dg.jvp(_powers, primals, tangents)


def _scan_in_rule(rule: Callable[..., Any]) -> Fun:
    return lambda x: mixed(rule(x, dg.exp(x)))


def _scan_in_rule_plain(x: Any) -> Any:
    c = x
    for s in STEPS:
        c = dg.sin(c) * dg.exp(x) + s * x
    return mixed(c)


def _checkpoint_of_scan(x: Any) -> Any:
    y = dg.exp(x)
    return mixed(dg.checkpoint(lambda z: dg.lax.scan(lambda c, s: (dg.sin(c) * y + s * x, None), z, steps(x))[0])(x))


def _scan_of_checkpoint(x: Any) -> Any:
    y = dg.exp(x)
    return mixed(dg.lax.scan(dg.checkpoint(lambda c, s: (dg.sin(c) * y + s * x, None)), x, steps(x))[0])


def _grad_in_scan(x: Any) -> Any:
    """Gradient descent, differentiated through its steps."""

    def step(c: Any, s: Any) -> Any:
        return c - s * dg.grad(lambda z: dg.sum(dg.sin(z) * x) + dg.sum(z**3))(c), None

    return mixed(dg.lax.scan(step, x, steps(x))[0])


def _grad_in_scan_plain(x: Any) -> Any:
    c = x
    for s in STEPS:
        c = c - s * (dg.cos(c) * x + 3.0 * c**2)
    return mixed(c)


def _vmap_in_scan(x: Any) -> Any:
    def step(c: Any, s: Any) -> Any:
        return dg.vmap(lambda z, w: dg.sin(z * w + s) * x[0])(c, x), None

    return mixed(dg.lax.scan(step, x, steps(x))[0])


def _vmap_in_scan_plain(x: Any) -> Any:
    c = x
    for s in STEPS:
        c = dg.sin(c * x + s) * x[0]
    return mixed(c)


ROWS: Final[dict[str, Construct]] = {
    "scan in scan": Construct(_scan_in_scan, _scan_in_scan_plain),
    "cond in scan": Construct(_cond_in_scan, _cond_in_scan_plain),
    "custom_vjp in scan": Construct(_rule_in_scan(sine_vjp), _rule_in_scan_plain, NO_FORWARD),
    "custom_jvp in scan": Construct(_rule_in_scan(sine_jvp), _rule_in_scan_plain),
    "scan in custom_vjp": Construct(_scan_in_rule(_scan_rule), _scan_in_rule_plain, NO_FORWARD),
    "scan in custom_jvp": Construct(_scan_in_rule(_scan_rule_too), _scan_in_rule_plain),
    "checkpoint of scan": Construct(_checkpoint_of_scan, _scan_in_rule_plain),
    "scan of checkpoint": Construct(_scan_of_checkpoint, _scan_in_rule_plain),
    "grad in scan": Construct(_grad_in_scan, _grad_in_scan_plain),
    "vmap in scan": Construct(_vmap_in_scan, _vmap_in_scan_plain),
}
