"""Logarithms and the inverse error function with the bits that XLA gives them on a CPU.

A random number is small where logarithms cancel or a normal number is added to 1, and there one unit in the last place
of a logarithm is a thousand of the result. So draws on torch take these functions from here: the polynomials, the order
of the operations and the products that are added without being rounded are XLA's. Read from the code that JAX 0.10
compiles on x86-64, and compared with it over every uniform float32 number.

| file | idea |
|---|---|
| `formulas.py` | the functions, over an arithmetic |
| `tables.py` | their coefficients |
| `eager.py` | the arithmetic of torch's operators |
| `source.py` | the arithmetic that writes C |
| `operators.py` | the functions as operators of the dispatcher, and the arithmetic of Inductor's code |
"""
