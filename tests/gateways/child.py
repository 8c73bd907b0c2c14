"""What runs confined in the tests: the request says how it behaves."""

import json
import os
import resource
import signal
import sys
import time

LIMITS = ("CPU", "AS", "CORE", "FSIZE", "NOFILE", "NPROC")


def report() -> dict[str, object]:
    """What the child has and may."""
    return {
        "environment": sorted(os.environ),
        "files": sorted(os.listdir("/proc/self/fd"), key=int),
        "nice": os.nice(0),
        "alarm": signal.getitimer(signal.ITIMER_REAL)[0],
        "limits": {name: resource.getrlimit(getattr(resource, f"RLIMIT_{name}")) for name in LIMITS},
    }


def eat() -> None:
    eaten = []
    while True:
        eaten.append(bytearray(2**20))


def burn() -> None:
    while True:
        pass


def leave_children() -> None:
    for _ in range(3):
        if os.fork() == 0:
            os.close(1)
            time.sleep(60)
            os._exit(0)
    sys.stdout.write("gone")


def leave_a_child_that_holds_the_pipe() -> None:
    if os.fork() == 0:
        time.sleep(60)
        os._exit(0)
    sys.stdout.write("gone")
    sys.stdout.flush()
    os._exit(0)


def behave(how: str) -> None:
    if how == "report":
        json.dump(report(), sys.stdout)
    elif how == "talk":
        for _ in range(100):
            sys.stdout.write("x" * 2**20)
    elif how == "sleep":
        time.sleep(60)
    elif how == "close and sleep":
        os.close(1)
        time.sleep(60)
    elif how == "raise":
        raise ValueError("canary")
    elif how.startswith("exit "):
        os._exit(int(how.removeprefix("exit ")))
    elif how == "abort":
        os.abort()
    elif how == "recur":
        behave_deeper(0)
    else:
        {
            "eat": eat,
            "burn": burn,
            "leave children": leave_children,
            "leave a child that holds the pipe": leave_a_child_that_holds_the_pipe,
        }[how]()


def behave_deeper(depth: int) -> int:
    return behave_deeper(depth + 1) + 1


if __name__ == "__main__":
    first = sys.stdin.buffer.readline().decode().strip()
    if first == "deaf":
        sys.stdout.write("heard nothing")
    elif first == "echo":
        while piece := sys.stdin.buffer.read1(65536):
            sys.stdout.buffer.write(piece.upper())
    else:
        behave(first)
