"""An `if` and a loop that depend on data, differentiated as they stand.

Without `dg.jit`, a function under `dg.grad` is ordinary Python: it may look at values. Newton's iteration for the
square root, s <- (s + a/s) / 2, runs until it has converged; its derivative is 1 / (2 sqrt(a)).
"""

import dualgrad as dg


def leaky(x):
    if x > 0:
        return x**2
    return 0.1 * x


def newton_sqrt(a):
    s = a
    while dg.abs(s * s - a) > 1e-5 * a:
        s = (s + a / s) / 2
    return s


def power(x, n):
    result = 1.0
    for _ in range(n):
        result = result * x
    return result


print(f"backend: {dg.get_backend().name}")
print(f"if, positive branch: slope at  3 is {float(dg.grad(leaky)(3.0)):.1f}")
print(f"if, negative branch: slope at -3 is {float(dg.grad(leaky)(-3.0)):.1f}")
print(f"for loop: the derivative of x^5 at 2 is {float(dg.grad(power)(2.0, 5)):.1f}")
root, slope = dg.value_and_grad(newton_sqrt)(9.0)
print(f"while loop: sqrt(9) is {float(root):.4f}, its derivative {float(slope):.4f}")
