"""What is private in JAX: one idea a file, each with the version that it was checked on."""
