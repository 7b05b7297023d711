"""Settings of slurm.conf that no stage of a rule is made of, and what they are about.

Source: slurm.conf(5) of Slurm 22.05 to 24.05.
"""

from __future__ import annotations

PLUMBING = {
    "the daemons and how they talk to one another": """
        AuthAltParameters AuthAltTypes AuthInfo AuthType BackupAddr BackupController
        BatchStartTimeout ClusterName CommunicationParameters ControlAddr ControlMachine
        CredType CryptoType EioTimeout EpilogMsgTime GroupUpdateForce GroupUpdateTime
        HashPlugin HASH_VAL KeepAliveTime MessageTimeout PluginDir PlugStackConfig
        PrivateData ResponseTimeout ReturnToService SlurmctldAddr SlurmctldHost
        SlurmctldParameters SlurmctldPidFile SlurmctldPort SlurmctldPrimaryOffProg
        SlurmctldPrimaryOnProg SlurmctldTimeout SlurmdParameters SlurmdPidFile SlurmdPort
        SlurmdSpoolDir SlurmdTimeout SlurmdUser SlurmUser SrunPortRange StateSaveLocation
        TCPTimeout TLSType TreeWidth UnkillableStepProgram UnkillableStepTimeout RoutePlugin
        SackdParameters""",
    "logs and records": """
        AccountingStorageBackupHost AccountingStorageExternalHost AccountingStorageHost
        AccountingStorageLoc AccountingStorageParameters AccountingStoragePass
        AccountingStoragePort AccountingStorageTRES AccountingStorageType
        AccountingStorageUser AccountingStoreFlags AccountingStoreJobComment
        AcctGatherEnergyType AcctGatherFilesystemType AcctGatherInterconnectType
        AcctGatherNodeFreq AcctGatherProfileType DebugFlags ExtSensorsFreq ExtSensorsType
        FirstJobId JobAcctGatherFrequency JobAcctGatherParams JobAcctGatherType JobCompHost
        JobCompLoc JobCompParams JobCompPass JobCompPassScript JobCompPort JobCompType
        JobCompUser LogTimeFormat MaxDBDMsgs MaxJobId MinJobAge SlurmctldDebug
        SlurmctldLogFile SlurmctldSyslogDebug SlurmdDebug SlurmdLogFile SlurmdSyslogDebug
        SlurmSchedLogFile SlurmSchedLogLevel""",
    "how a job's processes are started and watched on a node": """
        BcastExclude BcastParameters CliFilterPlugins ContainerImage CpuFreqDef
        CpuFreqGovernors DisableRootJobs GpuFreqDef HealthCheckInterval HealthCheckNodeState
        HealthCheckProgram InteractiveStepOptions JobContainerPlugin JobContainerType
        JobFileAppend KillOnBadExit LaunchParameters LaunchType MailDomain MailProg
        MaxStepCount MaxTasksPerNode MemLimitEnforce MpiDefault MpiParams PrEpParameters
        PrEpPlugins PrologFlags ProctrackType PropagatePrioProcess PropagateResourceLimits
        PropagateResourceLimitsExcept RebootProgram SbcastParameters SrunEpilog SrunProlog
        SwitchParameters SwitchType TaskEpilog TaskPlugin TaskPluginParam TaskProlog TmpFS
        UsePAM VSizeFactor WaitTime X11Parameters""",
}
"""What they are about → settings that decide nothing about who is served."""

DECISIVE = {
    "AllowSpecResourcesUsage": "reserved cores are not told apart",
    "BurstBufferType": "there are no burst buffers",
    "CompleteWait": "nodes are free the moment that a job ends",
    "CoreSpecPlugin": "reserved cores are not told apart",
    "DefCpuPerGPU": "what a job asks for is the workload's to say",
    "DefMemPerCPU": "what a job asks for is the workload's to say",
    "DefMemPerGPU": "what a job asks for is the workload's to say",
    "DefMemPerNode": "what a job asks for is the workload's to say",
    "DependencyParameters": "dependencies of a log are not acted upon",
    "EnforcePartLimits": "limits of partitions are not applied",
    "Epilog": "nodes are free the moment that a job ends",
    "EpilogSlurmctld": "nodes are free the moment that a job ends",
    "FederationParameters": "there is one cluster",
    "InactiveLimit": "jobs are never idle",
    "JobSubmitPlugins": "what it changes or refuses at submission has to be in the workload",
    "LicenseParameters": "there are no licences",
    "Licenses": "there are no licences",
    "MaxArraySize": "arrays of any size may come; limits of a rule may say array_size",
    "MaxJobCount": "any number of jobs may be queued",
    "MaxMemPerCPU": "what a job asks for is the workload's to say",
    "MaxMemPerNode": "what a job asks for is the workload's to say",
    "MaxNodeCount": "the nodes are those of the file",
    "MCSParameters": "labels do not keep jobs apart",
    "MCSPlugin": "labels do not keep jobs apart",
    "NodeFeaturesPlugins": "nodes do not change their features",
    "PowerParameters": "power is not capped",
    "PowerPlugin": "power is not capped",
    "PriorityParameters": "its meaning is that of a plugin",
    "PrioritySiteFactorParameters": "the site factor of a job is 0",
    "PrioritySiteFactorPlugin": "the site factor of a job is 0",
    "Prolog": "jobs start at once",
    "PrologEpilogTimeout": "jobs start at once",
    "PrologSlurmctld": "jobs start at once",
    "RequeueExit": "jobs that fail do not come back",
    "RequeueExitHold": "jobs that fail do not come back",
    "ResumeFailProgram": "nodes are never switched off",
    "ResumeProgram": "nodes are never switched off",
    "ResumeRate": "nodes are never switched off",
    "ResumeTimeout": "nodes are never switched off",
    "ResvEpilog": "reservations, made of maintenance, run no scripts",
    "ResvOverRun": "who still runs as maintenance starts is stopped",
    "ResvProlog": "reservations, made of maintenance, run no scripts",
    "SchedulerTimeSlice": "jobs do not take turns on a node",
    "SuspendExcNodes": "nodes are never switched off",
    "SuspendExcParts": "nodes are never switched off",
    "SuspendExcStates": "nodes are never switched off",
    "SuspendProgram": "nodes are never switched off",
    "SuspendRate": "nodes are never switched off",
    "SuspendTime": "nodes are never switched off",
    "SuspendTimeout": "nodes are never switched off",
    "TopologyParam": "all nodes hang on one switch: give nodes_per_leaf and a placement",
    "TopologyPlugin": "all nodes hang on one switch: give nodes_per_leaf and a placement",
}
"""Settings that may decide who is served when, and what the scenario does instead."""

IDLE = {key.lower(): about for about, keys in PLUMBING.items() for key in keys.split()}
LOST = {key.lower(): why for key, why in DECISIVE.items()}
NAMES = (*(key for keys in PLUMBING.values() for key in keys.split()), *DECISIVE)
