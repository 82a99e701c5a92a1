"""Where fuzzers' first inputs are kept."""
import os

SRC = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "src")


def write(fuzzer, layer, seeds):
    directory = os.path.join(SRC, layer, "testdata", fuzzer)
    os.makedirs(directory, exist_ok=True)
    for name, data in seeds.items():
        with open(os.path.join(directory, name), "wb") as file:
            file.write(data)
