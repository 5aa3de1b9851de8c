"""A Slurm cluster of four nodes on this machine, from its real daemons.

It belongs in the namespaces that `run.sh` makes: there are no other clusters, ports, hosts or
files of Slurm, and whatever this module fails to end, the kernel ends.
"""

from __future__ import annotations

import os
import re
import secrets
import shutil
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import psutil

NODES = ("n1", "n2", "n3", "n4")
# The only place where srun within a job looks for its cluster.
ETC = Path("/etc/slurm")

# What a site decides, MpiDefault, KillOnBadExit and JobRequeue, is as Slurm has it by default, so
# that whoever needs it otherwise must say so. SlurmdTimeout, the seconds that a node may be silent
# before it is down, is short.
SLURM_CONF = """\
ClusterName=test
SlurmctldHost=localhost(127.0.0.1)
SlurmUser=root
AuthInfo=socket={folder}/munge/socket
StateSaveLocation={folder}/state
SlurmctldPidFile={folder}/slurmctld.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdPidFile={folder}/slurmd-%n.pid
SlurmdLogFile={folder}/slurmd-%n.log
SlurmdSpoolDir={folder}/spool-%n
TmpFS={folder}
ProctrackType=proctrack/linuxproc
JobAcctGatherType=jobacct_gather/linux
MpiDefault=none
KillOnBadExit=0
JobRequeue=1
ReturnToService=2
SlurmdTimeout=20
KillWait=5
MinJobAge=300
SchedulerParameters=sched_interval=1,bf_interval=1
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
SlurmdParameters=config_overrides
NodeName=n[1-4] NodeHostname=localhost NodeAddr=127.0.0.1 Port=[17001-17004] \
CPUs=4 RealMemory=4000
PartitionName=compute Nodes=ALL Default=YES MaxTime=INFINITE State=UP
"""
ACCOUNTING_CONF = """\
AccountingStorageType=accounting_storage/slurmdbd
AccountingStorageHost=127.0.0.1
AccountingStoragePass={folder}/munge/socket
AccountingStorageEnforce=associations
"""
SLURMDBD_CONF = """\
DbdHost=localhost
DbdAddr=127.0.0.1
SlurmUser=root
AuthInfo=socket={folder}/munge/socket
PidFile={folder}/slurmdbd.pid
LogFile={folder}/slurmdbd.log
StorageType=accounting_storage/mysql
StorageHost=localhost
StorageUser=root
StorageLoc=slurm
"""


class ClusterError(RuntimeError):
    """The cluster did not do what was asked of it; the message ends with the daemons' logs."""


@dataclass(frozen=True)
class Job:
    """A job that waits, runs or is just ending, as squeue shows it."""

    id: int
    state: str
    nodes: str
    name: str
    comment: str


class Cluster:
    """Four nodes of 4 CPUs and 4000 MB in one partition, `compute`.

    All files are in `folder`, which all users must be able to enter (munged is not root), but for
    the configuration in /etc/slurm.
    """

    def __init__(self, folder: Path, accounting: bool) -> None:
        self.folder = folder
        self.accounting = accounting
        self.daemons: dict[str, subprocess.Popen[bytes]] = {}

    def __enter__(self) -> Cluster:
        self.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self.stop()

    def start(self) -> None:
        """Start all daemons, after `stop` with what they knew; the four nodes are then idle."""
        if (ETC / "slurm.conf").exists():
            raise ClusterError(f"{ETC}/slurm.conf is there already: run the tests by run.sh")
        self._write_configuration()
        try:
            self._start_munged()
            if self.accounting:
                self._start_database()
                self._start_slurmdbd()
            # In the foreground (-D) a daemon stays our child, and so is known without pid files.
            self.start_controller()
            for node in NODES:
                self._start_slurmd(node)
            self._wait_for_start("all nodes idle", self._is_idle)
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """End all jobs and daemons, last started first, and take the configuration away."""
        for node in NODES:
            self.kill_node(node)
        for daemon in reversed(list(self.daemons.values())):
            daemon.terminate()
            with suppress(subprocess.TimeoutExpired):
                daemon.wait(10)
            daemon.kill()
            daemon.wait()
        self.daemons.clear()
        for name in ("slurm.conf", "slurmdbd.conf"):
            (ETC / name).unlink(missing_ok=True)

    def start_controller(self) -> None:
        """Start slurmctld, the first time or after `kill_controller` with what it had saved."""
        self._start_daemon("slurmctld", "slurmctld", "-D")

    def kill_controller(self) -> None:
        """Let slurmctld die; jobs go on, and nothing can be asked until it is started again."""
        daemon = self.daemons.pop("slurmctld")
        daemon.kill()
        daemon.wait()

    def kill_node(self, node: str) -> None:
        """Let a node die as if its power failed; Slurm has it `down*` 20 to 40 s later."""
        daemon = self.daemons.pop(f"slurmd-{node}", None)
        if daemon:
            daemon.kill()
            daemon.wait()
        # What is killed may have started another process a moment before.
        while processes := self.slurmstepds_on(node) + self.processes_on(node):
            for process in processes:
                with suppress(psutil.NoSuchProcess):
                    process.kill()
            psutil.wait_procs(processes, timeout=5)

    def restart_node(self, node: str) -> None:
        """Bring a killed node back; returns when jobs can run on it, or already do."""
        before = datetime.now().replace(microsecond=0)
        self._start_slurmd(node)

        def is_back() -> bool:
            shown = self.run("scontrol", "show", "node", node)
            started = re.search(r"SlurmdStartTime=(\d\S+)", shown)
            # Before slurmctld has missed a node, or heard of its new slurmd, it calls it idle too.
            if not started or datetime.fromisoformat(started[1]) < before:
                return False
            return self.node_states()[node] in ("idle", "mixed", "allocated")

        self.wait_until(f"node {node} back", is_back, timeout=60)

    def processes_on(self, node: str) -> list[psutil.Process]:
        """The processes of jobs on a node, which Slurm marks by their environment."""
        return _processes(lambda process: process.environ().get("SLURMD_NODENAME") == node)

    def slurmstepds_on(self, node: str) -> list[psutil.Process]:
        """The daemons that look after the job steps on a node, known by the log they write."""
        log = str(self.folder / f"slurmd-{node}.log")

        def is_wanted(process: psutil.Process) -> bool:
            name = process.name()
            return name == "slurmstepd" and log in {file.path for file in process.open_files()}

        return _processes(is_wanted)

    def run(self, *command: str) -> str:
        """Run a command of Slurm; returns what it prints."""
        result = subprocess.run(command, capture_output=True, text=True, timeout=60)
        if result.returncode:
            said = result.stderr + result.stdout
            raise ClusterError(f"{' '.join(command)}: {said}\n{self.logs()}")
        return result.stdout

    def node_states(self) -> dict[str, str]:
        """The state of each node, such as idle, mixed, allocated or down*."""
        lines = self.run("sinfo", "-h", "-N", "-o", "%N %T").splitlines()
        return dict(line.split(maxsplit=1) for line in lines)

    def jobs(self) -> list[Job]:
        """The jobs that wait, run or are just ending."""
        lines = self.run("squeue", "-h", "-o", "%A|%T|%N|%j|%k").splitlines()
        rows = [line.split("|", 4) for line in lines]
        return [Job(int(row[0]), *row[1:]) for row in rows]

    def job_states(self) -> dict[int, str]:
        """The state of each job, also of those ended: COMPLETED, FAILED, NODE_FAIL, …

        From slurmctld, which remembers a job for 300 s, and for older ones from the accounting.
        """
        text = self.run("scontrol", "-o", "show", "jobs")
        found = re.findall(r"^JobId=(\d+).*?\bJobState=(\w+)", text, re.MULTILINE)
        return self.accounted_states() | {int(job): state for job, state in found}

    def accounted_states(self) -> dict[int, str]:
        """The states that sacct knows, which are up to 6 s old; none without accounting."""
        if not self.accounting:
            return {}
        # By default sacct forgets at midnight.
        options = ("-a", "-n", "-P", "-X", "-S", "now-1days", "-o", "JobIDRaw,State")
        rows = [line.split("|") for line in self.run("sacct", *options).splitlines()]
        # A state may have words after it: CANCELLED by 0.
        return {int(job): state.split()[0] for job, state in rows}

    def cancel(self, job_id: int) -> None:
        """Cancel a job, as its user would."""
        self.run("scancel", str(job_id))

    def wait_idle(self, timeout: float = 60) -> None:
        """Wait until no job is left and all nodes are idle."""
        self.wait_until("no jobs and all nodes idle", self._is_idle, timeout)

    def wait_until(self, what: str, condition: Callable[[], object], timeout: float = 60) -> None:
        """Wait until a condition holds; the error after the timeout shows the cluster."""
        deadline = time.monotonic() + timeout
        while not condition():
            if time.monotonic() > deadline:
                shown = _output("squeue") + _output("sinfo", "-N", "-l")
                raise ClusterError(f"not in {timeout:g} s: {what}\n{shown}{self.logs()}")
            time.sleep(0.1)

    def logs(self, lines: int = 15) -> str:
        """The ends of the daemons' logs."""
        logs = sorted(self.folder.glob("*.log"))
        # What a daemon prints is in its log too, unless it ended before it opened that.
        outputs = sorted(self.folder.glob("*.out"))
        logs += [path for path in outputs if path.with_suffix(".log") not in logs]
        return "\n".join(_tail(path, lines) for path in logs)

    def _is_idle(self) -> bool:
        states = _output("sinfo", "-h", "-N", "-o", "%T").split()
        return states == ["idle"] * len(NODES) and not self.jobs()

    def _write_configuration(self) -> None:
        for name in ("state", *(f"spool-{node}" for node in NODES)):
            (self.folder / name).mkdir(exist_ok=True)
        text = SLURM_CONF + (ACCOUNTING_CONF if self.accounting else "")
        (ETC / "slurm.conf").write_text(text.format(folder=self.folder), encoding="utf-8")
        if self.accounting:
            path = ETC / "slurmdbd.conf"
            path.touch(mode=0o600)
            path.write_text(SLURMDBD_CONF.format(folder=self.folder), encoding="utf-8")

    def _start_munged(self) -> None:
        # munged insists that all may enter its folder, and only it may read its key.
        folder = self.folder / "munge"
        folder.mkdir(mode=0o755, exist_ok=True)
        key = folder / "key-file"
        key.touch(mode=0o400)
        key.write_bytes(secrets.token_bytes(128))
        for path in (folder, key):
            shutil.chown(path, "munge", "munge")
        user = ("setpriv", "--reuid=munge", "--regid=munge", "--clear-groups")
        names = ("socket", "key-file", "pid-file", "seed-file")
        files = (f"--{name}={folder}/{name}" for name in names)
        self._start_daemon("munged", *user, "munged", "--foreground", *files)
        self._wait_for_start("munged", (folder / "socket").exists)

    def _start_database(self) -> None:
        # Small and forgetful, for speed; reached by its socket alone.
        options = (
            *("--no-defaults", "--user=root", f"--datadir={self.folder}/database"),
            *("--innodb-log-file-size=8M", "--innodb-buffer-pool-size=32M"),
            *("--innodb-flush-log-at-trx-commit=0", "--innodb-lock-wait-timeout=900"),
        )
        if not (self.folder / "database").exists():
            self.run("mariadb-install-db", *options, "--skip-test-db")
        socket = self.folder / "database.sock"
        network = (f"--socket={socket}", "--skip-networking")
        self._start_daemon("mariadbd", "mariadbd", *options, *network)
        self._wait_for_start("the database", socket.exists)
        # slurmdbd would make it, but with MariaDB's client 11.8 its next connection then fails.
        create = "create database if not exists slurm"
        self.run("mariadb", "--no-defaults", f"--socket={socket}", f"--execute={create}")

    def _start_slurmdbd(self) -> None:
        # slurmdbd has no setting for the database's socket; its client library has a variable.
        variable = {"MYSQL_UNIX_PORT": f"{self.folder}/database.sock"}
        self._start_daemon("slurmdbd", "slurmdbd", "-D", **variable)
        show = ("sacctmgr", "-n", "list", "cluster", "format=cluster")
        self._wait_for_start("slurmdbd", lambda: _output(*show).split() in ([], ["test"]))
        if _output(*show).split():
            return
        change = ("sacctmgr", "-Q", "-i")
        self.run(*change, "add", "cluster", "test")
        self.run(*change, "add", "account", "default", "cluster=test")
        self.run(*change, "add", "user", "root", "account=default", "cluster=test")
        self.run(*change, "modify", "user", "root", "set", "defaultaccount=default")

    def _start_slurmd(self, node: str) -> None:
        self._start_daemon(f"slurmd-{node}", "slurmd", "-D", "-N", node)

    def _start_daemon(self, name: str, *command: str, **environment: str) -> None:
        with (self.folder / f"{name}.out").open("ab") as output:
            self.daemons[name] = subprocess.Popen(
                command,
                cwd=self.folder,
                env={**os.environ, **environment},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                # Ctrl-C is for pytest, which then stops the daemons one after another.
                start_new_session=True,
            )

    def _wait_for_start(self, what: str, is_ready: Callable[[], bool]) -> None:
        def is_up() -> bool:
            ended = [name for name, daemon in self.daemons.items() if daemon.poll() is not None]
            if ended:
                raise ClusterError(f"{', '.join(ended)} ended at once\n{self.logs()}")
            return is_ready()

        self.wait_until(what, is_up, timeout=30)


def _processes(is_wanted: Callable[[psutil.Process], bool]) -> list[psutil.Process]:
    found = []
    for process in psutil.process_iter():
        # A process may end at any time.
        with suppress(psutil.NoSuchProcess):
            if process.status() != psutil.STATUS_ZOMBIE and is_wanted(process):
                found.append(process)
    return found


def _output(*command: str) -> str:
    """What a command prints, also if it fails."""
    result = subprocess.run(command, capture_output=True, text=True, timeout=60)
    return result.stdout + result.stderr


def _tail(log: Path, lines: int = 15) -> str:
    text = log.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:]
    return "\n".join([f"--- {log.name}", *text])
