"""The orders that a scenario may name; the set of names is the set of implementations."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from simulator.rules.ordering.alpha_fair import AlphaFair
from simulator.rules.ordering.dominant import Drf, MaxMin
from simulator.rules.ordering.fcfs import Fcfs
from simulator.rules.ordering.finish_time import FinishTime
from simulator.rules.ordering.formula import Formula
from simulator.rules.ordering.htcondor import Htcondor
from simulator.rules.ordering.kai import Kai
from simulator.rules.ordering.karma import Karma
from simulator.rules.ordering.kueue_afs import KueueAfs
from simulator.rules.ordering.kueue_drs import KueueDrs
from simulator.rules.ordering.las import Las
from simulator.rules.ordering.learned import F1, F2, F3, F4
from simulator.rules.ordering.least_usage import LeastUsage
from simulator.rules.ordering.lottery import Lottery
from simulator.rules.ordering.multifactor import Multifactor
from simulator.rules.ordering.openpbs import OpenPbs
from simulator.rules.ordering.size import Largest, Smallest
from simulator.rules.ordering.size_bins import SizeBins
from simulator.rules.ordering.slurm_shares import ClassicFairShare, DepthOblivious, FairTree
from simulator.rules.ordering.stride import Stride
from simulator.rules.ordering.walltime import Ljf, Sjf
from simulator.rules.ordering.wfp3 import Wfp3

Ordering = Annotated[
    Fcfs
    | Sjf
    | Ljf
    | Smallest
    | Largest
    | Wfp3
    | F1
    | F2
    | F3
    | F4
    | LeastUsage
    | FairTree
    | ClassicFairShare
    | DepthOblivious
    | Multifactor
    | MaxMin
    | Drf
    | Stride
    | Lottery
    | Htcondor
    | KueueDrs
    | Kai
    | Karma
    | AlphaFair
    | Formula
    | FinishTime
    | SizeBins
    | OpenPbs
    | KueueAfs
    | Las,
    Field(discriminator="kind"),
]
