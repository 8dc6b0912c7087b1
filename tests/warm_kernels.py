"""Kernels that start at once, for tests that run many notebooks: copies of one process that knows TensorFlow already.

`start` opens a socket and makes a kernel specification called python3. A kernel of it is a small process, `connect`,
that hands its order to the socket and waits; behind the socket `serve` forks, and its copy becomes the kernel. Nothing
is imported before the first order comes. The first process runs no operation of TensorFlow: a fork after one hangs.
"""

import contextlib
import gc
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path


def start(folder: Path) -> subprocess.Popen:
    """Let every Jupyter program that this process starts from now on use such kernels, until it is ended."""
    address = folder / "socket"
    command = [sys.executable, "-S", "-E", __file__, "connect", str(address), "-f", "{connection_file}"]
    specification = folder / "kernels" / "python3" / "kernel.json"
    specification.parent.mkdir(parents=True)
    specification.write_text(json.dumps({"argv": command, "display_name": "Python 3", "language": "python"}))
    os.environ["JUPYTER_PATH"] = str(folder)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(address))
        listener.listen()
        command = [sys.executable, "-E", __file__, "serve", str(listener.fileno())]
        quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        return subprocess.Popen(command, pass_fds=[listener.fileno()], **quiet)


def serve(listener: socket.socket) -> None:
    """Become a kernel for each order, in a copy of this process."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody asks how a copy ended
    os.environ["MPLBACKEND"] = "module://matplotlib_inline.backend_inline"  # as a kernel finds it
    sys.path[0] = ""
    loaded = False
    while True:
        order, _ = listener.accept()
        if not loaded:
            gc.disable()
            import ipykernel.kernelapp  # noqa: F401
            import matplotlib.pyplot  # noqa: F401
            import pandas  # noqa: F401
            import seaborn  # noqa: F401
            import tensorflow  # noqa: F401

            gc.enable()
            gc.collect()
            gc.freeze()  # a collection in a copy would go through all of this, and copy its memory
            loaded = True
        if os.fork() == 0:
            listener.close()
            become_kernel(order)
        order.close()


def become_kernel(order: socket.socket) -> None:
    """Run a kernel in this process, in the folder and with the environment of whoever ordered it, until it leaves."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)  # a notebook may ask how its own processes ended
    settings = json.loads(order.makefile().readline())
    os.environ.clear()
    os.environ.update(settings["environment"])
    os.chdir(settings["folder"])
    sys.path[1:1] = [path for path in os.environ.get("PYTHONPATH", "").split(os.pathsep) if path]
    threading.Thread(target=lambda: order.recv(1) or os._exit(0), daemon=True).start()
    from ipykernel.kernelapp import launch_new_instance

    with contextlib.suppress(SystemExit):
        launch_new_instance(argv=[*settings["arguments"], f"--IPKernelApp.parent_handle={os.getppid()}"])
    os._exit(0)


def connect(address: str, *arguments: str) -> None:
    """Order a kernel, and live as long as it does."""
    order = socket.socket(socket.AF_UNIX)
    order.connect(address)
    settings = {"arguments": arguments, "folder": os.getcwd(), "environment": dict(os.environ)}  # noqa: PTH109
    order.sendall(json.dumps(settings).encode() + b"\n")
    order.recv(1)


if __name__ == "__main__":
    if sys.argv[1] == "serve":
        serve(socket.socket(fileno=int(sys.argv[2])))
    else:
        connect(*sys.argv[2:])
