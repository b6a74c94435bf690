"""Lets `import torchvision` succeed where its compiled part does not fit this torch.

A CPU build of torch cannot load the compiled part of a CUDA build of torchvision, and the import
then stops at operators that nobody defined. open_clip imports torchvision but nothing here calls
those operators: only their names must exist.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from pathlib import Path
from typing import Final

import torch

_SCHEMAS: Final = (
    "nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
    "qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
)
_defined: list[torch.library.Library] = []  # a library's definitions vanish with it


def define_missing_operators(load: Callable[[str], object] = torch.ops.load_library) -> bool:
    """Call before the first import of torchvision. Returns whether the operators had to be
    defined: never on a matching pair, whose compiled part loads and defines them itself."""
    spec = importlib.util.find_spec("torchvision")
    if spec is None or spec.origin is None:
        raise ImportError("torchvision is not installed; run `make install`")
    for compiled in Path(spec.origin).parent.glob("_C*.so"):
        try:
            load(str(compiled))
        except OSError:
            continue
        return False
    if not _defined:
        library = torch.library.Library("torchvision", "DEF")  # type: ignore[no-untyped-call]
        for schema in _SCHEMAS:
            library.define(schema)  # type: ignore[no-untyped-call]
        _defined.append(library)
    return True
