"""The clock: SimPy and the kernels, together."""
