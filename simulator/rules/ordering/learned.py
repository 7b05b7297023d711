"""Orders that were found by regression over simulated schedules."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from simulator.fields import Model

if TYPE_CHECKING:
    from simulator.rules.ordering.plain import Ints, Reals, View


def _late(view: View, waiting: Ints) -> Reals:
    """log₁₀(s), by Python's own mathematics: NumPy's differs in the last bit."""
    import math

    import numpy as np

    since = view.submit[waiting] - view.submit[0] + 1
    return np.array([math.log10(each) for each in since.tolist()])


def _asked(view: View, waiting: Ints) -> tuple[Ints, Ints]:
    """n and r."""
    import numpy as np

    return view.gpus[waiting], np.maximum(view.walltime[waiting], 1)


class F1(Model):
    """n·log₁₀(r) + 870·log₁₀(s), lowest first.

    n GPUs, r walltime (at least 1 s), s seconds from the first submit, plus 1.

    Example: 4 GPUs, 1,000 s, submitted 99 s after the first: 4·3 + 870·2 = 1,752. The first job of
    all with 8 GPUs and 10,000 s: 8·4 + 0 = 32, and goes first.
    Source: Carastan-Santos & de Camargo, SC'17.
    """

    kind: Literal["f1"] = "f1"

    def keys(self, view: View, waiting: Ints) -> Reals:
        """The order once more, in plain NumPy."""
        import math

        import numpy as np

        gpus, walltime = _asked(view, waiting)
        long = np.array([math.log10(each) for each in walltime.tolist()])
        return np.asarray(-(gpus * long + 870.0 * _late(view, waiting)))


class F2(Model):
    """n·√r + 25,600·log₁₀(s), lowest first; letters and source as in F1.

    Example: 4 GPUs, 10,000 s, 99 s after the first: 4·100 + 25,600·2 = 51,600.
    Source: Carastan-Santos & de Camargo, SC'17.
    """

    kind: Literal["f2"] = "f2"

    def keys(self, view: View, waiting: Ints) -> Reals:
        """The order once more, in plain NumPy."""
        import numpy as np

        gpus, walltime = _asked(view, waiting)
        return np.asarray(-(gpus * np.sqrt(walltime) + 25_600.0 * _late(view, waiting)))


class F3(Model):
    """n·r + 6,860,000·log₁₀(s), lowest first; letters and source as in F1.

    Example: 4 GPUs, 10,000 s, 99 s after the first: 40,000 + 6,860,000·2 = 13,760,000.
    Source: Carastan-Santos & de Camargo, SC'17.
    """

    kind: Literal["f3"] = "f3"

    def keys(self, view: View, waiting: Ints) -> Reals:
        """The order once more, in plain NumPy."""
        import numpy as np

        gpus, walltime = _asked(view, waiting)
        area = gpus.astype(np.float64) * walltime
        return np.asarray(-(area + 6_860_000.0 * _late(view, waiting)))


class F4(Model):
    """r·√n + 530,000·log₁₀(s), lowest first; letters and source as in F1.

    Example: 4 GPUs, 10,000 s, 99 s after the first: 10,000·2 + 530,000·2 = 1,080,000.
    Source: Carastan-Santos & de Camargo, SC'17.
    """

    kind: Literal["f4"] = "f4"

    def keys(self, view: View, waiting: Ints) -> Reals:
        """The order once more, in plain NumPy."""
        import numpy as np

        gpus, walltime = _asked(view, waiting)
        return np.asarray(-(walltime * np.sqrt(gpus) + 530_000.0 * _late(view, waiting)))
