"""What a server costs: processor time, memory, calls, and what to make of several figures."""
import math
import os
import signal
import statistics
import subprocess
import time

PAGE = os.sysconf("SC_PAGE_SIZE") // 1024


def session(leader):
    """The processes of a session that a process begun with start_new_session leads."""
    found = []
    for name in os.listdir("/proc"):
        if not name.isdigit():
            continue
        try:
            with open(f"/proc/{name}/stat") as file:
                fields = file.read().rsplit(")", 1)[1].split()
        except OSError:
            continue
        if int(fields[3]) == leader and fields[0] != "Z":
            found.append(int(name))
    return found


def cpu_seconds(leader):
    """User and system time of all processes of a session. The clock counts nanoseconds, where /proc/PID/stat counts
    hundredths of a second; threads that have ended are in it, processes that have ended are not."""
    total = 0
    for pid in session(leader):
        try:
            total += time.clock_gettime_ns((~pid << 3) | 2)  # what clock_getcpuclockid(3) gives
        except OSError:
            pass
    return total / 1e9


def memory(leader):
    """Resident KiB of a session. Pages that processes share count for each, which drops out of differences; Pss would
    change with what other processes of the same program do."""
    total = 0
    for pid in session(leader):
        try:
            with open(f"/proc/{pid}/statm") as file:
                total += int(file.read().split()[1]) * PAGE
        except OSError:
            pass
    return total


def spread(values):
    return statistics.median(values), min(values), max(values)


def ratios(ours, theirs):
    """Turn by turn."""
    return [a / b for a, b in zip(ours, theirs)]


def interval(values):
    """What the true median lies between, 19 times in 20, if only chance makes turns differ: two of the values, by the
    binomial distribution of how many lie below it. None of fewer than six."""
    count = len(values)
    if count < 6:
        return None
    below, chance = 0, 0.5 ** count
    while chance + math.comb(count, below + 1) * 0.5 ** count <= 0.025:
        below += 1
        chance += math.comb(count, below) * 0.5 ** count
    ordered = sorted(values)
    return ordered[below], ordered[count - 1 - below]


def system_calls(leader, load):
    """Calls by name while load runs, from strace."""
    pids = [argument for pid in session(leader) for argument in ("-p", str(pid))]
    strace = subprocess.Popen(["strace", "-f", "-c", "-U", "name,calls", *pids], stdin=subprocess.DEVNULL,
                              stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, start_new_session=True)
    try:
        for _ in pids[::2]:
            while "attached" not in strace.stderr.readline():
                assert strace.poll() is None, "strace ended"
        load()
    finally:
        strace.send_signal(signal.SIGINT)
        text = strace.communicate(timeout=10)[0:2][1]
    rows = (line.split() for line in text.splitlines())
    return {row[0]: int(row[1]) for row in rows if len(row) == 2 and row[1].isdigit() and row[0] != "total"}
