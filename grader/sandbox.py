"""A sandbox for one student's code: Linux namespaces, set up directly so that a warmed process can fork into one.

Inside there is no network, no other process, and of the disk only what `view` lists, read-only, with a small /tmp in
memory. No capability is left, and nothing outlives it: when its first process ends, the kernel ends the others. System
calls that would get around this, or take memory that is nobody's, are refused.
"""

import ctypes
import errno
import fcntl
import mmap
import os
import resource
import shutil
import signal
import socket
import struct
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PROBE_HALF = ("__init__.py", "core.py", "plain.py", "raised.py", "probes")  # of checks/; no judge is among them
RUNNERS = [ROOT / "grader" / name for name in ("__init__.py", "inside.py", "sandbox.py")]
SYSTEM = ("/usr", "/bin", "/lib", "/lib64", "/lib32", "/etc/ld.so.cache", "/etc/fonts", "/etc/localtime")
DEVICES = ("null", "full", "random", "urandom")  # and no zero: a map of it is memory that no process owns
WORK = Path("/tmp/work")  # a student's current folder
SCRATCH = "size=256m,nr_inodes=20000,mode=1777"

NEWNS, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET = 0x20000, 0x4000000, 0x8000000, 0x10000000, 0x20000000, 0x40000000
READ_ONLY, NO_SUID, NO_DEV, BIND, RECURSIVE, PRIVATE = 1, 2, 4, 0x1000, 0x4000, 0x40000
DETACH, SET_ATTRIBUTES, AT_RECURSIVE, PIVOT_ROOT = 2, 442, 0x8000, {"x86_64": 155, "aarch64": 41}
DEATH_SIGNAL, DUMPABLE, DROP_BOUND, NO_NEW_PRIVILEGES, CAPSET = 1, 4, 24, 38, {"x86_64": 126, "aarch64": 91}
SECCOMP, FILTER = 22, 2
# What is refused, by machine: its number in an audit, then the numbers of its system calls.
REFUSED = {
    "keys, which outlive a sandbox": {"x86_64": (248, 249, 250), "aarch64": (217, 218, 219)},
    "memory that is no process's: memfd_create, memfd_secret, shmget, msgget": {
        "x86_64": (319, 447, 29, 68),
        "aarch64": (279, 447, 194, 186),
    },
    "new namespaces, whose file systems have no limit: unshare, setns": {"x86_64": (272, 308), "aarch64": (97, 268)},
    "ways around a filter, and into the kernel: io_uring_setup, bpf, perf_event_open, userfaultfd": {
        "x86_64": (425, 321, 298, 323),
        "aarch64": (425, 280, 241, 282),
    },
}
MACHINE = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
CLONE3 = 435  # hides its flags; C libraries go on with clone where there is none
CLONE, SOCKET = {"x86_64": 56, "aarch64": 220}, {"x86_64": 41, "aarch64": 198}
MMAP, FCNTL = {"x86_64": 9, "aarch64": 222}, {"x86_64": 72, "aarch64": 25}


class NoSandbox(Exception):
    """This machine cannot isolate students' code; the message says why."""


def view() -> list[str]:
    """What is visible inside: the system's programs, this Python, and of the course what runs beside a student."""
    python = [sys.prefix, sys.base_prefix, *(path for path in sys.path if path.endswith("-packages"))]
    course = [ROOT / "helpers", ROOT / "data", *(ROOT / "checks" / name for name in PROBE_HALF)]
    wanted = [*SYSTEM, *(str(Path(path).absolute()) for path in python), *map(str, course)]
    found = [path for path in dict.fromkeys(wanted) if Path(path).exists()]
    return [path for path in found if not any(path.startswith(f"{other}/") for other in found)]


def enter(user: int) -> int:
    """Called in a forked process: its child goes on inside, and gets 0; the caller gets that child's id.

    user: an id that nobody has, for a sandbox that root makes; others keep their own. Raises NoSandbox.
    """
    as_root = os.geteuid() == 0
    own = os.geteuid(), os.getegid()
    _call("unshare", NEWNS | NEWUTS | NEWIPC | NEWPID | NEWNET | (0 if as_root else NEWUSER))
    if not as_root:
        for name, line in (
            ("setgroups", "deny"),
            ("uid_map", f"{own[0]} {own[0]} 1"),
            ("gid_map", f"{own[1]} {own[1]} 1"),
        ):
            Path(f"/proc/self/{name}").write_text(line)
    inside = os.fork()
    if inside:
        return inside
    os.setsid()  # a process group reaches out of a namespace of processes
    _mount()
    for capability in range(64):
        _libc().prctl(DROP_BOUND, capability, 0, 0, 0)
    if as_root:
        os.setgroups([])
        os.setresgid(user, user, user)
        os.setresuid(user, user, user)
    else:
        header, nothing = (ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)()
        _syscall(CAPSET[os.uname().machine], header, nothing)
    _call("prctl", NO_NEW_PRIVILEGES, 1, 0, 0, 0)
    refuse()
    die_with_parent()
    WORK.mkdir()
    for name in ("helpers", "checks", "data"):  # so that a lab's first cell finds the course
        (WORK / name).symlink_to(ROOT / name)
    os.chdir(WORK)
    return 0


def bubblewrap(command: list[str]) -> list[str]:
    """The same by Debian's program of that name, for machines that let nothing else make namespaces."""
    binds = [part for path in view() for part in ("--ro-bind", path, path)]
    links = [
        part for name in ("helpers", "checks", "data") for part in ("--symlink", str(ROOT / name), str(WORK / name))
    ]
    ours = [part for path in RUNNERS for part in ("--ro-bind", str(path), str(path))]
    program = [shutil.which("bwrap") or "bwrap", "--unshare-all", "--die-with-parent", "--new-session"]
    program += ["--cap-drop", "ALL", "--proc", "/proc", "--dev", "/dev", "--dev-bind", "/dev/full", "/dev/zero"]
    program += ["--size", str(2**28), "--tmpfs", "/tmp"]
    return [*program, *binds, *ours, "--dir", str(WORK), *links, "--chdir", str(WORK), "--", *command]


def kind() -> str:
    """How students' code can be isolated here: "namespaces" or "bubblewrap". Raises NoSandbox."""
    if sys.platform != "linux":
        raise NoSandbox("students' code can be isolated on Linux only")
    trial = subprocess.run([sys.executable, __file__], capture_output=True, text=True, cwd=ROOT)
    if trial.returncode == 0:
        return "namespaces"
    if shutil.which("bwrap") and subprocess.run(bubblewrap(["/bin/true"]), capture_output=True).returncode == 0:
        return "bubblewrap"
    raise NoSandbox((trial.stderr.strip() or "no sandbox").splitlines()[-1])


def die_with_parent() -> None:
    """End this process when the one that started it ends."""
    _libc().prctl(DEATH_SIGNAL, signal.SIGKILL, 0, 0, 0)


def hide() -> None:
    """Keep other processes of the same user from looking into this one."""
    _libc().prctl(DUMPABLE, 0, 0, 0, 0)


def refuse() -> None:
    """Refuse system calls that would get around a sandbox, in this process and its children. Raises NoSandbox."""
    machine = os.uname().machine
    if machine not in MACHINE:
        raise NoSandbox(f"nobody has written down the numbers of system calls of this processor, {machine}")

    def load(offset: int) -> tuple:
        return 0x20, 0, 0, offset

    def jump(if_so: int, if_not: int, value: int, how: int = 0x15) -> tuple:  # so many steps; 0x15: if equal
        return how, if_so, if_not, value

    allow, no = (0x06, 0, 0, 0x7FFF0000), (0x06, 0, 0, 0x50000 | errno.EPERM)
    none = (0x06, 0, 0, 0x50000 | errno.ENOSYS)
    steps = [load(4), jump(1, 0, MACHINE[machine]), no, load(0)]
    steps += [jump(0, 1, 0x40000000, 0x35), no]  # another set of numbers
    for numbers in REFUSED.values():
        for number in numbers[machine]:
            steps += [jump(0, 1, number), no]
    steps += [jump(0, 1, CLONE3), none]
    anew = NEWNS | NEWUTS | NEWIPC | NEWUSER | NEWPID | NEWNET
    steps += [jump(0, 4, CLONE[machine]), load(16), jump(0, 1, anew, 0x45), no, allow]
    steps += [jump(0, 4, SOCKET[machine]), load(16), jump(1, 0, socket.AF_UNIX), no, allow]  # some reach the host
    # A lease holds back whoever opens a file, for 45 seconds; a user may take one on any file of his or her own.
    steps += [jump(0, 4, FCNTL[machine]), load(24), jump(0, 1, fcntl.F_SETLEASE), no, allow]
    shared_with_nobody = mmap.MAP_SHARED | mmap.MAP_ANONYMOUS
    steps += [jump(0, 5, MMAP[machine]), load(40), (0x54, 0, 0, shared_with_nobody | mmap.MAP_PRIVATE)]
    steps += [jump(0, 1, shared_with_nobody), no, allow, allow]
    raw = b"".join(struct.pack("=HBBI", *step) for step in steps)
    code = ctypes.create_string_buffer(raw, len(raw))
    program = ctypes.create_string_buffer(struct.pack("@HP", len(steps), ctypes.addressof(code)))
    _call("prctl", SECCOMP, FILTER, program, 0, 0)


def limit(memory: int, seconds: int) -> None:
    """Limits for this process and its children: bytes of memory beyond what it has, seconds of the processor."""
    pages = int(Path("/proc/self/statm").read_text().split()[0]) if Path("/proc/self/statm").exists() else 500_000
    for name, value in (
        ("AS", pages * resource.getpagesize() + memory * 2 // 3),  # so that one process hears of it before all do
        ("NPROC", 256),
        ("FSIZE", 2**27),
        ("NOFILE", 512),
        ("CORE", 0),
        ("CPU", seconds),
    ):
        which = getattr(resource, f"RLIMIT_{name}")
        highest = resource.getrlimit(which)[1]
        value = value if highest == resource.RLIM_INFINITY else min(value, highest)
        resource.setrlimit(which, (value, value))


def _mount() -> None:
    """Make a new root in memory, put into it what may be seen, and leave the old one."""
    visible = {path: Path(path).resolve() for path in view()}  # while it is there
    _call("mount", None, b"/", None, RECURSIVE | PRIVATE, None)
    _call("mount", b"tmpfs", b"/tmp", b"tmpfs", NO_SUID | NO_DEV, b"size=8m,mode=755")
    Path("/tmp/.old").mkdir()
    _syscall(PIVOT_ROOT[os.uname().machine], b"/tmp", b"/tmp/.old")
    os.chdir("/")
    Path("/tmp").mkdir()
    _call("mount", b"tmpfs", b"/tmp", b"tmpfs", NO_SUID | NO_DEV, SCRATCH.encode())
    for path, origin in visible.items():  # some of it may lie in /tmp
        _bind(f"/.old{origin}", path)
    Path("/proc").mkdir()
    for device in DEVICES:
        _bind(f"/.old/dev/{device}", f"/dev/{device}", 0)
    Path("/dev/shm").symlink_to("/tmp")
    _libc().mount(b"proc", b"/proc", b"proc", NO_SUID | NO_DEV, None)  # forbidden in some containers; not needed
    _call("umount2", b"/.old", DETACH)
    Path("/.old").rmdir()
    _set_attributes("/", 0, READ_ONLY)


def _bind(origin: str, target: str, attributes: int = READ_ONLY | NO_SUID | NO_DEV) -> None:
    if Path(origin).is_dir():
        Path(target).mkdir(parents=True, exist_ok=True)
    else:
        Path(target).parent.mkdir(parents=True, exist_ok=True)
        Path(target).touch()
    _call("mount", origin.encode(), target.encode(), None, BIND | RECURSIVE, None)
    if attributes:
        _set_attributes(target, AT_RECURSIVE, attributes)


def _set_attributes(target: str, how: int, attributes: int) -> None:
    _syscall(SET_ATTRIBUTES, -100, target.encode(), how, (ctypes.c_uint64 * 4)(attributes, 0, 0, 0), 32)


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _call(name: str, *arguments) -> None:
    if getattr(_libc(), name)(*arguments):
        raise NoSandbox(f"{name} failed: {os.strerror(ctypes.get_errno())}")


def _syscall(number: int, *arguments) -> None:
    if _libc().syscall(number, *arguments):
        raise NoSandbox(f"system call {number} failed: {os.strerror(ctypes.get_errno())}")


if __name__ == "__main__":  # a trial: see `kind`
    try:
        child = enter(2**30)
    except NoSandbox as failure:
        sys.exit(str(failure))
    if not child:
        os._exit(0 if os.getpid() == 1 and os.access(sys.executable, os.X_OK) and not os.access("/usr", os.W_OK) else 1)
    sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
