"""Types passwords, one at each prompt, into a program that reads them from its terminal: ANSWER... -- PROGRAM..."""
import os
import pty
import sys

split = sys.argv.index("--")
answers, command = sys.argv[1:split], sys.argv[split + 1:]
child, terminal = pty.fork()
if child == 0:
    os.execvp(command[0], command)
seen = b""
while True:
    try:
        octets = os.read(terminal, 4096)
    except OSError:
        break
    if not octets:
        break
    sys.stdout.buffer.write(octets)
    seen += octets
    if seen.rstrip().endswith(b":") and answers:
        os.write(terminal, answers.pop(0).encode() + b"\n")
        seen = b""
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
