"""The gradient of a function of a vector, and its matrix of second derivatives.

f(x) = sum x_i^2 has the gradient 2x, which is [2, 4, 6] at [1, 2, 3], and the Hessian 2I. The derivative of each
x_i^2 by its own x_i comes from `dg.vmap(dg.grad(...))`.
"""

import dualgrad as dg


def f(x):
    return dg.sum(x**2)


x = dg.asarray([1.0, 2.0, 3.0])

print(f"backend: {dg.get_backend().name}, arrays are {type(x).__module__}.{type(x).__qualname__}")
print(f"gradient of sum(x^2): {dg.to_numpy(dg.grad(f)(x)).tolist()}")
print(f"element by element:   {dg.to_numpy(dg.vmap(dg.grad(lambda v: v**2))(x)).tolist()}")
print(f"Hessian:              {dg.to_numpy(dg.hessian(f)(x)).tolist()}")

_, slope = dg.jvp(f, (x,), (dg.asarray([1.0, 0.0, 0.0]),))
print(f"slope along the first axis (forward mode): {float(slope)}")
