"""JAX's cache of compiled programs on disk, on by default as torch's is.

JAX has one such cache for the process, and it is the user's: where the user has chosen a folder, or turned the cache
off, nothing is touched. Otherwise the first `dg.jit` names a folder; importing dualgrad does not.
"""

from __future__ import annotations

import functools
import os
from pathlib import Path

import jax
from jax.experimental.compilation_cache import compilation_cache

__all__ = ["keep_programs"]


@functools.cache
def keep_programs() -> None:
    """Turn the cache on, unless `DUALGRAD_CACHE=off`; `DUALGRAD_CACHE` may name the folder."""
    wanted = os.environ.get("DUALGRAD_CACHE", "").strip()
    if wanted.lower() in ("off", "0", "no") or jax.config.jax_compilation_cache_dir is not None:  # pyright: ignore[reportAttributeAccessIssue]  # defined at run time
        return
    home = Path(wanted) if wanted else Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "dualgrad"
    jax.config.update("jax_compilation_cache_dir", str(home / "jax"))
    # JAX decides at its first compilation whether it has a cache, and never again.
    compilation_cache.reset_cache()
