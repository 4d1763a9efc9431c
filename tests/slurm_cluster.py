"""A cluster of one node: Debian's `slurmctld` and `slurmd` on the loopback interface, without munge."""

from __future__ import annotations

import getpass
import platform
import signal
import socket
import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

CONF: Final = """\
ClusterName=test
SlurmctldHost={host}(127.0.0.1)
SlurmUser={user}
SlurmdUser={user}
AuthType=auth/none
CredType=cred/none
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SwitchType=switch/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SchedulerType=sched/builtin
SchedulerParameters=sched_min_interval=200000,batch_sched_delay=0,sched_interval=1
ReturnToService=2
SlurmdTimeout=10
SlurmctldPort={controller}
SlurmdPort={node}
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmdParameters=config_overrides
NodeName={host} NodeAddr=127.0.0.1 CPUs=4 State=UNKNOWN
PartitionName=main Nodes=ALL Default=YES MaxTime=INFINITE State=UP
"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class SlurmCluster:
    """Both daemons in the foreground, as processes of the test.

    Attributes:
        env: in which they and the jobs run; `SLURM_CONF` is added.
    """

    folder: Path
    env: dict[str, str]
    daemons: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in ("state", "spool"):
            (self.folder / name).mkdir(parents=True)
        conf = self.folder / "slurm.conf"
        conf.write_text(
            CONF.format(
                host=platform.node(),
                user=getpass.getuser(),
                controller=free_port(),
                node=free_port(),
                folder=self.folder,
            )
        )
        self.env = self.env | {"SLURM_CONF": str(conf)}

    def start(self, name: str) -> None:
        """Start `slurmctld` or `slurmd`."""
        with (self.folder / f"{name}.out").open("ab") as output:
            self.daemons[name] = subprocess.Popen(
                [f"/usr/sbin/{name}", "-D"], env=self.env, stdout=output, stderr=output
            )

    def kill(self, name: str) -> None:
        """Kill a daemon, as a machine that loses its power."""
        self.daemons[name].kill()
        self.daemons[name].wait()

    def wait_until_idle(self, timeout_s: float = 30) -> None:
        """Wait until the node takes jobs."""
        deadline = time.monotonic() + timeout_s
        while time.monotonic() < deadline:
            if self.ask("sinfo", "-h", "-o", "%T") in {"idle", "mixed", "allocated"}:
                return
            time.sleep(0.1)
        raise AssertionError(self.logs())

    def wait_for_no_jobs(self, timeout_s: float) -> None:
        """Wait until the queue is empty."""
        deadline = time.monotonic() + timeout_s
        while time.monotonic() < deadline:
            if self.ask("squeue", "-h") == "":
                return
            time.sleep(0.1)
        raise AssertionError(self.ask("squeue") + self.logs())

    def ask(self, *words: str) -> str:
        """What a command of Slurm prints."""
        done = subprocess.run(words, env=self.env, capture_output=True, text=True, check=False, timeout=30)
        return done.stdout.strip() if done.returncode == 0 else f"failed: {done.stderr}"

    def logs(self) -> str:
        """The ends of the logs of both daemons."""
        return "\n".join(
            f"{path.name}: {path.read_text(errors='replace')[-1500:]}" for path in self.folder.glob("*.log")
        )

    def stop(self) -> None:
        """End the jobs, then the daemons."""
        if "slurmctld" in self.daemons and self.daemons["slurmctld"].poll() is None:
            self.ask("scancel", "--signal=KILL", "--user", getpass.getuser())
        for daemon in reversed(self.daemons.values()):
            with suppress(ProcessLookupError):
                daemon.send_signal(signal.SIGKILL)
            daemon.wait()
