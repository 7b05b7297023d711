"""The compiled core: state, queue, futures and the advance of time."""
