"""Families of functions, each with its derivatives: which formula is the derivative of which.

| file | idea |
|---|---|
| `family.py` | what all families have: a namespace, and how a function is made |
| `gamma.py` | gamma, digamma, zeta functions and quotients of gamma functions |
| `incomplete_gamma.py` | incomplete gamma functions, their inverses and exponential integrals |
| `gamma_inverse.py` | inverses of incomplete gamma functions, with two orders of derivatives as formulas |
| `incomplete_beta.py` | the incomplete beta function and its inverse |
| `errors.py` | error functions and the normal distribution |
| `entropies.py` | `x log y` and what is made of it |
| `bessel.py` | Bessel functions |
"""
