"""A formula as C++ over the processor's vectors.

The shared formulas are written over a namespace, and here is one whose functions write code. A quadrature is a loop
over its nodes, a part that several formulas have is a function, what few numbers need is a branch, so that a formula is
some hundred lines, which a compiler takes half a second for; as operations of a graph they are thousands.

| file | idea |
|---|---|
| `values.py` | the values of a formula, in blocks |
| `namespace.py` | the namespace that makes them |
| `text.py` | values as C++ |
| `head.py` | the vectors and their functions, and the loop over the numbers |
| `library.py` | compiled, kept, and called |
"""
