"""A million random numbers, the same on every backend, moved to a device and back.

`dg.devices()` lists what the backend can use; `dg.device_put` copies an array, or a pytree of them, to one of those.
"""

import dualgrad as dg

key = dg.random.key(0)
x = dg.random.normal(key, (1000, 1000))

device = dg.devices()[0]
y = dg.device_put(x, device)
tree = dg.device_put({"weights": x, "biases": [x[0], x[1]]}, device)

print(f"backend: {dg.get_backend().name}, devices: {len(dg.devices())}, default {dg.default_device()}")
print(f"on the device: shape {tuple(y.shape)}, equal to what was put there: {bool(dg.all(x == y))}")
print(f"a pytree went too: {sorted(tree)}")
print(f"mean {float(dg.mean(y)):.2f}, standard deviation {float(dg.std(y)):.2f}")
print("first draws, the same on every backend:", ", ".join(f"{draw:.5f}" for draw in dg.to_numpy(y[0, :3])))
