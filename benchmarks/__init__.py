"""What dualgrad costs against the frameworks themselves: `python -m benchmarks`."""
