"""From one example to a batch with `dg.vmap`: the function is written for one vector, no batch axis in sight.

The last part takes the gradient of every example by itself, which a mean over the batch would hide.
"""

import dualgrad as dg


def predict(w, x):
    return dg.tanh(dg.sum(w * x))


def loss(w, x, y):
    return (predict(w, x) - y) ** 2


w = dg.asarray([0.5, -1.0, 2.0])
batch = dg.reshape(dg.arange(12.0), (4, 3)) / 10
targets = dg.asarray([0.0, 0.5, 0.5, 1.0])

predictions = dg.vmap(predict, in_axes=(None, 0))(w, batch)  # w is shared, the examples are mapped over
looped = dg.stack([predict(w, batch[i]) for i in range(4)])
each = dg.vmap(dg.grad(loss), in_axes=(None, 0, 0))(w, batch, targets)
mean = dg.grad(lambda w: dg.mean(dg.vmap(loss, in_axes=(None, 0, 0))(w, batch, targets)))(w)

print(f"backend: {dg.get_backend().name}")
print("predictions of the batch:", ", ".join(f"{p:.4f}" for p in dg.to_numpy(predictions)))
print(f"equal to a Python loop: {bool(dg.all(dg.abs(predictions - looped) < 1e-6))}")
print(f"one gradient per example, shape {tuple(each.shape)}")
print(f"their mean is the gradient of the mean: {bool(dg.all(dg.abs(dg.mean(each, axis=0) - mean) < 1e-6))}")
