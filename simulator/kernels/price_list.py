"""What time costs: a rate of charge has another price at other hours."""

from __future__ import annotations

from simulator.kernels.accounts import Accounts
from simulator.kernels.compiling import kernel


@kernel
def piece_of(accounts: Accounts, when: int) -> int:
    """The piece of the price list that ``when`` is in."""
    time = accounts.prices.time
    low, high = 0, len(time)
    while high - low > 1:
        middle = (low + high) >> 1
        if time[middle] <= when:
            low = middle
        else:
            high = middle
    return low


@kernel
def price_total(accounts: Accounts, when: int) -> int:
    """What a rate of 1 costs from instant 0 until ``when``, thousandths; nothing before 0."""
    if when <= 0:
        return 0
    prices = accounts.prices
    piece = piece_of(accounts, when)
    return prices.total[piece] + prices.factor[piece] * (when - prices.time[piece])
