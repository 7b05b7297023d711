"""The order of Slurm's queue, plain."""

from __future__ import annotations


def merge_sort(items, before):
    """As glibc before 2.37: two halves, the left one shorter; the left one taken on a tie."""
    if len(items) <= 1:
        return items
    half = len(items) // 2
    left, right = merge_sort(items[:half], before), merge_sort(items[half:], before)
    merged = []
    while left and right:
        merged.append(left.pop(0) if before(left[0], right[0]) <= 0 else right.pop(0))
    return merged + left + right


def queue_order(jobs, rules):
    def compare(a, b):
        if rules.may_preempt(a, b):
            return -1
        if rules.may_preempt(b, a):
            return 1
        mine = (-rules.tier[a.partition], -a.priority, a.submit, a.id)
        theirs = (-rules.tier[b.partition], -b.priority, b.submit, b.id)
        return (mine > theirs) - (mine < theirs)

    return merge_sort(list(jobs), compare)
