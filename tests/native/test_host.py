"""What is made of LLVM's features and the system's folder of caches."""

import os
import subprocess
import sys

import pytest

from chainrule.native.host import VARIABLE, detect, used
from chainrule.native.target import Target

X86 = {"sse2", "sse4.2"}
AVX2 = X86 | {"avx", "avx2", "fma"}
AVX512 = AVX2 | {"avx512f", "avx512vl", "avx512bw", "avx512dq"}


@pytest.mark.parametrize(
    ("architecture", "features", "expected"),
    [
        ("x86_64", X86, (128, 16, False)),
        ("x86_64", X86 | {"avx"}, (128, 16, False)),
        ("x86_64", AVX2, (256, 16, False)),
        ("x86_64", AVX512, (512, 32, True)),
        ("x86_64", AVX512 - {"avx512vl"}, (256, 16, False)),
        ("aarch64", {"neon"}, (128, 32, False)),
        ("riscv64", set(), (128, 16, False)),
    ],
)
def test_vectors_are_as_wide_as_the_instruction_sets_allow(
    tmp_path, architecture, features, expected
):
    assert detect(architecture, features, tmp_path) == Target(*expected)


def test_sizes_of_caches_are_read_where_the_system_tells(tmp_path):
    caches = [("1", "Data", "48K"), ("1", "Instruction", "64K"), ("2", "Unified", "2M"),
              ("3", "Unified", "32M")]  # fmt: skip
    for i, words in enumerate(caches):
        folder = tmp_path / f"index{i}"
        folder.mkdir()
        for name, word in zip(("level", "type", "size"), words, strict=True):
            (folder / name).write_text(word + "\n")
    found = detect("x86_64", X86, tmp_path)
    assert (found.l1, found.l2) == (48 * 1024, 2 * 1024**2)


@pytest.mark.parametrize("size", ["", "K", "large", "32"])
def test_a_folder_that_makes_no_sense_is_passed_over(tmp_path, size):
    folder = tmp_path / "index0"
    folder.mkdir()
    (folder / "type").write_text("Data")
    (folder / "level").write_text("1")
    (folder / "size").write_text(size)
    assert detect("x86_64", X86, tmp_path).l1 == Target(128, 16, False).l1


@pytest.mark.parametrize("words", ["avx512", "AVX512", "avx512f, avx512bw avx512vl"])
def test_instruction_sets_can_be_left_out(monkeypatch, words):
    monkeypatch.setenv(VARIABLE, words)
    found = used(dict.fromkeys(AVX512, True) | {"sse4a": False})
    assert detect("x86_64", {name for name in found if found[name]}).vector_bits == 256
    assert found["avx2"]
    assert not found["sse4a"]
    monkeypatch.delenv(VARIABLE)
    assert used(found) == found


def test_the_engine_does_without_what_is_left_out():
    code = """
import numpy as np, chainrule as cr
from chainrule.native import engine
x = np.linspace(-3, 3, 1003).reshape(17, 59).astype("f")
print(cr.compile(lambda x: cr.softmax(x @ x.T))(x).sum().round(3), engine.target().vector_bits)
"""
    left_out = {VARIABLE: "avx fma", "CHAINRULE_CACHE": ""}
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | left_out,
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    assert done.stdout == "17.0 128\n"
