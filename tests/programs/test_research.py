"""Small programs of a kind that researchers write, against closed forms computed by NumPy."""

from __future__ import annotations

import functools
import itertools
from typing import Any

import numpy as np
import pytest

import dualgrad as dg

pytestmark = pytest.mark.usefixtures("backend")

jit: Any = functools.partial(dg.jit, compiler="replay")


def close(got: Any, expected: Any, rtol: float = 1e-5) -> None:
    np.testing.assert_allclose(dg.to_numpy(dg.asarray(got)), expected, rtol=rtol, atol=rtol)


def test_adam_over_a_dict_of_parameters() -> None:
    @jit
    def update(p: Any, s: Any, g: Any) -> Any:
        t = s["t"] + 1
        m = dg.tree.map(lambda m, g: 0.9 * m + 0.1 * g, s["m"], g)
        v = dg.tree.map(lambda v, g: 0.999 * v + 0.001 * g * g, s["v"], g)
        scale = dg.sqrt(1 - 0.999**t) / (1 - 0.9**t)
        return dg.tree.map(lambda p, m, v: p - 0.01 * scale * m / dg.sqrt(v), p, m, v), {"m": m, "v": v, "t": t}

    p = {"w": dg.asarray([1.5, 2.0, 3.0]), "b": dg.asarray(0.5)}
    zeros = dg.tree.map(dg.zeros_like, p)
    s = {"m": zeros, "v": zeros, "t": 0}
    q, m, v = np.array([1.5, 2.0, 3.0, 0.5]), np.zeros(4), np.zeros(4)

    for t in range(1, 6):
        p, s = update(p, s, dg.grad(lambda p: dg.sum((p["w"] - 1) ** 2) + p["b"] ** 4)(p))
        g = np.append(2 * (q[:3] - 1), 4 * q[3] ** 3)
        m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g * g
        q = q - 0.01 * np.sqrt(1 - 0.999**t) / (1 - 0.9**t) * m / np.sqrt(v)

    close(p["w"], q[:3])
    close(p["b"], q[3])


@pytest.mark.x64
def test_newton_steps_of_logistic_regression() -> None:
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((30, 3)), rng.integers(0, 2, 30).astype(float)

    def loss(w: Any) -> Any:
        z = dg.asarray(x) @ w
        return dg.sum(dg.nn.softplus(z) - dg.asarray(y) * z) + 0.5 * dg.sum(w * w)

    step = jit(lambda w: w - dg.linalg.solve(dg.hessian(loss)(w), dg.grad(loss)(w)))
    w, expected = dg.zeros(3), np.zeros(3)

    for _ in range(4):
        w = step(w)
        p = 1 / (1 + np.exp(-x @ expected))
        curvature = x.T @ (x * (p * (1 - p))[:, None]) + np.eye(3)
        expected = expected - np.linalg.solve(curvature, x.T @ (p - y) + expected)

    close(w, expected, 1e-10)


def test_per_example_gradients_of_a_linear_model() -> None:
    x, y, w = np.arange(12.0).reshape(4, 3), np.arange(4.0), np.array([0.1, 0.2, 0.3])
    loss = dg.grad(lambda w, b, x, y: (dg.dot(x, w) + b - y) ** 2, (0, 1))

    by_w, by_b = jit(dg.vmap(loss, in_axes=(None, None, 0, 0)))(dg.asarray(w), 0.5, dg.asarray(x), dg.asarray(y))

    residual = 2 * (x @ w + 0.5 - y)
    close(by_w, residual[:, None] * x)
    close(by_b, residual)


@pytest.mark.x64
def test_gradient_of_adapted_loss_goes_through_the_inner_steps() -> None:
    def inner(w: Any, c: Any) -> Any:
        return (w - c) ** 2

    def outer(w: Any, c: Any) -> Any:
        for _ in range(3):
            w = w - 0.1 * dg.grad(inner)(w, c)
        return inner(w, c)

    centres = np.array([1.0, -2.0, 0.5])
    total = jit(dg.grad(lambda w: dg.sum(dg.vmap(outer, in_axes=(None, 0))(w, dg.asarray(centres)))))

    close(total(0.7), np.sum(2 * 0.8**6 * (0.7 - centres)), 1e-12)


def test_implicit_derivative_by_vjp_is_that_of_the_unrolled_solver() -> None:
    def solve(a: Any) -> Any:
        x = 1.0
        for _ in range(20):
            x = x - (x**3 + a * x - 2) / (3 * x**2 + a)
        return x

    a = dg.asarray(1.5)
    root = dg.stop_gradient(solve(a))
    _, pullback = dg.vjp(lambda x, a: x**3 + a * x - 2, root, a)
    by_x, by_a = pullback(dg.ones_like(root))

    close(-by_a / by_x, float(dg.grad(solve)(a)))


def test_descent_along_the_conjugate_of_the_complex_gradient_reaches_the_minimum() -> None:
    target = 0.3 - 0.2j
    step = jit(lambda z: z - 0.25 * dg.conj(dg.grad(lambda z: dg.abs(z - target) ** 2)(z)))
    z = dg.asarray(1 + 1j)

    for _ in range(25):
        z = step(z)

    close(z, target)


def test_segment_sums_and_their_derivatives() -> None:
    data, segments = dg.asarray([1.0, 2.0, 3.0, 4.0]), dg.asarray([0, 0, 2, 1])

    def sums(d: Any) -> Any:
        return dg.at(dg.zeros(3))[segments].add(d)

    close(sums(data), [3.0, 4.0, 3.0])
    close(jit(dg.grad(lambda d: dg.sum(sums(d) ** 2)))(data), [6.0, 6.0, 6.0, 8.0])
    close(dg.jacrev(sums)(data), np.eye(3)[[0, 0, 2, 1]].T)


def test_function_jitted_inside_a_gradient_sees_the_variable_it_closes_over() -> None:
    x = dg.asarray([1.0, 2.0])

    def f(w: Any) -> Any:
        return jit(lambda x: dg.sum(x * w))(x)

    for gradient in (dg.grad(f), jit(dg.grad(f)), dg.jacfwd(f)):
        close(gradient(dg.asarray([3.0, 4.0])), [1.0, 2.0])


def test_dropout_mask_is_the_same_eager_and_jitted_and_scales_the_gradient() -> None:
    def loss(x: Any, key: Any) -> Any:
        return dg.sum(dg.where(dg.random.bernoulli(key, 0.8, x.shape), x / 0.8, 0.0))

    key, x = dg.random.key(7), dg.ones(40)
    eager, jitted = dg.grad(loss)(x, key), jit(dg.grad(loss))(x, key)

    close(eager, dg.to_numpy(jitted))
    close(eager, np.where(dg.to_numpy(dg.random.bernoulli(key, 0.8, (40,))), 1.25, 0.0))


def test_log_density_of_a_flow_by_the_determinant_of_its_jacobian() -> None:
    w = np.array([[0.5, -0.2], [0.3, 0.8]], dtype=np.float32)
    z = np.array([[0.1, 0.4], [-0.3, 0.2]])

    def log_det(z: Any) -> Any:
        return dg.linalg.slogdet(dg.jacfwd(lambda z: z + 0.3 * dg.tanh(dg.asarray(w) @ z))(z)).logabsdet

    slopes = 1 - np.tanh(z @ w.T) ** 2
    expected = [np.linalg.slogdet(np.eye(2) + 0.3 * s[:, None] * w)[1] for s in slopes]
    close(jit(dg.vmap(log_det))(dg.asarray(z)), expected)


@pytest.mark.x64
def test_marginals_of_a_random_field_by_associative_scan_are_those_of_all_paths() -> None:
    rng = np.random.default_rng(0)
    n, k, length = 5, 3, 4  # the last place is padding
    moves, scores = rng.standard_normal((k, k)), rng.standard_normal((n, k))

    def evidence(scores: Any) -> Any:
        idle = dg.where(dg.eye(k, dtype=bool), 0.0, -dg.inf)
        steps = dg.where((dg.arange(1, n) < length)[:, None, None], dg.add(moves, scores[1:, None, :]), idle)
        chain = dg.lax.associative_scan(lambda a, b: dg.nn.logsumexp(a[..., None] + b[..., None, :, :], axis=-2), steps)
        return dg.nn.logsumexp(scores[0][:, None] + chain[-1])

    value, marginals = jit(dg.value_and_grad(evidence))(dg.asarray(scores))

    paths = np.array(list(itertools.product(range(k), repeat=length)))
    logs = scores[np.arange(length), paths].sum(1) + moves[paths[:, :-1], paths[:, 1:]].sum(1)
    weights = np.exp(logs - logs.max())
    close(value, np.log(weights.sum()) + logs.max(), 1e-12)
    expected = [[weights[paths[:, t] == s].sum() for s in range(k)] for t in range(length)]
    close(marginals, np.vstack([np.array(expected) / weights.sum(), np.zeros(k)]), 1e-12)


@pytest.mark.x64
def test_forces_of_messages_with_spherical_harmonics_turn_with_the_atoms() -> None:
    rng = np.random.default_rng(0)
    senders, receivers = np.nonzero(~np.eye(5, dtype=bool))
    degree = np.array([0, 1, 1, 1, 2, 2, 2, 2, 2])
    radial = rng.standard_normal((4, 3))

    def energy(places: Any) -> Any:
        r = places[senders] - places[receivers]
        d = dg.linalg.norm(r, axis=-1)
        x, y, z = dg.unstack(r / d[:, None], axis=-1)
        vectors = [3**0.5 * x, 3**0.5 * y, 3**0.5 * z, 15**0.5 * x * y, 15**0.5 * y * z, 5**0.5 / 2 * (3 * z * z - 1)]
        harmonics = dg.stack([dg.ones_like(x), *vectors, 15**0.5 * x * z, 15**0.5 / 2 * (x**2 - y**2)], axis=-1)
        waves = dg.sin(dg.arange(1, 5) * d[:, None]) / d[:, None]
        messages = (waves @ dg.asarray(radial))[:, degree] * harmonics
        sums = dg.segment_sum(messages, segment_ids=receivers, num_segments=5) ** 2
        return dg.sum(dg.tanh(dg.segment_sum(sums.T, segment_ids=degree, num_segments=3)))

    places = rng.standard_normal((5, 3))
    turn = np.linalg.qr(rng.standard_normal((3, 3)))[0]
    value_and_forces = jit(dg.value_and_grad(energy))
    value, forces = value_and_forces(dg.asarray(places))
    turned_value, turned_forces = value_and_forces(dg.asarray(places @ turn))

    close(turned_value, dg.to_numpy(value), 1e-12)
    close(turned_forces, dg.to_numpy(forces) @ turn, 1e-10)
