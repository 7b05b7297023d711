"""Slurm's two scheduling passes, as its sources make them; times are whole seconds.

Sources (22.05): ``src/slurmctld/job_scheduler.c``, ``node_scheduler.c``, ``preempt.c``;
``src/plugins/sched/backfill/backfill.c``; ``src/plugins/select/cons_common/job_test.c``,
``cons_tres/job_test.c``.
"""
