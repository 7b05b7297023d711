"""Files of a made-up centre, in local time, as its Slurm would write them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

ZONE = "Asia/Almaty"
BEGIN = 1772427600
"""2026-03-02T10:00:00 there, five hours ahead of UTC."""
CONF = """ClusterName=alatau
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
SchedulerParameters=bf_interval=10,bf_resolution=1
PreemptType=preempt/qos
PreemptMode=REQUEUE
PriorityType=priority/multifactor
PriorityWeightAge=1000
PriorityMaxAge=1-0
PriorityWeightTRES=CPU=100,GRES/gpu=400
NodeName=gpu-a[01-02] CPUs=32 RealMemory=256000 Gres=gpu:4
PartitionName=short Nodes=gpu-a[01-02] Default=YES
PartitionName=long Nodes=gpu-a[01-02]
"""
CONFIG = """Configuration data as of 2026-03-02T10:05:00
ClusterName             = alatau
DebugFlags              = Backfill,Priority
LogTimeFormat           = iso8601_ms
SchedulerParameters     = bf_interval=10,bf_resolution=1
SlurmctldDebug          = debug2
SlurmSchedLogLevel      = 1
SLURM_VERSION           = 22.05.8
"""
NODES = """NodeName=gpu-a01 Arch=x86_64 CPUAlloc=0 CPUTot=32 Gres=gpu:4
   RealMemory=256000 State=IDLE
NodeName=gpu-a02 Arch=x86_64 CPUAlloc=0 CPUTot=32 Gres=gpu:4
   RealMemory=256000 State=IDLE
"""
PARTITIONS = """PartitionName=short Default=YES MaxTime=UNLIMITED Nodes=gpu-a[01-02]
   PriorityTier=1 State=UP TotalNodes=2
PartitionName=long Default=NO MaxTime=UNLIMITED Nodes=gpu-a[01-02]
   PriorityTier=1 State=UP TotalNodes=2
"""
QOS = "Name|Priority|Preempt|UsageFactor\nnormal|10||1\nurgent|100|normal|1\n"
ASSOC = (
    "Account|ParentName|User|Share\nroot|||1\nphysics|root||1\nphysics||aigerim|1\nphysics||lee|1\n"
)
SACCT = """JobID|JobName|User|Account|QOS|Partition|Submit|Eligible|Start|End|TimelimitRaw|State|\
ReqTRES|AllocTRES|NodeList
1001|train,a|aigerim|physics|normal|short|T00:40|T00:40|Unknown|Unknown|10|PENDING|\
cpu=16,mem=64G,node=1,gres/gpu=4||None assigned
1002|gang|lee|physics|normal|long|T00:02|T00:02|Unknown|Unknown|20|PENDING|\
cpu=64,mem=128G,node=2,gres/gpu=8||None assigned
1003|small|lee|physics|normal|short|T00:05|T00:05|T00:10|T00:20|5|COMPLETED|\
cpu=4,mem=8G,node=1,gres/gpu=1|cpu=4,mem=8G,node=1,gres/gpu=1|gpu-a02
1004|now|aigerim|physics|urgent|short|T00:35|T00:35|T00:50|T01:00|5|CANCELLED by 1000|\
cpu=16,mem=64G,node=1,gres/gpu=4|cpu=16,mem=64G,node=1,gres/gpu=4|gpu-a01
""".replace("|T0", "|2026-03-02T10:0")
PASS = "sched: Running job scheduler for"
ATTEMPT = "sched/backfill: _attempt_backfill:"
PRIO = "priority/multifactor: _get_priority_internal:"
REASON = "unable to schedule in Partition"
SCHED = f"""00:00.050 slurmctld starting
00:03.000 Running job scheduler for default depth.
00:03.001 JobId=1001 initiated
00:03.001 Allocate JobId=1001 NodeList=gpu-a01 #CPUs=16 Partition=short
00:03.002 JobId=1002. State=PENDING. Reason=Resources. Priority=506. Partition=long.
00:40.000 Running job scheduler for full queue.
00:40.003 JobId=1004. State=PENDING. Reason=Resources. Priority=900. Partition=short.
00:40.003 JobId=1002 {REASON}=long (per _failed_partition()). State=PENDING. Previous-Reason=None.\
 Previous-Desc=(null). New-Reason=Priority. Priority=506.
00:40.004 already tested 3 jobs, breaking out
"""
LOG = f"""00:00.040 slurmctld version 22.05.8 started on cluster alatau
00:01.000 debug2: Testing job time limits and checkpoints
00:02.000 {PRIO} Weighted Age priority is 0.000000 * 1000 = 0.00
00:02.000 {PRIO} Weighted TRES:cpu is 0.250000 * 100.00 = 25.00
00:02.000 {PRIO} Weighted TRES:gres/gpu is 0.500000 * 400.00 = 200.00
00:02.000 {PRIO} Job 1001 priority: 0 +  0 + 0.00 + 275.50 + 0.00 + 0.00 + 0.00 + 225 - 0 = 500.50
00:02.100 _slurm_rpc_submit_batch_job: JobId=1001 InitPrio=500 usec=600
00:02.500 {PRIO} Job 1002 priority: 0 +  0 + 0.00 + 6.00 + 0.00 + 0.00 + 0.00 + 500 - 0 = 506.00
00:02.500 sched: _slurm_rpc_allocate_resources JobId=1002 NodeList=(null) usec=600
00:03.001 debug:  {PASS} default depth.
00:03.002 sched: Allocate JobId=1001 NodeList=gpu-a01 #CPUs=16 Partition=short
00:03.006 debug2: node_did_resp gpu-a01
00:05.000 _slurm_rpc_submit_batch_job: JobId=1003 InitPrio=100 usec=600
00:06.000 priority/multifactor: _decay_thread: PRIO: Decay factor over 300 seconds goes from 1 -> 1
00:07.000 debug2: Processing RPC: REQUEST_SHARE_INFO from UID=1000
00:10.000 {ATTEMPT} beginning
00:10.000 debug:  {ATTEMPT} 2 jobs to backfill
00:10.001 {ATTEMPT} BACKFILL: test for JobId=1002 Prio=506 Partition=long Reservation=NONE
00:10.001 {ATTEMPT} BACKFILL: Try later JobId=1002 later_start {BEGIN + 100}
00:10.002 sched/backfill: _dump_job_sched: JobId=1002 to start at 2026-03-02T10:10:03, end at\
 2026-03-02T10:30:03 on nodes gpu-a[01-02] in partition long
00:10.002 {ATTEMPT} BACKFILL: test for JobId=1003 Prio=100 Partition=short Reservation=NONE
00:10.003 sched/backfill: _start_job: Started JobId=1003 in short on gpu-a02
00:10.003 sched/backfill: _start_job: BACKFILL: Jobs backfilled since boot: 1
00:10.004 {ATTEMPT} BACKFILL: reached end of job queue
00:10.004 {ATTEMPT} completed testing 2(2) jobs, usec=4000
00:10.008 debug2: node_did_resp gpu-a02
00:20.500 _job_complete: JobId=1003 WEXITSTATUS 0
00:20.500 _job_complete: JobId=1003 done
00:20.505 debug2: node_did_resp gpu-a02
00:30.000 debug2: the flux of gpu-a01 is 88.1
00:31.000 debug2: the flux of gpu-a02 is 7
00:35.000 _slurm_rpc_submit_batch_job: JobId=1004 InitPrio=900 usec=600
00:40.000 debug:  {PASS} full queue.
00:40.002 preempted JobId=1001 has been requeued to reclaim resources for JobId=1004
00:40.010 debug2: node_did_resp gpu-a01
00:40.040 debug2: _slurm_rpc_epilog_complete: JobId=1001 Node=gpu-a01
00:50.000 {ATTEMPT} beginning
00:50.001 {ATTEMPT} BACKFILL: test for JobId=1004 Prio=900 Partition=short Reservation=NONE
00:50.002 sched/backfill: _start_job: Started JobId=1004 in short on gpu-a01
00:50.003 {ATTEMPT} BACKFILL: test for JobId=1002 Prio=506 Partition=long Reservation=NONE
00:50.003 {ATTEMPT} BACKFILL: planned start of JobId=1002 failed: Requested nodes are busy
00:50.003 {ATTEMPT} BACKFILL: bf_max_job_test: limit of 2 reached
00:50.004 {ATTEMPT} completed testing 2(2) jobs, usec=4000
01:00.000 _job_signal: 9 of running JobId=1004 successful 0x8004
01:00.030 debug2: _slurm_rpc_epilog_complete: JobId=1004 Node=gpu-a01
01:10.000 {ATTEMPT} beginning
01:10.000 {ATTEMPT} no jobs to backfill
"""


def _stamped(text: str, head: str = "") -> str:
    lines = (line.partition(" ") for line in text.splitlines())
    return "".join(f"{head}[2026-03-02T10:{time}] {rest}\n" for time, _, rest in lines)


FILES = {
    "slurm.conf": CONF,
    "config.txt": CONFIG,
    "nodes.txt": NODES,
    "partitions.txt": PARTITIONS,
    "qos.psv": QOS,
    "assoc.psv": ASSOC,
    "sacct.psv": SACCT,
    "sched.log": _stamped(SCHED, "sched: "),
    "slurmctld.log": _stamped(LOG),
}


def write_centre(folder: Path) -> Path:
    """Write all the files into a new folder."""
    folder.mkdir()
    for name, text in FILES.items():
        (folder / name).write_text(text)
    return folder
