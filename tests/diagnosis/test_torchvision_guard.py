"""The guard before torchvision: it defines what is missing, and nothing on a matching pair.

Operators cannot be undefined again, so each test has a process of its own.
"""

import subprocess
import sys

START = """
import torch
from diagnosis.torchvision_guard import define_missing_operators
def known():
    return hasattr(torch.ops.torchvision, "nms")
def unfit(path):
    raise OSError("libcudart.so.13: cannot open shared object file")
"""


def answers(code):
    done = subprocess.run(
        [sys.executable, "-c", START + code], capture_output=True, text=True, check=True
    )
    return done.stdout.split()


def test_it_does_nothing_on_a_matching_pair():
    told = answers("print(known(), define_missing_operators(load=lambda path: None), known())")

    assert told == ["False", "False", "False"]


def test_it_defines_the_operators_when_the_compiled_part_does_not_fit():
    told = answers("print(define_missing_operators(load=unfit), known())")

    assert told == ["True", "True"]


def test_it_may_be_called_twice():
    told = answers("print(*(define_missing_operators(load=unfit) for _ in range(2)))")

    assert told == ["True", "True"]


def test_torchvision_can_be_imported_on_this_machine():
    told = answers("define_missing_operators()\nimport torchvision\nprint(known())")

    assert told == ["True"]
