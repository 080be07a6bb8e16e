"""Special functions as formulas over a namespace of elementwise functions, said once for every backend.

Two copies of a series would drift; one has the same error on both backends. A formula sees float64 arrays of one shape
and asks the namespace alone, in a fixed number of steps, so that it can be traced, mapped and compiled. It is never
differentiated: `Special` says which formula is the derivative of which.
"""
