"""Arrays by `jax.lax`'s names and arguments: `dualgrad.lax` lists them; each is made of a backend's ops."""
