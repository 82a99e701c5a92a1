"""Heimdal's clients, from packages that are unpacked, not installed (scripts/unpack-heimdal)."""
import os
import subprocess
import sys

from lib.kdcs import BUILD

TYPE_PASSWORD = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "peers", "type_password.py")


def heimdal(tool, *args, config, cache, check=True, typed=()):
    """Runs a tool by a krb5.conf with a credential cache of its own; typed: what it is told at its prompts."""
    root = os.path.join(BUILD, "heimdal")
    libraries = os.path.join(root, "usr/lib", os.uname().machine + "-linux-gnu")
    env = {**os.environ, "KRB5_CONFIG": config, "LD_LIBRARY_PATH": libraries, "KRB5CCNAME": "FILE:" + cache}
    terminal = [sys.executable, TYPE_PASSWORD, *typed, "--"] if typed else []
    result = subprocess.run([*terminal, os.path.join(root, "usr/bin", tool), *args], env=env, capture_output=True, text=True, timeout=120)
    if check:
        assert result.returncode == 0, (tool, args, result.stdout, result.stderr)
    return result


def password_file(directory, name, password):
    """The option that takes a password from a file."""
    file = os.path.join(directory, "password-" + name)
    with open(file, "w") as out:
        out.write(password + "\n")
    return "--password-file=" + file
