"""The gradient of a prediction's loss with respect to its weights, and descent along it.

loss(w) = (x . w - 1)^2 has the gradient 2 (x . w - 1) x. With x = [1, 2, 3] and w = [0.5, 0.5, 0.5]: x . w = 3, the
loss is 4, and the gradient is [4, 8, 12].
"""

import dualgrad as dg


def loss(w, x):
    return (dg.dot(x, w) - 1) ** 2


x = dg.asarray([1.0, 2.0, 3.0])
w = dg.asarray([0.5, 0.5, 0.5])

value, gradient = dg.value_and_grad(loss)(w, x)
print(f"backend: {dg.get_backend().name}")
print(f"loss: {float(value)}")
print(f"gradient with respect to w: {dg.to_numpy(gradient).tolist()}")
print(f"with respect to both arguments: {[dg.to_numpy(g).tolist() for g in dg.grad(loss, argnums=(0, 1))(w, x)]}")

for _ in range(20):
    w = w - 0.02 * dg.grad(loss)(w, x)
print(f"prediction after 20 steps of descent: {float(dg.dot(x, w)):.4f}, loss {float(loss(w, x)):.1e}")
