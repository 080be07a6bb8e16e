"""The built-in backends, one folder each; importing this package imports neither framework.

A backend is written against `dualgrad.protocol.Backend`. It may import the ground floor (`protocol`, `typing`,
`errors`, `_dtypes`, `_precision`, `_rules`) and its own framework, and nothing else of dualgrad.
"""
