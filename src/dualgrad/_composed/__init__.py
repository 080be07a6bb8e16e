"""Ops that are compositions of a backend's ops, written once for every backend.

A public function of `_ops` hands such a body to `active.backend.composed`, which makes native arrays of its arguments
and, where the framework gains by it, compiles the whole. A body names the op that it stands for, takes arrays by
position and everything static by keyword, and asks `active.backend` alone. What a framework does faster or more
exactly with a kernel of its own is no composition and stands in the backends.
"""
