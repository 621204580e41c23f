"""What tests and benchmarks share: real servers to run against, and the figures that they keep."""
