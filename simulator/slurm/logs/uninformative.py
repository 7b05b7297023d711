"""Lines of Slurm's logs that are known, and tell the tables nothing."""

from __future__ import annotations

import re

_STARTS = (
    *(
        "Processing RPC: ",
        "Spawning RPC agent ",
        "Spawning ping agent ",
        "Spawning registration",
        "PRIO: ",
        "found ",
    ),
    *("Performing purge of ", "Performing full system ", "Updating partition uid ", "Saving all "),
    *("Updating reservations ", "validate_node_specs: ", "node_did_resp ", "Log file re-opened"),
    *("slurmctld log levels: ", "create_mmap_buf: ", "slurmscriptd", "slurmctld: slurmscriptd"),
    *("Terminate signal ", "Running as primary ", "read_slurm_conf: ", "No DownNodes", "No memory"),
    *("Reinitializing job accounting", "Reading slurm.conf", "power_save module ", "MPI: "),
    *("job_complete: invalid ", "Job accounting information stored", "user ", "assoc "),
    *("No backup controllers", "creating clustername file", "Recovered ", "NOTE: Trying backup "),
    *("Configured MailProg ", "_purge_files_thread: ", "_slurmctld_listener_thread: "),
    *("_get_unique_job_node_cnt: ", "slurm_rpc_", "_slurm_rpc_", "_job_complete: JobId="),
    *(
        "SchedulerParameters=",
        "email msg to ",
        "_sched_agent: ",
        "agent_trigger: ",
        "purge_old_job",
    ),
    *("sched: ", "slurmctld listening on ", "site_factor_plugin_init: ", "select_g_", "mcs: "),
)
_ABOUT = re.compile(
    r"(accounting_storage|gres|acct_gather_\w+|auth|cred|ext_sensors|hash|jobacct_gather|mcs|"
    r"mpi|prep|preempt|route|select|site_factor|switch|task|topology)/\w+: |"
    r"switch \S+ plugin loaded|"
    r"priority/\w+: init: |No parameter for \S+ plugin|No \S+ ?\S* ?file \(|"
    r"No \S+ state file \(|Could not open \S+ state file |"
    r"priority/multifactor: (_apply_new_usage|_ft_debug|_internal_setup|_get_fairshare_priority|"
    r"priority_p_set|priority_p_job_end|decay_apply_weighted_factors|_read_last_decay_ran|"
    r"_apply_priority_fs|_set_usage_efctv|_set_assoc_usage_efctv): |"
    r"sched/backfill: fini: |_job_complete: JobId=\S+ (WEXITSTATUS|WTERMSIG|OOM|cancelled)|"
    r"JobId=\S+ multi-partition priorities: |Couldn't find tres \S+ in the database|"
    r"Couldn't load specified plugin name for mpi|mpi/"
)


def says_nothing(said: str) -> bool:
    """Whether a line, without its level, is known to tell the tables nothing."""
    return said.startswith(_STARTS) or _ABOUT.match(said) is not None
