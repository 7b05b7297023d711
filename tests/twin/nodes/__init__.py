"""The nodes' semantics once more, in plain Python, with one SimPy process for each job.

**Slices.** Every GPU of a node counts for so many slices. A job of s slices gets them of one GPU,
as numbers alone: which slices they are is nobody's matter. A job of whole GPUs gets GPUs of which
no slice is taken, those of the lowest numbers. ``GPUs free`` means GPUs of which no slice is taken,
for placements, scores and counts too.

Where a job of s slices goes, over an interval [start, end): a GPU suits if at every instant of it
at least s of its slices are free beside those of other jobs of slices, and if, whenever none of
its slices is taken, the node has a GPU free that it could break. Suiting GPUs of which a slice is
taken at some instant of the interval come first: the one of which the smallest part is free (the
least over the interval), then that of the lowest node, then the lowest GPU. If there is none, a
GPU is broken: the placement chooses the node, as for a job of one GPU, and the suiting GPU of the
lowest number goes. What starts now never gets a GPU that a job of whole GPUs holds.

So a plan knows of each node how many GPUs are free, and of each GPU how many slices jobs of slices
take. Jobs of whole GPUs hold a number of GPUs in a plan, not certain ones; jobs of slices hold
slices of a certain GPU. GPUs being alike, such a plan can always be kept by exchanging two that
are free.

A job of slices that is exclusive gets an empty node with GPUs of so many slices, chosen by the
placement, and holds all of it.
"""
