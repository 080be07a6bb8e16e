"""One definition of each op: signature, docstring, and a body of one line that asks the active backend."""
